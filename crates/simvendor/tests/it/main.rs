//! The vendor as its clients meet it: over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod anthropic;
mod client;
mod faults;
mod life;
mod refusals;
mod streams;
mod tools;
