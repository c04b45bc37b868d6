//! A provider added, and its route.

use super::*;

#[test]
fn the_first_provider_gets_the_default_route_as_the_controllers_make_it() {
    let document = scene(&[("qwen", "qwen")]);
    let shown = serde_json::to_value(&document.routes["default-ai-route"]).unwrap();
    let expected = json!({
        "name": "default-ai-route", "version": "1", "domains": [],
        "pathPredicate": {"matchType": "PRE", "matchValue": "/v1", "caseSensitive": true},
        "upstreams": [{"provider": "qwen", "weight": 100, "modelMapping": {}}],
        "modelPredicates": [],
        "authConfig": {"enabled": true, "allowedCredentialTypes": ["key-auth"],
            "allowedConsumers": ["manager", "worker-alice", "worker-bob"]},
        "agm": {"managed": true, "createdAt": NOW}
    });
    assert_eq!(shown, expected);
    assert_eq!(document.routes.len(), 1);
    assert_eq!(goes(&document, "alice", "anything"), "default-ai-route → qwen");
}

#[test]
fn a_further_provider_takes_its_preset_prefixes() {
    let document = scene(&[("qwen", "qwen"), ("moonshot", "moonshot"), ("zhipu", "zhipuai"), ("ds", "deepseek")]);
    assert_eq!(goes(&document, "alice", "kimi-k2.5"), "moonshot-ai-route → moonshot");
    assert_eq!(goes(&document, "alice", "glm-5"), "zhipu-ai-route → zhipu");
    assert_eq!(goes(&document, "manager", "deepseek-chat"), "ds-ai-route → ds");
    assert_eq!(goes(&document, "manager", "qwen3.5-plus"), "default-ai-route → qwen");
    let moonshot = &document.routes["moonshot-ai-route"];
    assert_eq!(moonshot.domains, document.routes["default-ai-route"].domains);
    assert_eq!(moonshot.path_predicate, document.routes["default-ai-route"].path_predicate);
    assert_eq!(moonshot.upstreams[0].weight, Some(100));
}

#[test]
fn an_aggregator_has_no_route_until_its_first_model() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    assert!(!document.routes.contains_key("router-ai-route"));
    switch(&mut document, &wish("alice", "router", "meta/llama"));
    assert_eq!(predicates(&document, "router-ai-route"), ["meta/llama"]);
    assert_eq!(goes(&document, "alice", "meta/llama"), "router-ai-route → router");
    assert_eq!(goes(&document, "bob", "meta/other"), "default-ai-route → qwen");
}

#[test]
fn a_prefix_that_is_held_is_left_out_and_said() {
    let mut document = scene(&[("qwen", "qwen"), ("kimi-a", "moonshot")]);
    let second = ProviderName::from("kimi-b");
    document.providers.insert(second.clone(), Provider::new(second.clone(), "moonshot", vec!["k".into()]));
    let routing = add_provider(&document, &at(), &second, &[], NOW).unwrap();
    assert!(routing.edits.is_empty(), "{routing:?}");
    assert!(routing.notes.iter().all(|n| n.code == Code::PredicatesOverlap) && !routing.notes.is_empty());
}

#[test]
fn a_prefix_that_would_move_an_agent_is_left_out() {
    let mut document = scene(&[("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "kimi-k2.5"));
    let moonshot = ProviderName::from("moonshot");
    document.providers.insert(moonshot.clone(), Provider::new(moonshot.clone(), "moonshot", vec!["k".into()]));
    let routing = add_provider(&document, &at(), &moonshot, &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(goes(&document, "alice", "kimi-k2.5"), "default-ai-route → router");
    assert_eq!(predicates(&document, "moonshot-ai-route"), ["moonshot-*"]);
}

#[test]
fn a_new_route_lets_in_whom_the_default_route_lets_in_and_every_agent() {
    let mut document = scene(&[("qwen", "qwen")]);
    let default = document.routes.get_mut("default-ai-route").unwrap();
    let allowed = &mut default.auth_config.as_mut().unwrap().allowed_consumers;
    allowed.clear();
    allowed.push(ConsumerName::from("guest"));
    let moonshot = ProviderName::from("moonshot");
    document.providers.insert(moonshot.clone(), Provider::new(moonshot.clone(), "moonshot", vec!["k".into()]));
    let routing = add_provider(&document, &at(), &moonshot, &[], NOW).unwrap();
    take(&mut document, &routing);
    let auth = document.routes["moonshot-ai-route"].auth_config.clone().unwrap();
    let names: Vec<&str> = auth.allowed_consumers.iter().map(ConsumerName::as_str).collect();
    assert_eq!(names, ["guest", "manager", "worker-alice", "worker-bob"]);
}
