//! The integration tests of `agm-agents`: real files, and laws over random ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod json5;
mod laws;
mod log;
mod standalone;
