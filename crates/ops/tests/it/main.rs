//! The operations, on a real store and a real gateway, against vendors on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backups;
mod crash;
mod crowd;
mod defaults;
mod drift;
mod leader;
mod models;
mod provider_tests;
mod providers;
mod routes;
mod secrets;
mod switches;
mod world;
