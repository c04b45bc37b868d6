use std::path::{Component, Path};

use proptest::prelude::*;

use super::{check, check_folder};

proptest! {
    /// A name that passes stays below the root, segment by segment.
    #[test]
    fn no_name_that_passes_escapes(name in "(\\.|/|\\\\|\0|[a-zß]){0,12}") {
        if check(&name).is_ok() {
            let path = Path::new("/root").join(&name);
            prop_assert!(path.starts_with("/root"));
            let segments = Path::new(&name).components().filter(|part| matches!(part, Component::Normal(_)));
            prop_assert_eq!(segments.count(), name.split('/').count(), "{:?}", name);
        }
    }
}

#[test]
fn plain_relative_names_pass() {
    for name in ["a", "agm/format.json", "agents/zoë/model.json", "a/.hidden", "a b/c"] {
        assert!(check(name).is_ok(), "{name:?}");
    }
    assert!(check_folder("").is_ok());
}

#[test]
fn names_that_escape_or_confuse_are_refused() {
    for name in ["", "/etc/passwd", "..", "a/../b", "a/./b", "a//b", "a/", "a\0b", "a\nb", "a\\b", "a/.agm-tmp-1"] {
        assert!(check(name).is_err(), "{name:?}");
    }
    assert!(check(&"x".repeat(256)).is_err());
    assert!(check(&"xxxxxxx/".repeat(100)).is_err());
}
