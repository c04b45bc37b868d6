//! What is wished, and whom it moves.

use super::*;

#[test]
fn an_id_under_another_s_prefix_is_refused_with_an_alias() {
    let document = scene(&[("qwen", "qwen"), ("moonshot", "moonshot"), ("router", "openrouter")]);
    for provider in ["router", "qwen"] {
        let refusal = route(&document, &wish("alice", provider, "kimi-k2.5")).unwrap_err();
        assert_eq!(refusal.diagnostics[0].code, Code::RouteConflict);
        assert_eq!(refusal.alias.unwrap().target, "kimi-k2.5");
    }
}

#[test]
fn one_id_on_two_providers_is_refused_unless_the_others_move_too() {
    let mut document = scene(&[("qwen", "qwen"), ("a", "openrouter"), ("b", "openrouter")]);
    switch(&mut document, &wish("alice", "a", "m"));
    let refusal = route(&document, &wish("bob", "b", "m")).unwrap_err();
    assert_eq!(
        refusal.moved,
        [Moved { agent: AgentId::parse("alice").unwrap(), model: "m".into(), from: Some("a".into()), to: Some("b".into()) }]
    );
    let routing = route_wishes(&document, &at(), &[wish("bob", "b", "m")], &[], true, NOW).unwrap();
    assert_eq!(routing.joined, [wish("alice", "b", "m")]);
    take(&mut document, &routing);
    assert_eq!(goes(&document, "alice", "m"), "b-ai-route → b");
}

#[test]
fn pending_wishes_count_as_assigned() {
    let document = scene(&[("qwen", "qwen"), ("a", "openrouter"), ("b", "openrouter")]);
    let mut routed = document.clone();
    take(&mut routed, &route(&document, &wish("alice", "a", "m")).unwrap());
    let refusal = route_wishes(&routed, &at(), &[wish("bob", "b", "m")], &[wish("alice", "a", "m")], false, NOW).unwrap_err();
    assert_eq!(refusal.moved.len(), 1);
}

#[test]
fn an_agent_on_the_default_owner_is_not_moved_by_somebody_else_s_model() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "qwen", "m"));
    let refusal = route(&document, &wish("bob", "router", "m")).unwrap_err();
    assert_eq!(refusal.moved[0].agent.to_string(), "worker:alice");
}

#[test]
fn a_model_that_nobody_uses_any_more_gives_way() {
    let mut document = scene(&[("qwen", "qwen"), ("a", "openrouter"), ("b", "openrouter")]);
    switch(&mut document, &wish("alice", "a", "m"));
    switch(&mut document, &wish("alice", "a", "n"));
    switch(&mut document, &wish("alice", "b", "m"));
    assert_eq!(predicates(&document, "a-ai-route"), ["n"]);
    assert_eq!(goes(&document, "alice", "m"), "b-ai-route → b");
    // The last predicate takes its route along.
    switch(&mut document, &wish("alice", "b", "n"));
    assert!(!document.routes.contains_key("a-ai-route"));
}

#[test]
fn what_the_admin_lists_does_not_give_way() {
    let mut document = scene(&[("qwen", "qwen"), ("a", "openrouter"), ("b", "openrouter")]);
    switch(&mut document, &wish("alice", "a", "m"));
    document.routes.get_mut("a-ai-route").unwrap().agm.as_mut().unwrap().models.push("m".to_owned());
    switch(&mut document, &wish("alice", "a", "n"));
    assert!(route(&document, &wish("alice", "b", "m")).is_err());
}

#[test]
fn a_switch_lets_its_agent_in() {
    let mut document = scene(&[("qwen", "qwen"), ("moonshot", "moonshot")]);
    for name in ["default-ai-route", "moonshot-ai-route"] {
        document.routes.get_mut(name).unwrap().auth_config.as_mut().unwrap().allowed_consumers.clear();
    }
    switch(&mut document, &wish("alice", "moonshot", "kimi-k2.5"));
    assert_eq!(goes(&document, "alice", "kimi-k2.5"), "moonshot-ai-route → moonshot");
    assert_eq!(goes(&document, "bob", "kimi-k2.5"), "moonshot-ai-route → moonshot (refused)");
}

#[test]
fn another_model_at_the_same_provider_is_a_move_too() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "m"));
    let mut after = document.clone();
    after.routes.get_mut("router-ai-route").unwrap().upstreams[0].model_mapping.insert("m".to_owned(), json!("n"));
    let moves = moved(&document, &after, &at(), &[], &[]);
    assert_eq!(moves.len(), 1);
    assert_eq!((moves[0].from.as_deref(), moves[0].to.as_deref()), (Some("router"), Some("router as `n`")));
}

#[test]
fn a_route_for_another_host_or_path_holds_nothing() {
    let mut document = scene(&[("qwen", "qwen")]);
    for (name, domain, path) in [("elsewhere", Some("lab.example"), "/v1"), ("aside", None, "/lab")] {
        let mut route = AiRoute::new(name.into(), "qwen".into());
        route.domains = domain.into_iter().map(str::to_owned).collect();
        route.path_predicate = Some(Predicate::path(path));
        route.model_predicates = vec![ModelPredicate::prefix("deepseek-"), ModelPredicate::prefix("m"), ModelPredicate::equal("odd")];
        document.routes.insert(route.name.clone(), route);
    }
    let before = document.clone();
    for (name, kind) in [("ds", "deepseek"), ("router", "openrouter")] {
        document.providers.insert(name.into(), Provider::new(name.into(), kind, vec!["k".into()]));
    }
    let routing = add_provider(&document, &at(), &"ds".into(), &[], NOW).unwrap();
    assert!(routing.notes.is_empty(), "{routing:?}");
    take(&mut document, &routing);
    assert_eq!(goes(&document, "alice", "deepseek-chat"), "ds-ai-route → ds");
    switch(&mut document, &wish("alice", "router", "odd"));
    switch(&mut document, &wish("bob", "router", "mistral"));
    for name in ["elsewhere", "aside"] {
        assert_eq!(document.routes[name], before.routes[name]);
    }
}
