#![allow(clippy::unwrap_used, clippy::panic)]
//! The cases of the specification, one by one. Every scene is a document that the functions under test have made themselves.

use serde_json::json;

use super::*;
use crate::agent::{Agent, consumer_of};
use crate::assignment::Assignment;
use crate::calling_point::CallingPoint;
use crate::code::Code;
use crate::name::{ConsumerName, RouteName};
use crate::provider::Provider;
use crate::route::{AiRoute, FallbackConfig, MatchType, ModelPredicate, Predicate, Upstream};
use crate::table::Table;

const NOW: &str = "2026-01-01T00:00:00Z";

/// Where agents call.
fn at() -> CallingPoint {
    CallingPoint::below("http://127.0.0.1:8080")
}

/// A document with the Manager and the Workers alice and bob, and these providers, added in this order.
fn scene(providers: &[(&str, &str)]) -> Document {
    let mut document = Document::default();
    for id in ["manager", "alice", "bob"] {
        let id = AgentId::parse(id).unwrap();
        document.agents.insert(id.clone(), Agent::new(id, NOW.to_owned()));
    }
    for (name, kind) in providers {
        let provider = ProviderName::from(*name);
        document.providers.insert(provider.clone(), Provider::new(provider.clone(), kind, vec!["k".into()]));
        let routing = add_provider(&document, &at(), &provider, &[], NOW).unwrap();
        take(&mut document, &routing);
    }
    document
}

fn take(document: &mut Document, routing: &Routing) {
    for edit in &routing.edits {
        assert_eq!(edit.apply(document), Outcome::Applied, "{edit:?}");
    }
}

fn wish(agent: &str, provider: &str, model: &str) -> Wish {
    Wish { agent: AgentId::parse(agent).unwrap(), provider: provider.into(), model: model.to_owned() }
}

fn route(document: &Document, wish: &Wish) -> Result<Routing, Refusal> {
    route_wishes(document, &at(), std::slice::from_ref(wish), &[], false, NOW)
}

/// Routes and assigns.
fn switch(document: &mut Document, wish: &Wish) {
    let routing = route(document, wish).unwrap_or_else(|refusal| panic!("{wish:?}: {refusal:?}"));
    take(document, &routing);
    let assignment = Assignment {
        provider: wish.provider.clone(),
        model: wish.model.clone(),
        context_window: 1,
        max_tokens: 1,
        reasoning: true,
        updated_at: NOW.to_owned(),
        rest: serde_json::Map::new(),
    };
    document.assignments.insert(wish.agent.clone(), assignment);
}

fn goes(document: &Document, agent: &str, model: &str) -> String {
    let id = AgentId::parse(agent).unwrap();
    let reach = Table::compile(document).0.reach(&at(), &consumer_of(&id, id.name()), model);
    let route = reach.route.as_ref().map_or("none", RouteName::as_str).to_owned();
    format!("{route} → {}{}", reach.describe().unwrap_or_default(), if reach.allowed { "" } else { " (refused)" })
}

fn predicates(document: &Document, route: &str) -> Vec<String> {
    let sign = |p: &ModelPredicate| if p.match_type == MatchType::Prefix { "*" } else { "" };
    document.routes[route].model_predicates.iter().map(|p| format!("{}{}", p.match_value, sign(p))).collect()
}

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
fn a_new_default_owner_moves_nobody() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "qwen", "odd-one"));
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    let routing = set_default(&document, &at(), &ProviderName::from("ds"), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(document.default_owner().unwrap(), "ds");
    assert!(!document.routes.contains_key("ds-ai-route"), "the owner has no route of its own");
    assert_eq!(goes(&document, "alice", "odd-one"), "qwen-ai-route → qwen");
    assert_eq!(goes(&document, "bob", "deepseek-chat"), "default-ai-route → ds");
    assert_eq!(goes(&document, "manager", "qwen-max"), "qwen-ai-route → qwen");
    let again = set_default(&document, &at(), &ProviderName::from("ds"), &[], NOW).unwrap();
    assert_eq!(again, Routing::default());
}

#[test]
fn a_provider_in_use_is_not_removed() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek"), ("router", "openrouter")]);
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    for (provider, refused) in [("qwen", true), ("ds", true), ("router", false)] {
        assert_eq!(remove_provider(&document, &at(), &provider.into(), &[]).is_err(), refused, "{provider}");
    }
    switch(&mut document, &wish("bob", "qwen", "qwen-max"));
    let routing = remove_provider(&document, &at(), &"ds".into(), &[]).unwrap();
    take(&mut document, &routing);
    assert!(!document.routes.contains_key("ds-ai-route"));
    let alone = scene(&[("qwen", "qwen")]);
    assert!(remove_provider(&alone, &at(), &"qwen".into(), &[]).is_ok(), "the last provider takes the default route along");
}

#[test]
fn a_provider_that_the_default_route_falls_back_to_is_not_removed() {
    let share = |names: &[(&str, u32)]| -> Vec<Upstream> {
        names.iter().map(|(name, weight)| Upstream { weight: Some(*weight), ..Upstream::only((*name).into()) }).collect()
    };
    let scene = scene(&[("alpha", "openrouter"), ("beta", "openrouter")]);
    let mut fallback = scene.clone();
    let config = FallbackConfig { enabled: true, upstreams: share(&[("beta", 100)]), ..FallbackConfig::default() };
    fallback.routes.get_mut("default-ai-route").unwrap().fallback_config = Some(config);
    let mut shared = scene;
    shared.routes.get_mut("default-ai-route").unwrap().upstreams = share(&[("alpha", 80), ("beta", 20)]);
    for document in [fallback, shared] {
        let refusal = remove_provider(&document, &at(), &"beta".into(), &[]).unwrap_err();
        let said = &refusal.diagnostics[0];
        assert_eq!((refusal.diagnostics.len(), said.code), (1, Code::ProviderInUse));
        assert!(said.message.contains("default route"), "{said}");
        let refusal = remove_provider(&document, &at(), &"alpha".into(), &[]).unwrap_err();
        assert_eq!(refusal.diagnostics.len(), 1, "the default route is named once: {refusal:?}");
    }
}

#[test]
fn a_provider_that_somebody_reaches_by_accident_is_not_removed() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek")]);
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    document.assignments.values_mut().for_each(|a| a.provider = "gone".into());
    let refusal = remove_provider(&document, &at(), &"ds".into(), &[]).unwrap_err();
    assert_eq!((refusal.moved.len(), refusal.diagnostics[0].code), (1, Code::ProviderInUse), "{refusal:?}");
}

/// What the vendor is asked for when this agent asks for `model`.
fn served(document: &Document, agent: &str, model: &str) -> Vec<String> {
    let id = AgentId::parse(agent).unwrap();
    let reach = Table::compile(document).0.reach(&at(), &consumer_of(&id, id.name()), model);
    reach.upstreams.into_iter().map(|(provider, _, model)| format!("{provider}: {model}")).collect()
}

#[test]
fn aliases_move_with_their_provider() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "router.m"));
    let own = document.routes.get_mut("router-ai-route").unwrap();
    own.upstreams[0].model_mapping.insert("router.m".to_owned(), json!("m"));
    own.agm.as_mut().unwrap().models = vec!["router.m".to_owned(), "router.n".to_owned()];
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    assert_eq!(served_model(&document, &at(), &"router".into(), "router.m"), "m");
    assert_eq!(served_model(&document, &at(), &"router".into(), "n"), "n");
    assert_eq!(served_model(&document, &at(), &"qwen".into(), "router.m"), "router.m", "an alias is its provider's");
    let before = document.clone();

    let routing = set_default(&document, &at(), &"router".into(), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    assert_eq!(document.routes["default-ai-route"].agm.as_ref().unwrap().models, ["router.m", "router.n"]);
    for edit in routing.edits.iter().rev() {
        assert_eq!(edit.inverse().apply(&mut document.clone()), Outcome::Applied, "{edit:?}");
    }

    let routing = set_default(&document, &at(), &"qwen".into(), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    let back = &document.routes["router-ai-route"];
    assert_eq!(back.agm.as_ref().unwrap().models, ["router.m", "router.n"]);
    assert!(back.names_model("router.n"));
    assert_eq!(document.routes["default-ai-route"].upstreams, before.routes["default-ai-route"].upstreams);
    assert!(document.routes["default-ai-route"].agm.as_ref().unwrap().models.is_empty());
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

#[test]
fn what_an_agent_is_about_to_get_is_in_use() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "m"));
    let wanted = [wish("bob", "router", "n")];
    let routing = route(&document, &wanted[0]).unwrap();
    take(&mut document, &routing);
    assert_eq!(findings(&document, &wanted, &[]), []);
    assert_eq!(repair(&document, &at(), &wanted, &[], NOW), Routing::default());
    assert_eq!(findings(&document, &[], &[]).len(), 1);
}

#[test]
fn repair_moves_nobody() {
    // Bob's provider is gone; what serves him is a stray, and without it he would land on the default route.
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("bob", "router", "m"));
    document.assignments.values_mut().for_each(|a| a.provider = "gone".into());
    let mut stray = document.routes.remove("router-ai-route").unwrap();
    stray.name = "agm-probe-1".into();
    document.routes.insert(stray.name.clone(), stray);
    let routing = repair(&document, &at(), &[], &[], NOW);
    assert_eq!(routing.edits, []);
    assert!(routing.notes.iter().any(|n| n.code == Code::StrayProbeRoute), "{routing:?}");
}

#[test]
fn repair_mends_what_it_finds_and_nothing_else() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek")]);
    switch(&mut document, &wish("bob", "ds", "odd"));
    let whole = document.clone();
    assert_eq!(findings(&document, &[], &[]), []);
    assert_eq!(repair(&document, &at(), &[], &[], NOW), Routing::default());

    let ds = document.routes.get_mut("ds-ai-route").unwrap();
    ds.auth_config.as_mut().unwrap().allowed_consumers.retain(|c| *c != "worker-bob");
    ds.model_predicates.retain(|p| p.match_value != "odd");
    ds.model_predicates.push(ModelPredicate::equal("left-over"));
    let stray = probe_route(&document, "1", &"ds".into(), "m", &"manager".into(), NOW);
    document.routes.insert(stray.name.clone(), stray);
    let mut foreign = AiRoute::new("foreign".into(), "gone".into());
    foreign.model_predicates = vec![ModelPredicate::equal("f")];
    document.routes.insert(foreign.name.clone(), foreign);

    let routing = repair(&document, &at(), &[], &[], NOW);
    take(&mut document, &routing);
    assert_eq!(goes(&document, "bob", "odd"), "ds-ai-route → ds");
    assert!(!document.routes.contains_key("agm-probe-1"));
    assert!(document.routes.contains_key("foreign"), "what is not ours is only reported");
    assert!(routing.notes.iter().any(|n| n.code == Code::UnknownProvider));
    let sorted = |d: &Document| {
        let mut predicates = predicates(d, "ds-ai-route");
        predicates.sort();
        predicates
    };
    assert_eq!(sorted(&document), sorted(&whole));
}

#[test]
fn the_temporary_route_of_a_running_switch_is_no_stray() {
    let mut document = scene(&[("qwen", "qwen")]);
    let staged = probe_route(&document, "17", &"qwen".into(), "m", &"manager".into(), NOW);
    document.routes.insert(staged.name.clone(), staged);
    assert_eq!(findings(&document, &[], &["17".to_owned()]), []);
    assert_eq!(findings(&document, &[], &[]).len(), 1);
    let reach = Table::compile(&document).0.reach(&at(), &"manager".into(), "agm-probe-17");
    assert_eq!(reach.upstreams, [("qwen".into(), 100, "m".to_owned())]);
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    const PROVIDERS: [(&str, &str); 5] =
        [("qwen", "qwen"), ("ds", "deepseek"), ("moonshot", "moonshot"), ("a", "openrouter"), ("b", "openrouter")];
    const MODELS: [&str; 7] = ["qwen-max", "deepseek-chat", "kimi-k2.5", "m", "n", "meta/llama", "qwen-2"];

    proptest! {
        /// Whatever is wished in whatever order: a wish comes true or is refused, and nobody else moves.
        #[test]
        fn nobody_else_moves(steps in prop::collection::vec((0_usize..3, 0_usize..5, 0_usize..7, any::<bool>()), 1..12)) {
            let mut document = scene(&PROVIDERS);
            for (agent, provider, model, move_others) in steps {
                let agent = ["manager", "alice", "bob"][agent];
                let wish = wish(agent, PROVIDERS[provider].0, MODELS[model]);
                let before = document.clone();
                let Ok(routing) = route_wishes(&document, &at(), std::slice::from_ref(&wish), &[], move_others, NOW) else { continue };
                take(&mut document, &routing);
                let members: Vec<AgentId> = routing.joined.iter().map(|w| w.agent.clone()).chain([wish.agent.clone()]).collect();
                prop_assert_eq!(moved(&before, &document, &at(), &[], &members), vec![]);
                for member in routing.joined.iter().chain([&wish]) {
                    let reach = Table::compile(&document).0.reach(&at(), &consumer_of(&member.agent, member.agent.name()), &member.model);
                    prop_assert_eq!(reach.only_provider(), Some(&member.provider));
                    prop_assert!(reach.allowed);
                    let assignment = Assignment {
                        provider: member.provider.clone(), model: member.model.clone(), context_window: 1, max_tokens: 1,
                        reasoning: true, updated_at: NOW.to_owned(), rest: serde_json::Map::new(),
                    };
                    document.assignments.insert(member.agent.clone(), assignment);
                }
                prop_assert_eq!(findings(&document, &[], &[]).iter().filter(|f| f.diagnostic.refuses()).count(), 0);
            }
        }

        /// Taking edits back in reverse leaves nothing behind.
        #[test]
        fn routing_can_be_taken_back(agent in 0_usize..3, provider in 0_usize..5, model in 0_usize..7) {
            let document = scene(&PROVIDERS);
            let wish = wish(["manager", "alice", "bob"][agent], PROVIDERS[provider].0, MODELS[model]);
            if let Ok(routing) = route(&document, &wish) {
                let mut changed = document.clone();
                take(&mut changed, &routing);
                for edit in routing.edits.iter().rev() {
                    prop_assert_eq!(edit.inverse().apply(&mut changed), Outcome::Applied);
                }
                for route in changed.routes.values_mut() {
                    route.version.clone_from(&document.routes[route.name.as_str()].version);
                }
                prop_assert_eq!(changed, document);
            }
        }
    }
}
