//! File sizes: the cheapest measure of readability.

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Past this, ask which second idea moved in.
const ASK: usize = 350;
/// Past this, the check fails.
const STOP: usize = 700;

/// Prints the sizes of our Rust files and those worth a question; fails on those past the stop.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    for file in workspace.files()?.into_iter().filter(|file| is_product_code(file)) {
        let text = std::fs::read_to_string(workspace.root.join(&file)).with_context(|| format!("cannot read {file}"))?;
        bytes.push(text.len());
        lines.push((text.lines().count(), file));
    }
    bytes.sort_unstable();
    println!("{} files: median {} B, 90 % at most {} B", bytes.len(), quantile(&bytes, 50), quantile(&bytes, 90));
    lines.sort_unstable_by(|a, b| b.cmp(a));
    for (count, file) in lines.iter().filter(|(count, _)| *count > ASK) {
        println!("{count:>5} lines  {file}");
    }
    let over = over(&lines);
    ensure!(over.is_empty(), "{} files have more than {STOP} lines; split them by idea:\n  {}", over.len(), over.join("\n  "));
    Ok(())
}

/// Whether a path is Rust that ships: no tests, no benches, no examples.
pub(crate) fn is_product_code(path: &str) -> bool {
    let Some(stem) = path.strip_suffix(".rs") else { return false };
    let mut segments = stem.split('/');
    let name = segments.next_back().unwrap_or_default();
    let for_tests = |segment: &str| matches!(segment, "tests" | "benches" | "examples");
    name != "tests" && !name.ends_with("_tests") && !segments.any(for_tests)
}

fn over(lines: &[(usize, String)]) -> Vec<String> {
    lines.iter().filter(|(count, _)| *count > STOP).map(|(count, file)| format!("{file} ({count})")).collect()
}

/// The value below which `percent` of the sorted values lie.
fn quantile(sorted: &[usize], percent: usize) -> usize {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
