//! `agm demo`, from nothing.

use std::process::Stdio;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Builds agm and runs its demo in the foreground. Says whether the demo ended well.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<bool> {
    let agm = workspace.build_agm()?;
    let status = workspace.command(agm).arg("demo").args(args).stdin(Stdio::inherit()).status();
    Ok(status.context("cannot start agm")?.success())
}
