//! Fakes on the wire for tests.

pub mod s3;
