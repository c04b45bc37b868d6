#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

/// The objects of the Console contract (3.2, 4.2, 5.1), with unknown members at every level.
fn stored() -> Value {
    json!({
        "providers": {"qwen": {
            "name": "qwen", "type": "qwen", "protocol": "openai/v1", "tokens": ["sk-1"],
            "tokenFailoverConfig": {"enabled": true, "failureThreshold": 1, "healthCheckModel": "qwen-turbo", "new": 1},
            "rawConfigs": {"qwenEnableCompatible": true, "odd": {"deep": [1, 2.50]}}, "later": {"x": null}}},
        "routes": {"chat": {
            "name": "chat", "version": "12345", "domains": ["ai.example.com"],
            "pathPredicate": {"matchType": "PRE", "matchValue": "/", "caseSensitive": true, "odd": 4},
            "headerPredicates": [{"key": "x-team", "matchType": "EQUAL", "matchValue": "blue", "caseSensitive": null, "odd": 5}],
            "upstreams": [{"provider": "qwen", "weight": 100, "modelMapping": {"gpt-*": "qwen-max"}, "odd": 1}],
            "modelPredicates": [{"matchType": "PRE", "matchValue": "qwen-", "odd": {"deep": true}}],
            "headerControl": {"enabled": true, "request": {"add": [], "set": [{"key": "x-a", "value": "b", "odd": 6}], "remove": []}, "odd": 7},
            "authConfig": {"enabled": true, "allowedConsumers": ["alice"], "odd": 2},
            "cors": {"enabled": false}, "customLabels": {}}},
        "consumers": {"alice": {"name": "alice", "credentials": [
            {"type": "key-auth", "source": "BEARER", "key": null, "values": ["k"], "odd": 3}]}},
        "agents": {"worker:alice": {"id": "worker:alice", "runtimeName": "alice", "consumer": "worker-alice",
            "createdAt": "2026-01-01T00:00:00Z", "later": true}},
        "assignments": {"manager": {"provider": "qwen", "model": "qwen-max", "contextWindow": 1, "maxTokens": 2, "reasoning": true,
            "updatedAt": "2026-01-01T00:00:00Z", "note": "kept"}},
        "models": {}, "domains": {"a.b": {"name": "a.b"}}, "serviceSources": {}, "plainRoutes": {}, "pluginInstances": {},
        "later": [1]
    })
}

#[test]
fn unknown_members_survive_a_round_trip() {
    let document: Document = serde_json::from_value(stored()).unwrap();
    assert_eq!(serde_json::to_value(&document).unwrap(), stored());
}

#[test]
fn the_console_s_nulls_are_read_as_none() {
    let document: Document = serde_json::from_value(json!({
        "providers": {"p": {"name": "p", "type": "openai", "tokens": null, "rawConfigs": null, "proxyName": null, "tokenFailoverConfig": null}},
        "routes": {"r": {"name": "r", "domains": null, "upstreams": [{"provider": "p", "weight": null, "modelMapping": null}],
            "modelPredicates": null, "headerPredicates": null, "authConfig": {"enabled": true, "allowedConsumers": null}}}
    }))
    .unwrap();
    assert!(document.providers["p"].tokens.is_empty());
    assert_eq!(document.routes["r"].upstreams[0].weight, None);
    assert!(!document.routes["r"].allows(&ConsumerName::from("manager")));
}

#[test]
fn a_foreign_value_makes_nothing_unreadable() {
    let mut stored = stored();
    stored["routes"]["chat"]["modelPredicates"][0]["matchType"] = json!("SUFFIX");
    stored["routes"]["chat"]["headerPredicates"][0]["matchType"] = json!("PRESENT");
    stored["consumers"]["alice"]["credentials"][0]["source"] = json!("COOKIE");
    stored["providers"]["qwen"]["protocol"] = json!("anthropic/v1");
    let document: Document = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&document).unwrap(), stored, "kept as it was");
    // What cannot be understood takes nothing, instead of taking everything.
    let (table, found) = crate::table::Table::compile(&document);
    assert!(table.route("chat").is_none() && found.iter().any(|d| d.message.contains("SUFFIX")), "{found:?}");
    let route = crate::check::route_hard(&document.routes["chat"], &document);
    assert!(route.iter().any(|d| d.pointer == "/modelPredicates/0/matchType"), "{route:?}");
    assert!(route.iter().any(|d| d.pointer == "/headerPredicates/0/matchType"), "{route:?}");
    let consumer = crate::check::consumer_hard(&document.consumers["alice"], &document);
    assert!(consumer.iter().any(|d| d.pointer == "/credentials/0/source"), "{consumer:?}");
}
