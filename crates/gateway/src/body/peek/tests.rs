#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn model(body: &str) -> Option<String> {
    peek(body.as_bytes()).unwrap().model.map(|m| m.text.to_string())
}

#[test]
fn the_model_is_found_wherever_it_stands() {
    assert_eq!(model(r#"{"model":"a"}"#).as_deref(), Some("a"));
    assert_eq!(model(" \n{ \"messages\" : [{\"model\":\"no\"}] , \"model\" :\t\"b\" }").as_deref(), Some("b"));
    assert_eq!(model(r#"{"m\u006fdel":"c"}"#).as_deref(), Some("c"));
    assert_eq!(model(r#"{"model":"d\u0065\n"}"#).as_deref(), Some("de\n"));
    assert_eq!(model(r#"{"model":null}"#), None);
    assert_eq!(model("{}"), None);
}

#[test]
fn what_cannot_be_read_for_sure_is_refused() {
    let duplicate = peek(br#"{"model":"a","model":"b"}"#);
    assert!(matches!(&duplicate, Err(BodyFault::NotJson(why)) if why.contains("duplicate")), "{duplicate:?}");
    let escaped = peek(br#"{"model":"a","m\u006fdel":"b"}"#);
    assert!(matches!(&escaped, Err(BodyFault::NotJson(why)) if why.contains("duplicate")), "{escaped:?}");
    assert_eq!(peek(br#"{"model":7}"#), Err(BodyFault::ModelNotText));
    assert_eq!(peek(b"{\"model\":\"\xff\"}"), Err(BodyFault::NotUtf8));
    for body in ["", "[]", "[\"a\",true,{}]", "\"a\"", "{", "{\"model\":\"a\"", "{\"model\":\"a\"}}", "{\"model\":'a'}", "nul"] {
        assert!(matches!(peek(body.as_bytes()), Err(BodyFault::NotJson(_))), "{body}");
    }
}

#[test]
fn deep_bodies_cost_no_stack() {
    let deep = format!("{{\"messages\":{}1{},\"model\":\"a\"}}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(model(&deep).as_deref(), Some("a"));
}

#[test]
fn the_wish_for_usage_is_read() {
    let usage = |body: &str| peek(body.as_bytes()).unwrap().usage;
    assert_eq!(usage(r#"{"stream":true}"#), UsageWish::Silent);
    assert_eq!(usage(r#"{"stream_options":{"include_usage":true}}"#), UsageWish::Wanted);
    assert!(matches!(usage(r#"{"stream_options":{"include_usage":false}}"#), UsageWish::Declined(_, Declined::Flag)));
    assert!(matches!(usage(r#"{"stream_options":null}"#), UsageWish::Declined(_, Declined::Options)));
    assert!(matches!(usage(r#"{"stream_options":{"include_usage":null}}"#), UsageWish::Declined(_, Declined::Flag)));
    assert!(matches!(usage(r#"{"stream_options":{"other":1}}"#), UsageWish::Unsaid(_, false)));
    assert!(matches!(usage(r#"{"stream_options":{ }}"#), UsageWish::Unsaid(_, true)));
}

proptest! {
    /// Any bytes: an answer or a fault, never a panic; and what is found is where it is said to be.
    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Peeked { model: Some(model), .. }) = peek(&body) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&body[model.span]).unwrap(), json!(&*model.text));
        }
    }

    /// Bytes that look like the real thing, cut and mixed.
    #[test]
    fn near_misses_are_survived(parts in proptest::collection::vec(
        proptest::sample::select(vec!["{", "}", "\"model\"", ":", ",", "\"gpt\"", "\\u", "\"", "[", "]", "null", "true", " ", "\"stream\"", "\u{fe}", "1e9"]), 0..24)) {
        let body = parts.concat();
        if let Ok(peeked) = peek(body.as_bytes()) {
            let value: Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(peeked.model.map(|m| m.text.to_string()), value["model"].as_str().map(str::to_owned));
        }
    }
}
