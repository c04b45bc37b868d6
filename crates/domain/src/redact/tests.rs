#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

#[test]
fn both_places_where_higress_repeats_tokens_are_found() {
    let value = json!({
        "tokens": ["sk-0123456789abcdefa1b2"],
        "rawConfigs": {"apiTokens": ["sk-0123456789abcdefa1b2"], "awsSecretKey": "AKIA0123456789abcdef", "openaiCustomUrl": "https://a.b/v1"},
        "tokenFailoverConfig": {"healthCheckModel": "m"}
    });
    assert_eq!(secret_pointers(&value), ["/tokens/0", "/rawConfigs/apiTokens/0", "/rawConfigs/awsSecretKey"]);
    let shown = redact(&value);
    assert_eq!(shown["tokens"][0], "sk-…a1b2");
    assert_eq!(shown["rawConfigs"]["openaiCustomUrl"], "https://a.b/v1");
    assert!(!shown.to_string().contains("0123456789"));
}

#[test]
fn credentials_and_header_values() {
    let value = json!({
        "credentials": [{"type": "key-auth", "source": "HEADER", "key": "x-key", "values": ["one", "two"]}],
        "headerControl": {"request": {"set": [{"key": "Authorization", "value": "Bearer x"}, {"key": "x-team", "value": "blue"}]}},
        "headerPredicates": [{"key": "x-a", "matchType": "EQUAL", "matchValue": "v"}],
        "tls": {"cert": "public", "key": "private"},
        "a/b": {"password": "p"}
    });
    assert_eq!(
        secret_pointers(&value),
        ["/credentials/0/values/0", "/credentials/0/values/1", "/headerControl/request/set/0/value", "/tls/key", "/a~1b/password"]
    );
}

#[test]
fn quoted_keys_are_masked_in_text() {
    let text = redact_text("Incorrect API key provided: sk-0123456789abcdefa1b2.", ["sk-0123456789abcdefa1b2"]);
    assert_eq!(text, "Incorrect API key provided: sk-…a1b2.");
}

#[test]
fn a_key_that_another_one_begins_with_does_not_uncover_its_end() {
    let (short, long) = ("sk-0123456789abcdef", "sk-0123456789abcdef-and-the-rest-of-it");
    let text = redact_text(&format!("no account has {long}, nor {short}"), [short, long]);
    assert!(!text.contains("rest"), "{text}");
    assert_eq!(text, redact_text(&format!("no account has {long}, nor {short}"), [long, short]));
}

#[test]
fn whatever_header_or_member_carries_a_credential() {
    let names = ["X-Authorization", "Proxy-Authorization", "X-Auth", "Set-Cookie", "Cookie", "x-goog-api-key", "X-Amz-Security-Token"];
    for name in names {
        let control = json!({ "set": [{ "key": name, "value": "hush" }], "predicate": [{ "key": name, "matchType": "EQUAL", "matchValue": "hush" }] });
        assert_eq!(secret_pointers(&control), ["/set/0/value", "/predicate/0/matchValue"], "{name}");
    }
    assert_eq!(secret_pointers(&json!({ "headers": { "Authorization": "Bearer x", "Accept": "text/plain" } })), ["/headers/Authorization"]);
    let plain = json!({ "authConfig": { "enabled": true, "allowedConsumers": ["manager"] }, "author": "me", "authorName": "me" });
    assert_eq!(secret_pointers(&plain), Vec::<String>::new());
}

#[test]
fn a_number_that_is_a_secret_is_not_shown() {
    let shown = redact(&json!({ "rawConfigs": { "password": 271_828, "pins": { "accessToken": [3] } }, "maxTokens": 5, "weight": 7 }));
    assert_eq!(shown, json!({ "rawConfigs": { "password": "…", "pins": { "accessToken": ["…"] } }, "maxTokens": 5, "weight": 7 }));
}

#[test]
fn a_number_that_is_a_secret_is_sealed_like_a_text() {
    let value = json!({ "apiTokens": 12345, "rawConfigs": { "secretKey": [7, "x", true, null], "maxTokens": 100 }, "count": 3 });
    assert_eq!(secret_pointers(&value), ["/apiTokens", "/rawConfigs/secretKey/0", "/rawConfigs/secretKey/1"]);
    // What is masked is sealed, and the other way round; what is true or false gives nothing away.
    let shown = redact(&value);
    assert_eq!(shown, json!({ "apiTokens": "…", "rawConfigs": { "secretKey": ["…", "…", true, null], "maxTokens": 100 }, "count": 3 }));
}
