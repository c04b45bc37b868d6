//! Tests written in Python, because what they prove is used from there: pytest on `tests/sdk` and `tests/openclaw`.
//!
//! They find what they need in the environment: `AGM_BIN` is the binary under test, `AGM_VENDORS_BIN` the scripted
//! vendors, `AGM_TEST_NODE` and `AGM_TEST_OPENCLAW` are OpenClaw's Node and its entry file.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::report::Tally;
use crate::test::closing_line;
use crate::workspace::Workspace;
use crate::{process, tools};

pub(super) fn sdk(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    run(pytest(workspace, "tests/sdk")?, tally)
}

pub(super) fn openclaw(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let openclaw = tools::openclaw(workspace)?;
    let mut command = pytest(workspace, "tests/openclaw")?;
    command.env("PATH", tools::path_with(&openclaw.node_bin)?);
    command.env("AGM_TEST_NODE", openclaw.node_bin.join("node")).env("AGM_TEST_OPENCLAW", openclaw.entry);
    run(command, tally)
}

fn pytest(workspace: &Workspace, directory: &str) -> Result<Command> {
    ensure!(workspace.root.join(directory).is_dir(), "{directory} does not exist");
    let bin = tools::python(workspace, "sdk", tools::SDKS)?;
    let (agm, vendors) = (workspace.build_agm()?, workspace.build_vendors()?);
    let mut command = workspace.command(bin.join("python"));
    command.args(["-m", "pytest", "--verbose", "-p", "no:cacheprovider", directory]);
    command.env("AGM_BIN", agm).env("AGM_VENDORS_BIN", vendors);
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    Ok(command)
}

fn run(mut command: Command, tally: &mut Tally) -> Result<()> {
    // pytest's last line with counts is the whole run's.
    let passed = process::read_along(&mut command, |line| {
        if line.starts_with('=') && line.contains(" in ") {
            *tally = closing_line(line);
        }
    })?;
    ensure!(passed, "pytest failed");
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}
