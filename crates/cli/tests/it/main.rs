//! The binary, as its users have it: real processes, real HTTP, simulated vendors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bed;
mod bucket;
mod config;
mod demo;
mod dry_run;
mod exits;
mod failures;
mod monitor;
mod newcomer;
mod nouns;
mod output;
mod routes;
mod safety;
mod unreadable;
mod up;
