use super::*;

#[test]
fn product_code_is_told_from_tests() {
    for (path, expected) in [
        ("crates/domain/src/route.rs", true),
        ("crates/domain/src/latests.rs", true),
        ("xtask/src/test.rs", true),
        ("crates/domain/src/route/tests.rs", false),
        ("crates/domain/src/route_tests.rs", false),
        ("crates/store/tests/it/main.rs", false),
        ("crates/gateway/benches/splice.rs", false),
        ("crates/gateway/README.md", false),
    ] {
        assert_eq!(is_product_code(path), expected, "{path}");
    }
}

#[test]
fn only_files_past_the_stop_fail() {
    let lines = [(STOP + 1, "long.rs".to_owned()), (STOP, "full.rs".to_owned()), (ASK + 1, "asked.rs".to_owned())];
    assert_eq!(over(&lines), ["long.rs (701)"]);
}

#[test]
fn quantiles_of_few_and_no_values() {
    assert_eq!(quantile(&[], 50), 0);
    assert_eq!(quantile(&[7], 90), 7);
    assert_eq!(quantile(&[1, 2, 3, 4, 5], 50), 3);
}
