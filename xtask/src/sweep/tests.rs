use super::*;

const ROOT: &str = "/somewhere/checkout";

fn count(line: &str) -> usize {
    findings(line, ROOT).count()
}

#[test]
fn each_rule_finds_what_it_is_for() {
    for line in [
        concat!("see /wo", "rk/notes"),
        concat!("path = \"/wo", "rk/x\""),
        concat!("/root/.car", "go/bin"),
        concat!("https://static.crates", ".io/crates"),
        concat!("https://pypi", ".org/simple"),
        concat!("// TO", "DO: later"),
        concat!("FIX", "ME"),
        concat!("    todo", "!()"),
        concat!("#[ig", "nore = \"slow\"]"),
        "cd /somewhere/checkout && ls",
    ] {
        assert_eq!(count(line), 1, "{line}");
    }
}

#[test]
fn what_only_looks_alike_is_left_alone() {
    for line in [
        concat!("crates/net", "wo", "rk/mod.rs"),
        concat!("some", "/wo", "rk/dir"),
        concat!("$HOME", "/wo", "rk/dir"),
        "/root/manager-workspace/openclaw.json",
        "mktemp -t agm.XXXXXX",
        concat!("TO", "DOS and MAS", "TO", "DO"),
        "todo = \"warn\"",
        "the Rust registry",
    ] {
        assert_eq!(count(line), 0, "{line}");
    }
}

#[test]
fn file_names_that_say_nothing_are_refused() {
    for name in ["utils.rs", "service.rs", "switch_manager.rs", "managers.rs", "key_service.rs", "path_helpers.rs"] {
        assert!(vague_name(&format!("crates/ops/src/{name}")).is_some(), "{name}");
    }
    assert!(vague_name("crates/ops/src/providers.rs").is_none());
    assert!(vague_name("crates/agents/src/classic/manager.rs").is_none(), "the Manager is one of our nouns");
}

#[test]
fn this_module_passes_its_own_check() {
    for source in [include_str!("../sweep.rs"), include_str!("tests.rs")] {
        for line in source.lines() {
            assert_eq!(findings(line, concat!("/no/su", "ch/root")).next(), None, "{line}");
        }
    }
}
