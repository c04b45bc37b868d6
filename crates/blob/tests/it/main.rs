//! The promises of a blob, kept by every storage, and what each storage adds.
#![allow(clippy::unwrap_used, clippy::print_stderr, unreachable_pub)]

mod bed;
mod contract;
mod dir;
mod lock;
mod s3;
