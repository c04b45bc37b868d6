//! The gateway as its clients see it: real HTTP on both sides, vendors by script.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod world;

mod admission;
mod basics;
mod failover;
mod hostile;
mod http2_clients;
mod life;
mod limits;
mod metrics;
mod models;
mod origins;
mod protocols;
mod small_writes;
mod streams;
