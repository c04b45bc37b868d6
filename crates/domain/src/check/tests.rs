#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;

fn document() -> Document {
    serde_json::from_value(json!({
        "providers": {"a": {"name": "a", "type": "openai"}, "b": {"name": "b", "type": "openai"}},
        "consumers": {"manager": {"name": "manager", "credentials": [{"type": "key-auth", "source": "BEARER", "values": ["k"]}]}},
        "routes": {"b-ai-route": {"name": "b-ai-route", "upstreams": [{"provider": "b", "weight": 100}],
            "modelPredicates": [{"matchType": "PRE", "matchValue": "b-"}]}}
    }))
    .unwrap()
}

fn pointers(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|d| d.pointer.as_str()).collect()
}

#[test]
fn hard_rules_of_a_route() {
    let check = |change: Value, expected: &[&str]| {
        let mut route = json!({"name": "r", "upstreams": [{"provider": "a", "weight": 100}]});
        for (name, value) in change.as_object().unwrap() {
            route[name] = value.clone();
        }
        let found = route_hard(&serde_json::from_value(route).unwrap(), &document());
        assert_eq!(pointers(&found), expected, "{change}");
    };
    check(json!({}), &[]);
    check(json!({"name": " "}), &["/name"]);
    check(json!({"upstreams": []}), &["/upstreams"]);
    check(json!({"upstreams": [{"provider": "a"}]}), &["/upstreams/0/weight"]);
    check(json!({"upstreams": [{"provider": "a", "weight": 60}, {"provider": "b", "weight": 60}]}), &["/upstreams"]);
    check(json!({"upstreams": [{"provider": "a", "weight": 60}, {"provider": "b", "weight": 40}]}), &[]);
    check(json!({"upstreams": [{"provider": "nobody", "weight": 100}]}), &["/upstreams/0/provider"]);
    check(json!({"pathPredicate": {"matchType": "EQUAL", "matchValue": "/"}}), &["/pathPredicate/matchType"]);
    check(
        json!({"headerPredicates": [{"key": "X-Higress-Llm-Model", "matchType": "EQUAL", "matchValue": "m"}]}),
        &["/headerPredicates/0/key"],
    );
    check(json!({"headerPredicates": [{"key": "x-ü", "matchType": "EQUAL", "matchValue": "m"}]}), &["/headerPredicates/0"]);
    check(json!({"modelPredicates": [{"matchType": "REGULAR", "matchValue": ".*"}]}), &["/modelPredicates/0/matchType"]);
    check(
        json!({"fallbackConfig": {"enabled": true, "fallbackStrategy": "X", "responseCodes": ["3xx"], "upstreams": []}}),
        &["/fallbackConfig/fallbackStrategy", "/fallbackConfig/responseCodes", "/fallbackConfig/upstreams"],
    );
    check(json!({"fallbackConfig": {"enabled": false, "responseCodes": ["3xx"]}}), &[]);
}

#[test]
fn overlapping_predicates_are_against_our_policy() {
    let mut route: AiRoute = serde_json::from_value(json!({"name": "r", "upstreams": [{"provider": "a", "weight": 100}],
        "modelPredicates": [{"matchType": "EQUAL", "matchValue": "b-1"}],
        "authConfig": {"enabled": true, "allowedConsumers": ["manager", "nobody"]}}))
    .unwrap();
    assert_eq!(pointers(&route_policy(&route, &document())), ["/modelPredicates/0", "/authConfig/allowedConsumers/1"]);
    route.domains = vec!["other.example".to_owned()];
    assert_eq!(pointers(&route_policy(&route, &document())), ["/authConfig/allowedConsumers/1"]);
}

#[test]
fn hard_rules_of_a_consumer() {
    let check = |credentials: Value, expected: &[&str]| {
        let consumer = serde_json::from_value(json!({"name": "c", "credentials": credentials})).unwrap();
        assert_eq!(pointers(&consumer_hard(&consumer, &document())), expected, "{credentials}");
    };
    check(json!([{"type": "key-auth", "source": "BEARER", "values": ["other"]}]), &[]);
    check(json!([]), &["/credentials"]);
    check(json!([{"type": "oauth2", "source": "BEARER", "values": ["x"]}]), &["/credentials"]);
    check(json!([{"type": "key-auth", "source": "HEADER", "values": ["x"]}]), &["/credentials/0/key"]);
    check(json!([{"type": "key-auth", "source": "BEARER", "values": []}]), &["/credentials/0/values"]);
    check(json!([{"type": "key-auth", "source": "BEARER", "values": ["k"]}]), &["/credentials/0/values"]);
    check(json!([{"type": "key-auth", "source": "QUERY", "key": "k", "values": ["k"]}]), &[]);
}

#[test]
fn model_ids() {
    for good in ["gpt-5.4", "MiniMax-M2.7", "meta-llama/Llama-3.3-70B:free", "ft:gpt-4o::abc", "模型"] {
        assert_eq!(model_id(good), None, "{good}");
    }
    for bad in ["", " ", "a b", "a\"b", "a\\b", "a\n", "gpt-*", "agm-probe-1", &"m".repeat(201)] {
        assert!(model_id(bad).is_some(), "{bad:?}");
    }
}
