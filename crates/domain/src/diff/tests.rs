#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

#[test]
fn added_removed_and_changed_in_the_order_of_creation() {
    let before = document(json!({
        "providers": {"a": {"name": "a", "type": "openai", "tokens": ["sk-0123456789abcdefa1b2"]}, "b": {"name": "b", "type": "qwen"}},
        "routes": {"r": {"name": "r", "version": "1", "upstreams": [{"provider": "a", "weight": 100}]}}
    }));
    let after = document(json!({
        "providers": {"a": {"name": "a", "type": "openai", "tokens": ["sk-0123456789abcdefc3d4"]}, "c": {"name": "c", "type": "qwen"}},
        "routes": {"r": {"name": "r", "version": "2", "upstreams": [{"provider": "a", "weight": 100}]}}
    }));
    let changes = diff(&before, &after);
    let shown: Vec<_> = changes.iter().map(|c| (c.noun, c.name.as_str(), c.kind)).collect();
    let provider = |name, kind| (Noun::Provider, name, kind);
    assert_eq!(shown, [provider("a", ChangeKind::Changed), provider("b", ChangeKind::Removed), provider("c", ChangeKind::Added)]);
    let member = &changes[0].members[0];
    assert_eq!((member.pointer.as_str(), member.secret), ("/tokens/0", true));
    assert_eq!((member.before.clone().unwrap(), member.after.clone().unwrap()), (json!("sk-…a1b2"), json!("sk-…c3d4")));
}

#[test]
fn a_secret_never_shows_wherever_it_appears_or_goes() {
    let planted = "sk-planted-0123456789abcdef";
    let with =
        json!({"name": "a", "type": "openai", "tokens": [planted], "rawConfigs": {"apiTokens": [planted], "x": {"password": planted}}});
    let without = json!({"name": "a", "type": "openai"});
    for (before, after) in [(&with, &without), (&without, &with)] {
        let shown = serde_json::to_string(&diff_object(before, after)).unwrap();
        assert!(!shown.contains(planted), "{shown}");
    }
}

#[test]
fn equal_documents_do_not_differ() {
    let one = document(json!({"providers": {"a": {"name": "a", "type": "openai", "odd": 1.50}}}));
    assert_eq!(diff(&one, &one.clone()), []);
}
