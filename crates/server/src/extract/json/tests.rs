#![allow(clippy::unwrap_used)]
use serde::Deserialize;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wish {
    model: String,
    max_tokens: Option<u64>,
    restart: Option<agm_domain::switch::Restart>,
}

fn refusal(body: &[u8]) -> String {
    strict::<Wish>(body).unwrap_err().0.to_string()
}

#[test]
fn what_is_understood_is_taken() {
    let wish: Wish = strict(br#"{"model": "m", "maxTokens": 5}"#).unwrap();
    assert_eq!(wish, Wish { model: "m".to_owned(), max_tokens: Some(5), restart: None });
}

#[test]
fn what_is_not_is_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "EOF while parsing"),
        (b"{\"model\": ", "EOF while parsing"),
        (b"{} {}", "trailing characters"),
        (b"\xff\xfe", "not UTF-8"),
        (br#"{"model": "a", "model": "b"}"#, "`model` is given twice"),
        (br#"{"model": "a", "max_tokens": 5}"#, "`max_tokens` that means nothing here"),
        (br#"{"maxTokens": -5}"#, "`maxTokens` is not as it should be"),
        (br#"{"model": ["a"]}"#, "`model` is not as it should be"),
        (b"[]", "the body is not a JSON object"),
    ];
    for (body, expected) in cases {
        let message = refusal(body);
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
}

#[test]
fn a_member_given_twice_is_found_anywhere() {
    let body = br#"{"model": "a", "x": [{"y": 1, "\u0079": 2}]}"#;
    assert!(lenient::<Wish>(body).unwrap_err().0.to_string().contains("`y` is given twice"));
}

#[test]
fn a_value_in_the_wrong_place_is_not_quoted() {
    for body in [br#"{"maxTokens": "sk-planted, expected "}"#.as_slice(), br#"{"restart": "sk-planted"}"#, br#""sk-planted""#] {
        let message = refusal(body);
        assert!(!message.contains("planted"), "{message}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "[".repeat(100_000);
    assert!(refusal(deep.as_bytes()).contains("recursion limit"));
}
