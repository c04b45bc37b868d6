//! The test tools, tested on the wire and on real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chaos;
mod dir;
mod http;
mod process;
mod secrets;
mod server;
mod sse;
