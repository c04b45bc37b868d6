#![doc = include_str!("../README.md")]

mod args;
mod ask;
mod client;
mod cmd;
mod error;
mod log;
mod output;
#[cfg(test)]
mod reference;
mod running;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;
use crate::error::Exit;

/// The system's allocator keeps what a burst of streams took; this one gives it back. It is set up in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are no errors to clap's callers either: they go to stdout, with 0.
        Err(error) => return if error.print().is_ok() && error.exit_code() == 0 { Exit::Done.into() } else { Exit::Usage.into() },
    };
    match cmd::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            if !error.is_closed_pipe() {
                drop(output::say(&error.to_string()));
            }
            error.exit.into()
        }
    }
}
