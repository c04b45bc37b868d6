#![doc = include_str!("../README.md")]

pub mod agent;
pub mod assignment;
pub mod code;
pub mod consumer;
pub mod diagnostic;
pub mod document;
pub mod edit;
pub mod evidence;
pub mod name;
pub mod provider;
pub mod redact;
pub mod route;
pub mod secret;
