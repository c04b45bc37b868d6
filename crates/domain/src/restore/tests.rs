#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

fn route(name: &str, provider: &str, consumers: &[&str]) -> Value {
    json!({"name": name, "version": "3", "upstreams": [{"provider": provider, "weight": 100}],
           "authConfig": {"enabled": true, "allowedConsumers": consumers}})
}

fn agent(name: &str) -> Value {
    json!({"id": format!("worker:{name}"), "runtimeName": name, "consumer": format!("worker-{name}"), "createdAt": "t"})
}

fn consumer(name: &str, key: &str) -> Value {
    json!({"name": name, "credentials": [{"type": "key-auth", "source": "BEARER", "values": [key]}]})
}

fn then() -> Document {
    serde_json::from_value(json!({
        "providers": {"a": {"name": "a", "type": "openai", "tokens": ["old"]}},
        "consumers": {"worker-x": consumer("worker-x", "x-old")},
        "agents": {"worker:x": agent("x")},
        "routes": {"r": route("r", "a", &["worker-x", "somebody-else"]), "agm-probe-1": route("agm-probe-1", "a", &[])}
    }))
    .unwrap()
}

fn now() -> Document {
    serde_json::from_value(json!({
        "providers": {"a": {"name": "a", "type": "openai", "tokens": ["new"]}, "b": {"name": "b", "type": "openai"}},
        "consumers": {"worker-x": consumer("worker-x", "x-new"), "worker-y": consumer("worker-y", "y"), "guest": consumer("guest", "g")},
        "agents": {"worker:x": agent("x"), "worker:y": agent("y")},
        "routes": {"r": {"name": "r", "version": "9", "upstreams": [{"provider": "b", "weight": 100}],
            "authConfig": {"enabled": true, "allowedConsumers": ["worker-x", "worker-y"]}}}
    }))
    .unwrap()
}

#[test]
fn a_whole_restore() {
    let restored = restore(&then(), &now(), &Selection::default());
    assert_eq!(restored.providers["a"].tokens[0].expose(), "old");
    assert!(!restored.providers.contains_key("b"));
    assert!(restored.agents.contains_key(&crate::agent::AgentId::parse("y").unwrap()), "an agent registered since then stays");
    assert_eq!(restored.consumers["worker-x"].first_key().unwrap().expose(), "x-new", "keys stay unless named");
    assert!(restored.consumers.contains_key("worker-y") && !restored.consumers.contains_key("guest"));
    let allowed = &restored.routes["r"].auth_config.as_ref().unwrap().allowed_consumers;
    assert_eq!(allowed.iter().map(ConsumerName::as_str).collect::<Vec<_>>(), ["worker-x", "somebody-else", "worker-y"]);
    assert_eq!(restored.routes["r"].version.as_deref(), Some("10"), "the counter goes on from today's");
    assert!(!restored.routes.contains_key("agm-probe-1"));
}

#[test]
fn consumer_keys_when_named() {
    let selection = Selection { consumer_keys: true, ..Selection::default() };
    assert_eq!(restore(&then(), &now(), &selection).consumers["worker-x"].first_key().unwrap().expose(), "x-old");
}

#[test]
fn a_part_leaves_the_rest_alone() {
    let selection = Selection { objects: [(Noun::Provider, "a".to_owned())].into(), consumer_keys: false };
    let restored = restore(&then(), &now(), &selection);
    assert_eq!(restored.providers["a"].tokens[0].expose(), "old");
    assert!(restored.providers.contains_key("b"));
    assert_eq!(restored.routes, now().routes);
}

#[test]
fn restoring_the_present_changes_nothing() {
    assert_eq!(restore(&now(), &now(), &Selection::default()), now());
}

#[test]
fn a_route_closed_on_purpose_stays_closed() {
    let allowed = |managed: bool, name: &str, today: &[&str]| {
        let (mut then, mut now) = (then(), now());
        let put = |document: &mut Document, provider: &str, consumers: &[&str]| {
            let mut route: crate::route::AiRoute = serde_json::from_value(route(name, provider, consumers)).unwrap();
            route.agm.get_or_insert_default().managed = managed;
            document.routes.insert(route.name.clone(), route);
        };
        put(&mut then, "a", &["worker-x"]);
        put(&mut now, "b", today);
        let restored = restore(&then, &now, &Selection::default());
        let auth = restored.routes[name].auth_config.clone().unwrap();
        auth.allowed_consumers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(allowed(false, "vip", &["worker-x"]), "worker-x", "nobody is let in whom neither list has");
    assert_eq!(allowed(false, "vip", &["worker-y"]), "worker-x worker-y", "whom an admin let in since then stays in");
    assert_eq!(allowed(true, "b-ai-route", &["worker-x"]), "worker-x worker-y");
    assert_eq!(allowed(false, "default-ai-route", &["worker-x"]), "worker-x worker-y");
}
