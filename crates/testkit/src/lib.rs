#![doc = include_str!("../README.md")]

pub mod chaos;
pub mod dir;
pub mod http;
pub mod process;
pub mod s3;
pub mod secrets;
pub mod sse;
