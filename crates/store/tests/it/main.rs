//! The promises of the store, kept on every storage, and what happens when things go wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr, unreachable_pub)]

mod bed;
mod contract;
mod faults;
mod keys;
mod kill;
mod lease;
mod rotation;
