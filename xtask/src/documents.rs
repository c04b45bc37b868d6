//! The pages at the top of the tree name files; every file they name must exist.

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

const PAGES: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/// First segments that make a code span a path of this tree.
const PLACES: &[&str] = &["bench/", "crates/", "docs/", "tests/", "xtask/", ".ci/", ".cargo/"];

/// Checks every `code span` that is a path, and every relative link, of the top-level pages.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut problems = Vec::new();
    let mut named = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(workspace.root.join(page)).with_context(|| format!("cannot read {page}"))?;
        for path in paths_in(&text) {
            named += 1;
            if !workspace.root.join(path).exists() {
                problems.push(format!("{page} names {path}, which does not exist"));
            }
        }
    }
    ensure!(problems.is_empty(), "{} broken references\n  {}", problems.len(), problems.join("\n  "));
    println!("{named} references, all to something that exists");
    Ok(())
}

fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2).filter(|span| PLACES.iter().any(|place| span.starts_with(place)));
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(|link| link.split('#').next().unwrap_or(link));
    let relative = links.filter(|link| !link.is_empty() && !link.contains("://"));
    spans.chain(relative).filter(|path| !path.contains(['*', '<', '…', ' ', '\n', '{']))
}

#[cfg(test)]
mod tests;
