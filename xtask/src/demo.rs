//! `agm demo`, from nothing.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::ui;
use crate::workspace::Workspace;

/// Builds the page and agm, and becomes its demo: from here on the terminal and its signals are agm's. Returns only if that fails.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<bool> {
    ui::build_if_possible(workspace)?;
    let agm = workspace.build_agm()?;
    Err(workspace.command(&agm).arg("demo").args(args).exec()).context("cannot start agm")
}
