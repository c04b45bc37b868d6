//! The diagram as a table: which of our crates may use which, and what each must never see.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::budget;
use crate::workspace::Workspace;

/// Printed by the check and shown in `ARCHITECTURE.md`, where a test keeps it the same.
pub(crate) const DIAGRAM: &str = "                 cli        the binary `agm`: arguments → settings → wiring
                  │
                server      HTTP: REST, the monitor API, live events
                  │
                 ops        what a user can do; every front end calls this
       ┌──────────┼──────────┐
    gateway     store     agents       siblings: never import each other
       │          └── blob ──┤         leaf: atomic files, conditional objects, locks
       └──────── domain ─────┘         rules: no I/O, no async, no clock, no logging

    simvendor  testkit  bench  xtask   leaves: the scripted vendor, fakes for tests, instruments, project tasks
";

/// Package, and every package of ours that it may depend on. An arrow that is not here does not exist.
const LAYERS: &[(&str, &[&str])] = &[
    ("agm", &["agm-server", "agm-ops", "agm-gateway", "agm-store", "agm-agents", "agm-blob", "agm-domain", "agm-simvendor"]),
    ("agm-server", &["agm-ops", "agm-domain"]),
    ("agm-ops", &["agm-gateway", "agm-store", "agm-agents", "agm-blob", "agm-domain"]),
    ("agm-gateway", &["agm-domain"]),
    ("agm-store", &["agm-blob"]),
    ("agm-agents", &["agm-blob", "agm-domain"]),
    ("agm-blob", &[]),
    ("agm-domain", &[]),
    ("agm-simvendor", &[]),
    ("agm-testkit", &[]),
    ("agm-bench", &[]),
    ("xtask", &[]),
];

/// What tests may use on top, everywhere.
const FOR_TESTS: &[&str] = &["agm-simvendor", "agm-testkit"];

/// What must be absent from a package: foreign crates (as normal dependencies) and words of the standard library.
struct Absent {
    package: &'static str,
    crates: &'static [&'static str],
    words: &'static [&'static str],
    because: &'static str,
}

const ABSENT: &[Absent] = &[
    Absent {
        package: "agm-domain",
        crates: &[
            "axum",
            "futures-util",
            "hyper",
            "jiff",
            "object_store",
            "reqwest",
            "sysinfo",
            "tempfile",
            "tokio",
            "tokio-util",
            "tracing",
            "uuid",
        ],
        words: &[
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "SystemTime::now",
            "Instant::now",
            "async fn",
            "println!",
        ],
        because: "rules do no I/O, are not async, know no clock and do not log; pass the value in",
    },
    Absent {
        package: "agm-gateway",
        crates: &["axum", "clap", "object_store", "reqwest", "tempfile", "toml"],
        words: &["std::env", "std::fs"],
        because: "the data plane does not know where its configuration comes from; it is handed a compiled snapshot",
    },
    Absent {
        package: "agm-store",
        crates: &["axum", "clap", "hyper", "reqwest"],
        words: &["std::env"],
        because: "the log keeps documents; it neither serves them nor reads settings",
    },
    Absent {
        package: "agm-blob",
        crates: &["axum", "clap", "hyper", "reqwest"],
        words: &["std::env"],
        because: "a leaf that is handed a directory or a bucket",
    },
    Absent {
        package: "agm-agents",
        crates: &["axum", "clap"],
        words: &["std::env"],
        because: "what the platform is and where its files lie is decided by the caller",
    },
    Absent {
        package: "agm-ops",
        crates: &["anstream", "axum", "clap", "comfy-table"],
        words: &["std::env", "println!"],
        because: "operations know neither requests nor terminals; four front ends share them",
    },
    Absent {
        package: "agm-server",
        crates: &["anstream", "clap", "comfy-table", "object_store", "reqwest"],
        words: &["std::env", "println!"],
        because: "extract, call ops, answer; no storage, no peers, no terminal",
    },
];

/// A package as the check sees it.
struct Package {
    name: String,
    directory: String,
    normal: BTreeSet<String>,
    for_tests: BTreeSet<String>,
    test_binaries: usize,
}

/// Checks the real dependencies and sources against the tables; prints the diagram.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    print!("{DIAGRAM}");
    let packages = packages(&workspace.metadata()?)?;
    let mut problems = arrows(&packages);
    problems.extend(shape(&packages, &workspace.root));
    problems.extend(absent_crates(&packages));
    problems.extend(absent_words(workspace, &packages)?);
    ensure!(problems.is_empty(), "{} violations\n  {}", problems.len(), problems.join("\n  "));
    println!("{} packages: every arrow is in the table, nothing forbidden is present", packages.len());
    Ok(())
}

fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let list = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    list.iter().map(package).collect()
}

fn package(value: &Value) -> Result<Package> {
    let name = value["name"].as_str().context("a package has no name")?.to_owned();
    let manifest = value["manifest_path"].as_str().with_context(|| format!("{name} has no manifest path"))?;
    let directory = Path::new(manifest).parent().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut normal, mut for_tests) = (BTreeSet::new(), BTreeSet::new());
    for dependency in value["dependencies"].as_array().into_iter().flatten() {
        let Some(to) = dependency["name"].as_str() else { continue };
        let set = if dependency["kind"].as_str() == Some("dev") { &mut for_tests } else { &mut normal };
        set.insert(to.to_owned());
    }
    let is_test = |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"));
    let test_binaries = value["targets"].as_array().into_iter().flatten().filter(is_test).count();
    Ok(Package { name, directory, normal, for_tests, test_binaries })
}

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    LAYERS.iter().find(|(name, _)| *name == package).map(|(_, to)| *to)
}

fn arrows(packages: &[Package]) -> Vec<String> {
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut problems = Vec::new();
    for (name, _) in LAYERS.iter().filter(|(name, _)| !ours.contains(name)) {
        problems.push(format!("{name} is in the table of layers but not in the workspace"));
    }
    for package in packages {
        let name = &package.name;
        let Some(allowed) = allowed(name) else {
            problems.push(format!("{name} is not in the table of layers: say in xtask/src/layering.rs what it may use"));
            continue;
        };
        let forbidden = |to: &&String| ours.contains(to.as_str()) && !allowed.contains(&to.as_str());
        for to in package.normal.iter().filter(forbidden) {
            problems.push(format!("{name} → {to} is not in the diagram"));
        }
        for to in package.for_tests.iter().filter(forbidden).filter(|to| !FOR_TESTS.contains(&to.as_str())) {
            problems.push(format!("{name} → {to} (for tests) is not in the diagram"));
        }
    }
    problems
}

/// Every package explains itself, and links its integration tests once.
fn shape(packages: &[Package], root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let readme = Path::new(&package.directory).join("README.md");
        if !readme.is_file() {
            let shown = readme.strip_prefix(root).unwrap_or(&readme).display();
            problems.push(format!("{shown} is missing: purpose, invariants, entry points, what is not here"));
        }
        if package.test_binaries > 1 {
            problems.push(format!("{} has {} integration test binaries; one (tests/it) links once", package.name, package.test_binaries));
        }
    }
    problems
}

fn absent_crates(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for Absent { package, crates, because, .. } in ABSENT {
        let present = packages.iter().filter(|candidate| candidate.name == *package).flat_map(|candidate| &candidate.normal);
        for name in present.filter(|name| crates.contains(&name.as_str())) {
            problems.push(format!("{package} depends on {name}: {because}"));
        }
    }
    problems
}

fn absent_words(workspace: &Workspace, packages: &[Package]) -> Result<Vec<String>> {
    let files = workspace.files()?;
    let mut problems = Vec::new();
    for Absent { package, words, because, .. } in ABSENT {
        let Some(found) = packages.iter().find(|candidate| candidate.name == *package) else { continue };
        let source = Path::new(&found.directory).join("src");
        for file in files.iter().filter(|file| budget::is_product_code(file)) {
            let path = workspace.root.join(file);
            if !path.starts_with(&source) {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
            problems.extend(words_in(&text, words).map(|(line, word)| format!("{file}:{line} says {word}: {because}")));
        }
    }
    Ok(problems)
}

/// Line numbers (from 1) and words found in code, comments left out.
fn words_in<'a>(text: &'a str, words: &'a [&'static str]) -> impl Iterator<Item = (usize, &'static str)> + 'a {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(move |(index, line)| words.iter().filter(move |word| line.contains(**word)).map(move |word| (index + 1, *word)))
}

#[cfg(test)]
mod tests;
