//! The web page: installed, built and checked with Node, where there is one.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

/// The oldest Node that builds the page; `engines` in `ui/package.json` says the same.
const NODE: (u32, u32) = (20, 19);

/// Builds the page into `ui/dist`, where the next build of agm finds it.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    installed(workspace, "ui")?;
    npm(workspace, "ui", &["run", "--silent", "build"])
}

/// Builds the page if that is possible here, and says so if it is not: agm works without.
pub(crate) fn build_if_possible(workspace: &Workspace) -> Result<()> {
    match node() {
        Ok(()) => build(workspace),
        Err(why) => {
            eprintln!("agm is built without its web page: {why:#}");
            Ok(())
        }
    }
}

/// Types, templates and format of the page and of its tests.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    // The tests are formatted by the page's own tool, and stand on its dictionaries.
    for package in ["ui", "e2e"] {
        installed(workspace, package)?;
        npm(workspace, package, &["run", "--silent", "check"])?;
    }
    Ok(())
}

/// Installs what a package of ours names in its lock file, once for each state of that file.
pub(crate) fn installed(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    node()?;
    let place = workspace.root.join(package);
    let lock = std::fs::read_to_string(place.join("package-lock.json")).with_context(|| format!("{package} has no lock file"))?;
    let stamp = place.join("node_modules/.installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|inside| inside == lock) {
        return Ok(place);
    }
    npm(workspace, package, &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    std::fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(place)
}

/// Npm in the directory of a package of ours.
pub(crate) fn npm_command(workspace: &Workspace, package: &str, args: &[&str]) -> Command {
    let mut command = workspace.command("npm");
    // A browser of Debian's is used; Playwright's own would be downloaded from elsewhere.
    command.args(args).current_dir(workspace.root.join(package)).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}

fn npm(workspace: &Workspace, package: &str, args: &[&str]) -> Result<()> {
    process::run(&mut npm_command(workspace, package, args))
}

/// Whether there is a Node that is new enough.
fn node() -> Result<()> {
    let wanted = || format!("it needs Node {}.{} or newer, with npm", NODE.0, NODE.1);
    let output = Command::new("node").arg("--version").stdin(Stdio::null()).output().with_context(wanted)?;
    let version = String::from_utf8_lossy(&output.stdout);
    let version = version.trim();
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    ensure!(found >= NODE, "{}; the one here is {version}", wanted());
    Ok(())
}
