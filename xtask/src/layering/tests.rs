use serde_json::json;

use super::*;

fn package(name: &str, normal: &[&str], for_tests: &[&str]) -> Package {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Package { name: name.to_owned(), directory: String::new(), normal: set(normal), for_tests: set(for_tests), test_binaries: 0 }
}

/// All packages of the table, unconnected, with one replaced.
fn workspace_with(changed: Package) -> Vec<Package> {
    let mut packages: Vec<_> = LAYERS.iter().map(|(name, _)| package(name, &[], &[])).collect();
    packages.retain(|candidate| candidate.name != changed.name);
    packages.push(changed);
    packages
}

#[test]
fn the_table_has_no_cycle() {
    // Whoever may be used must have been listed below: the table is sorted from the top of the diagram down.
    for (index, (name, uses)) in LAYERS.iter().enumerate() {
        for used in *uses {
            let below = LAYERS[index + 1..].iter().any(|(candidate, _)| candidate == used);
            assert!(below, "{name} → {used} points up or nowhere");
        }
    }
}

#[test]
fn arrows_are_judged_by_the_table() {
    let cases: &[(&str, &[&str], &[&str], usize)] = &[
        ("agm-server", &["agm-ops", "axum"], &[], 0),
        ("agm-server", &["agm-store"], &[], 1),
        ("agm-gateway", &["agm-domain"], &["agm-simvendor", "agm-testkit"], 0),
        ("agm-gateway", &["agm-testkit"], &[], 1),
        ("agm-gateway", &["agm-agents", "agm-blob"], &[], 2),
        ("agm-store", &["agm-domain"], &[], 1),
        ("agm-store", &["agm-blob"], &["agm-ops"], 1),
        ("agm-domain", &["serde"], &["agm-blob"], 1),
    ];
    for (name, normal, for_tests, expected) in cases {
        let problems = arrows(&workspace_with(package(name, normal, for_tests)));
        assert_eq!(problems.len(), *expected, "{name} → {normal:?}, {for_tests:?}: {problems:?}");
    }
}

#[test]
fn a_package_outside_the_table_is_a_problem_and_so_is_a_missing_one() {
    let mut packages = workspace_with(package("agm-surprise", &[], &[]));
    packages.retain(|candidate| candidate.name != "agm-blob");
    let problems = arrows(&packages).join("\n");
    assert!(problems.contains("agm-surprise is not in the table"), "{problems}");
    assert!(problems.contains("agm-blob is in the table of layers but not"), "{problems}");
}

#[test]
fn forbidden_crates_are_found_as_normal_dependencies_only() {
    assert_eq!(absent_crates(&[package("agm-domain", &["tokio", "serde"], &[])]).len(), 1);
    assert_eq!(absent_crates(&[package("agm-domain", &["serde"], &["tokio"])]).len(), 0);
}

#[test]
fn words_are_found_in_code_and_not_in_comments() {
    let text = "// std::fs is not here\nfn f() {\n    std::fs::read(p)\n}\n";
    assert_eq!(words_in(text, &["std::fs", "std::net"]).collect::<Vec<_>>(), [(3, "std::fs")]);
}

#[test]
fn metadata_becomes_packages() {
    let metadata = json!({"packages": [{
        "name": "agm-x",
        "manifest_path": "/tree/crates/x/Cargo.toml",
        "dependencies": [
            {"name": "serde", "kind": null},
            {"name": "agm-testkit", "kind": "dev"},
            {"name": "cc", "kind": "build"},
        ],
        "targets": [{"kind": ["lib"]}, {"kind": ["test"]}, {"kind": ["test"]}],
    }]});
    let packages = packages(&metadata).unwrap();
    assert_eq!(packages.len(), 1);
    let only = &packages[0];
    assert_eq!(only.directory, "/tree/crates/x");
    assert_eq!(only.normal, BTreeSet::from(["cc".to_owned(), "serde".to_owned()]));
    assert_eq!(only.for_tests, BTreeSet::from(["agm-testkit".to_owned()]));
    assert_eq!(only.test_binaries, 2);
    assert_eq!(shape(&packages, Path::new("/tree")).len(), 2, "no README, two test binaries");
}

#[test]
fn the_architecture_page_shows_this_diagram() {
    let page = std::fs::read_to_string(Workspace::here().root.join("ARCHITECTURE.md")).unwrap();
    assert!(page.contains(&format!("```\n{DIAGRAM}```")), "ARCHITECTURE.md must contain, in a code block:\n{DIAGRAM}");
}
