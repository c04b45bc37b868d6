#![doc = include_str!("../README.md")]

pub mod openclaw;
pub mod standalone;
