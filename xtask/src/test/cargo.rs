//! `cargo test`, counted.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;
use crate::report::Tally;
use crate::test::closing_line;

/// Runs a `cargo test` command. A run without a single test is a failure, whatever Cargo thinks.
pub(super) fn run(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let passed = process::read_along(command, |line| {
        if line.starts_with("test result: ") {
            *tally += closing_line(line);
        }
    })?;
    ensure!(passed, "cargo test failed");
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}
