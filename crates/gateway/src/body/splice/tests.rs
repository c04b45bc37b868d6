#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::peek::peek;
use super::*;

fn joined(pieces: &Pieces) -> Vec<u8> {
    pieces.0.concat()
}

/// The body with the model changed and usage asked for, as the gateway does it.
fn rewritten(body: &str, model: &str) -> String {
    let peeked = peek(body.as_bytes()).unwrap();
    let edits = edits(&peeked, Some(model), true);
    String::from_utf8(joined(&splice(&Bytes::from(body.to_owned()), edits))).unwrap()
}

#[test]
fn all_other_bytes_stay() {
    let body = "{ \"temperature\" : 1.10 ,\t\"model\":\"gpt-*\", \"big\":123456789012345678901234567890, \"stream_options\":{\"include_usage\":true} }\n";
    assert_eq!(rewritten(body, "qwen-max"), body.replace("gpt-*", "qwen-max"));
}

#[test]
fn members_are_put_in_where_there_are_none() {
    assert_eq!(rewritten("{}", "m"), r#"{"model":"m","stream_options":{"include_usage":true}}"#);
    assert_eq!(rewritten(r#"{"stream_options":{}}"#, "m"), r#"{"model":"m","stream_options":{"include_usage":true}}"#);
    assert_eq!(rewritten(r#"{"stream_options":{"x":1}}"#, "m"), r#"{"model":"m","stream_options":{"include_usage":true,"x":1}}"#);
    assert_eq!(rewritten(r#"{"stream_options":7}"#, "m"), r#"{"model":"m","stream_options":{"include_usage":true}}"#);
    assert_eq!(rewritten(r#"{"stream_options":{"include_usage":false}}"#, "m"), r#"{"model":"m","stream_options":{"include_usage":true}}"#);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no NaN", |f| f.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::hash_map(".{0,8}", inner, 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Splicing is parsing, setting and writing, for any document in any layout.
    #[test]
    fn splicing_equals_parsing_and_setting(
        mut members in proptest::collection::hash_map("[a-z]{1,8}", value(), 0..6),
        named in proptest::option::of(proptest::option::of(".{0,10}")),
        options in proptest::option::of(value()),
        pretty: bool,
        model in ".{1,20}",
    ) {
        members.remove("model");
        members.remove("stream");
        members.remove("stream_options");
        let mut object: Map<String, Value> = members.into_iter().collect();
        if let Some(named) = named {
            object.insert("model".to_owned(), Value::from(named));
        }
        if let Some(options) = options {
            object.insert("stream_options".to_owned(), options);
        }
        let body = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();

        let mut wanted: Map<String, Value> = serde_json::from_str(&body).unwrap();
        wanted.insert("model".to_owned(), Value::from(model.clone()));
        let options = wanted.entry("stream_options").or_insert(Value::Null);
        match options {
            Value::Object(options) => drop(options.insert("include_usage".to_owned(), json!(true))),
            other => *other = json!({"include_usage": true}),
        }
        let got: Value = serde_json::from_str(&rewritten(&body, &model)).unwrap();
        prop_assert_eq!(got, Value::Object(wanted));
    }
}
