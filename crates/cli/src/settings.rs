//! Arguments, variables and `agm.toml` become settings without an open question, each of which remembers where it comes from.
//!
//! Flags over environment over `agm.toml` over the platform's variables over defaults.

mod client;
mod data_dir;
mod file;
mod found;
mod parse;
mod platform;
mod server;
mod table;
pub(crate) mod variables;

pub(crate) use client::{ClientSettings, Login};
pub(crate) use data_dir::{data_dir, is_root};
pub(crate) use found::{Found, Origin};
pub(crate) use parse::duration as parse_duration;
pub(crate) use server::{Log, LogFormat, Settings, resolve};
#[cfg(test)]
pub(crate) use table::TABLE;

/// Looks a variable up. Passed in, so that nobody below touches the process's environment; an empty variable counts as absent.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
