//! Everything that can be judged without running the program.

use crate::report::Report;
use crate::workspace::Workspace;
use crate::{budget, documents, layering, process, sweep, tools, ui};

/// Runs every check, the quick ones first; none stops the next.
pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    report.step("format", || process::run(workspace.cargo().args(["fmt", "--all", "--check"])));
    report.step("layering", || layering::check(workspace));
    report.step("sizes", || budget::check(workspace));
    report.step("sweep", || sweep::check(workspace));
    report.step("documents", || documents::check(workspace));
    report.step("page", || ui::check(workspace));
    report.step("clippy", || {
        let args = ["clippy", "--locked", "--workspace", "--all-targets", "--keep-going", "--", "--deny", "warnings"];
        process::run(workspace.cargo().args(args))
    });
    report.step("docs", || {
        let args = ["doc", "--locked", "--workspace", "--no-deps", "--quiet"];
        process::run(workspace.cargo().args(args).env("RUSTDOCFLAGS", "--deny warnings"))
    });
    report.step("dependencies", || {
        let cargo_deny = tools::cargo_deny(workspace)?;
        let args = ["--log-level", "error", "--locked", "check", "bans", "licenses", "sources"];
        process::run(workspace.command(cargo_deny).args(args))
    });
}
