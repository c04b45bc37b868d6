#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::*;

#[test]
fn a_refusal_is_what_clients_of_both_vendors_read() {
    let refusal = Refusal::no_route("/v1/chat/completions", Some("a\"b\\c\n"));
    let openai: Value = serde_json::from_str(&refusal.body_json(None)).unwrap();
    let error = &openai["error"];
    assert_eq!((error["type"].as_str(), error["code"].as_str()), (Some("invalid_request_error"), Some("route_not_found")));
    assert!(error["param"].is_null() && error["message"].as_str().unwrap().contains("a\"b\\c\n"));
    let anthropic: Value = serde_json::from_str(&refusal.body_json(Some(Api::Messages))).unwrap();
    assert_eq!((anthropic["type"].as_str(), anthropic["error"]["code"].as_str()), (Some("error"), Some("route_not_found")));
}

/// Contract 7.6: no connection is 503 however it was missed; an answer that does not begin is 504.
#[test]
fn a_connection_that_is_not_had_in_time_is_no_connection() {
    let status = |kind| Refusal::failure("r", "p", &Failure::new(kind, "why")).status.as_u16();
    assert_eq!([Kind::Connect, Kind::ConnectTimeout, Kind::FirstByteTimeout].map(status), [503, 503, 504]);
}
