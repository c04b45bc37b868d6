//! The management listener over real HTTP, on a real store and a real gateway, with vendors on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bed;
mod captured;
mod described;
mod edge;
mod editing;
mod events;
mod figures;
mod idempotency;
mod input;
mod leaks;
mod login;
mod monitor;
mod operations;
mod page;
mod playground;
mod reference;
mod roles;
mod switches;
