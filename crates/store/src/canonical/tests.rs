use super::canonical;
use serde_json::json;

#[test]
fn member_order_does_not_matter_and_item_order_does() {
    let one = json!({"b": [1, 2], "a": {"y": "\"", "x": null}});
    let other = json!({"a": {"x": null, "y": "\""}, "b": [1, 2]});
    assert_eq!(canonical(&one), canonical(&other));
    assert_eq!(canonical(&one), r#"{"a":{"x":null,"y":"\""},"b":[1,2]}"#);
    assert_ne!(canonical(&json!([1, 2])), canonical(&json!([2, 1])));
}
