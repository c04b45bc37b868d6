//! The web page in Debian's Chromium, against the real binary and the scripted vendors: Playwright on `e2e/`.
//!
//! The tests find what they need in the environment: `AGM_BIN`, `AGM_VENDORS_BIN` and `AGM_TEST_CHROMIUM`.

use anyhow::{Result, ensure};

use crate::report::Tally;
use crate::test::closing_line;
use crate::workspace::Workspace;
use crate::{process, tools, ui};

pub(super) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    ui::build(workspace)?;
    ui::installed(workspace, "e2e")?;
    let chromium = tools::chromium(workspace)?;
    let (agm, vendors) = (workspace.build_agm()?, workspace.build_vendors()?);
    let mut command = ui::npm_command(workspace, "e2e", &["run", "--silent", "test"]);
    command.env("AGM_BIN", agm).env("AGM_VENDORS_BIN", vendors).env("AGM_TEST_CHROMIUM", chromium).env("NO_COLOR", "1");
    // Playwright's last lines: `  2 failed`, the failed ones by name, `  40 passed (1.2m)`.
    let passed = process::read_along(&mut command, |line| {
        let line = line.trim();
        if line.starts_with(|first: char| first.is_ascii_digit()) {
            *tally += closing_line(line);
        }
    })?;
    ensure!(passed, "Playwright failed; e2e/out has traces and pictures");
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}
