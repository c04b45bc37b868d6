//! The parts of the test suite, and how their runners' closing lines are counted.

mod browser;
mod cargo;
mod page;
mod python;
mod s3;

pub(crate) mod api;

use clap::ValueEnum;

use crate::report::{Report, Tally};
use crate::workspace::Workspace;

/// A part that can be run by itself. Without a choice all run, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Everything that `cargo test` runs
    Unit,
    /// The store on a real S3 server
    S3,
    /// The OpenAI and Anthropic SDKs against the gateway
    Sdk,
    /// A real OpenClaw that changes its model while it runs
    Openclaw,
    /// The HTTP API fuzzed from its OpenAPI document
    Api,
    /// The rules of the web page
    Page,
    /// The web page in a real browser, against the real binary
    Browser,
}

/// Runs the parts; one that fails does not stop the next.
pub(crate) fn run(workspace: &Workspace, parts: &[Part], report: &mut Report) {
    let parts = if parts.is_empty() { Part::value_variants() } else { parts };
    for part in parts {
        match part {
            Part::Unit => report
                .part("unit", |tally| cargo::run(workspace.cargo().args(["test", "--locked", "--workspace", "--no-fail-fast"]), tally)),
            Part::S3 => report.part("s3", |tally| s3::run(workspace, tally)),
            Part::Sdk => report.part("sdk", |tally| python::sdk(workspace, tally)),
            Part::Openclaw => report.part("openclaw", |tally| python::openclaw(workspace, tally)),
            Part::Api => report.part("api", |tally| api::run(workspace, tally)),
            Part::Page => report.part("page", |tally| page::run(workspace, tally)),
            Part::Browser => report.part("browser", |tally| browser::run(workspace, tally)),
        }
    }
}

/// The number right before `word`, as in `12 passed`.
fn number_before(line: &str, word: &str) -> Option<u64> {
    let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || ",;.=".contains(c)).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|candidate| *candidate == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

/// Counts `12 passed` and `1 failed` (or `1 error`) of a runner's closing line.
fn closing_line(line: &str) -> Tally {
    let count = |word| number_before(line, word).unwrap_or(0);
    Tally { passed: count("passed"), failed: count("failed") + count("error") + count("errors") }
}

#[cfg(test)]
mod tests;
