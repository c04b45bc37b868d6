//! Words that must not be in any file: a machine's paths, registries' hosts, unfinished work.

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// How a needle must stand in the line.
#[derive(Clone, Copy)]
enum Stand {
    /// Anywhere.
    Anywhere,
    /// As a word of its own: no letter, digit or underscore on either side.
    Word,
    /// As the start of an absolute path: no path character before it.
    PathStart,
}

struct Rule {
    what: &'static str,
    stand: Stand,
    needles: &'static [&'static str],
}

// Every needle is written in two pieces, so that this file passes its own check.
const RULES: &[Rule] = &[
    Rule {
        what: "a path of somebody's machine",
        stand: Stand::PathStart,
        needles: &[
            concat!("/wo", "rk/"),
            concat!("/tmp/a", "gm/"),
            concat!("/Us", "ers/"),
            concat!("/home/run", "ner"),
            concat!("/root/.ca", "che"),
            concat!("/root/.car", "go"),
            concat!("/root/.n", "pm"),
            concat!("/root/.py", "env"),
            concat!("/root/.rus", "tup"),
        ],
    },
    Rule {
        what: "the host of a package registry (name the package, and let the client find it)",
        stand: Stand::Anywhere,
        needles: &[
            concat!("index.crates", ".io"),
            concat!("static.crates", ".io"),
            concat!("//crates", ".io"),
            concat!("registry.npm", "js.org"),
            concat!("registry.yarn", "pkg.com"),
            concat!("//pypi", ".org"),
            concat!("files.python", "hosted.org"),
            concat!("proxy.go", "lang.org"),
            concat!("repo.maven", ".apache.org"),
            concat!("repo1.maven", ".org"),
            concat!("deb.deb", "ian.org"),
            concat!("security.deb", "ian.org"),
        ],
    },
    Rule {
        what: "unfinished work (finish it, or file an issue)",
        stand: Stand::Word,
        needles: &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")],
    },
    Rule {
        what: "unfinished or switched-off code",
        stand: Stand::Anywhere,
        needles: &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ig", "nore")],
    },
];

/// Lock files are written by package managers, which note where each package came from.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Searches every text file under version control, and the names of the files too.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let root = workspace.root.to_string_lossy().into_owned();
    let files = workspace.files()?;
    let mut problems = Vec::new();
    for file in &files {
        if LOCK_FILES.iter().any(|lock| file.rsplit('/').next() == Some(lock)) {
            continue;
        }
        let bytes = std::fs::read(workspace.root.join(file)).with_context(|| format!("cannot read {file}"))?;
        // Pictures and fonts carry no sentences.
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        for (index, line) in text.lines().enumerate() {
            problems.extend(findings(line, &root).map(|(needle, what)| format!("{file}:{}: `{needle}`: {what}", index + 1)));
        }
    }
    problems.extend(files.iter().filter_map(|file| vague_name(file)));
    ensure!(problems.is_empty(), "{} findings\n  {}", problems.len(), problems.join("\n  "));
    println!("{} files are clean", files.len());
    Ok(())
}

/// What is wrong with one line. `root` is this very work tree, wherever it lies.
fn findings<'a>(line: &'a str, root: &'a str) -> impl Iterator<Item = (&'a str, &'static str)> {
    let rules = RULES.iter().flat_map(|rule| rule.needles.iter().map(move |needle| (*needle, rule.stand, rule.what)));
    std::iter::once((root, Stand::PathStart, "the path of this work tree"))
        .chain(rules)
        .filter(|(needle, stand, _)| stands(line, needle, *stand))
        .map(|(needle, _, what)| (needle, what))
}

fn stands(line: &str, needle: &str, stand: Stand) -> bool {
    line.match_indices(needle).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + needle.len()..].chars().next();
        let is_word = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_');
        match stand {
            Stand::Anywhere => true,
            Stand::Word => !is_word(before) && !is_word(after),
            Stand::PathStart => !is_word(before) && !before.is_some_and(|c| "./~-}>*".contains(c)),
        }
    })
}

/// A file name that says nothing about what is inside invites everything.
fn vague_name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let stem = name.strip_suffix(".rs")?;
    // The Manager is one of our nouns: a file `manager` is about it. Several of them, or one of something, are not.
    let words = ["util", "utils", "common", "helper", "helpers", "misc", "service", "services", "managers"];
    let vague =
        words.contains(&stem) || ["_manager", "_service", "_helper", "_helpers", "_util", "_utils"].iter().any(|end| stem.ends_with(end));
    vague.then(|| format!("{path}: name the file after its one idea"))
}

#[cfg(test)]
mod tests;
