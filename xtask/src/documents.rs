//! The pages of the tree name files; every file they name must exist.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// First segments that make a code span a path of this tree.
const PLACES: &[&str] = &["bench/", "crates/", "docs/", "e2e/", "tests/", "ui/", "xtask/", ".ci/", ".cargo/"];

/// What is built, and therefore not in the tree.
const BUILT: &[&str] = &["ui/dist", "ui/node_modules", "e2e/node_modules"];

/// Checks every `code span` that is a path of the tree, and every relative link, of every page.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut problems = Vec::new();
    let (mut pages, mut named) = (0, 0);
    for page in workspace.files()?.into_iter().filter(|file| Path::new(file).extension().is_some_and(|end| end == "md")) {
        let text = std::fs::read_to_string(workspace.root.join(&page)).with_context(|| format!("cannot read {page}"))?;
        pages += 1;
        for path in paths_in(&text).filter(|path| !BUILT.iter().any(|built| path.starts_with(built))) {
            named += 1;
            if !places(&page, path).iter().any(|place| workspace.root.join(place).exists()) {
                problems.push(format!("{page} names {path}, which does not exist"));
            }
        }
    }
    ensure!(problems.is_empty(), "{} broken references\n  {}", problems.len(), problems.join("\n  "));
    println!("{named} references of {pages} pages, all to something that exists");
    Ok(())
}

/// Where a path that a page names can lie: links are relative to the page, paths of the tree to its root, those of a crate to the crate.
fn places(page: &str, path: &str) -> [String; 2] {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    [path.to_owned(), format!("{folder}/{path}")]
}

fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2).filter(|span| PLACES.iter().any(|place| span.starts_with(place)));
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(|link| link.split('#').next().unwrap_or(link));
    let relative = links.filter(|link| !link.is_empty() && !link.contains("://"));
    spans.chain(relative).filter(|path| !path.contains(['*', '<', '…', ' ', '\n', '{']))
}

#[cfg(test)]
mod tests;
