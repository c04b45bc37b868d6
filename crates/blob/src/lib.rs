#![doc = include_str!("../README.md")]

mod blob;
mod digest;
mod dir;
mod error;
pub mod file;
pub mod lock;
mod path;
mod s3;
mod self_test;

pub use blob::{Blob, Object, Tag};
pub use digest::{hex, sha256};
pub use dir::DirBlob;
pub use error::Error;
pub use s3::{S3Blob, S3Config};
pub use self_test::{Lack, SelfTest};
