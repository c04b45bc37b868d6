//! The rules of the web page, by vitest.

use anyhow::{Result, ensure};

use crate::report::Tally;
use crate::test::closing_line;
use crate::workspace::Workspace;
use crate::{process, ui};

pub(super) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    ui::installed(workspace, "ui")?;
    let mut command = ui::npm_command(workspace, "ui", &["run", "--silent", "test"]);
    let passed = process::read_along(command.env("NO_COLOR", "1"), |line| {
        if line.trim_start().starts_with("Tests ") {
            *tally = closing_line(line);
        }
    })?;
    ensure!(passed, "vitest failed");
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}
