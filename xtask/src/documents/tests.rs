use super::*;

#[test]
fn paths_are_code_spans_under_known_places_and_relative_links() {
    let text = "The table is in `xtask/src/layering.rs`, run `cargo xtask check`, see \
                [the rules](CONTRIBUTING.md#style), [elsewhere](https://example.com/x), \
                [below](#below) and `crates/<name>/README.md`, `crates/domain`.";
    assert_eq!(paths_in(text).collect::<Vec<_>>(), ["xtask/src/layering.rs", "crates/domain", "CONTRIBUTING.md"]);
}

#[test]
fn a_page_names_files_from_the_root_or_from_where_it_lies() {
    assert_eq!(places("crates/ops/README.md", "tests/it"), ["tests/it", "crates/ops/tests/it"]);
    assert_eq!(places("README.md", "docs/x.md")[0], "docs/x.md");
}
