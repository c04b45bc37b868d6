#![allow(clippy::unwrap_used)]
use super::*;
use crate::name::ProviderName;
use crate::route::AuthConfig;

fn document() -> Document {
    let mut route = AiRoute::new(RouteName::from("b-ai-route"), ProviderName::from("b"));
    route.version = Some("7".to_owned());
    route.model_predicates = vec![ModelPredicate::prefix("b-")];
    route.agm = Some(crate::route::RouteExtra { models: vec!["b1".to_owned()], ..crate::route::RouteExtra::default() });
    route.auth_config = Some(AuthConfig { enabled: true, allowed_consumers: vec!["manager".into()], ..AuthConfig::default() });
    let mut document = Document::default();
    document.routes.insert(route.name.clone(), route);
    document.assignments.insert(AgentId::Manager, assignment("a", "m1"));
    document
}

fn assignment(provider: &str, model: &str) -> Assignment {
    let updated_at = "2026-01-01T00:00:00Z".to_owned();
    let rest = serde_json::Map::new();
    Assignment { provider: provider.into(), model: model.to_owned(), context_window: 1, max_tokens: 1, reasoning: true, updated_at, rest }
}

fn edits() -> Vec<Edit> {
    let route = RouteName::from("b-ai-route");
    let mut fresh = AiRoute::new(RouteName::from("c-ai-route"), ProviderName::from("c"));
    fresh.model_predicates = vec![ModelPredicate::equal("x")];
    vec![
        Edit::CreateRoute { route: Box::new(fresh) },
        Edit::AddPredicate { route: route.clone(), predicate: ModelPredicate::equal("b2"), at: None },
        Edit::AllowConsumers { route: route.clone(), consumers: vec!["worker-a".into(), "worker-b".into()] },
        Edit::SetModels { route: route.clone(), from: vec!["b1".to_owned()], to: vec!["b1".to_owned(), "b2".to_owned()] },
        Edit::SetUpstreams { route, from: vec![Upstream::only("b".into())], to: vec![Upstream::only("a".into())] },
        Edit::Assign { agent: AgentId::Manager, from: Some(Box::new(assignment("a", "m1"))), to: Some(Box::new(assignment("b", "m2"))) },
        Edit::Assign { agent: AgentId::parse("alice").unwrap(), from: None, to: Some(Box::new(assignment("b", "m2"))) },
    ]
}

/// Without version counters, which only grow.
fn content(document: &Document) -> Document {
    let mut content = document.clone();
    for route in content.routes.values_mut() {
        route.version = None;
    }
    content
}

#[test]
fn an_edit_and_its_inverse_leave_nothing_behind_and_both_can_be_repeated() {
    for edit in edits() {
        let mut changed = document();
        assert_eq!(edit.apply(&mut changed), Outcome::Applied, "{edit:?}");
        let once = changed.clone();
        assert_eq!(edit.apply(&mut changed), Outcome::Already, "{edit:?}");
        assert_eq!(changed, once);
        assert_eq!(edit.inverse().apply(&mut changed), Outcome::Applied, "{edit:?}");
        assert_eq!(edit.inverse().apply(&mut changed), Outcome::Already, "{edit:?}");
        assert_eq!(content(&changed), content(&document()), "{edit:?}");
        assert_eq!(edit.inverse().inverse(), edit);
    }
}

#[test]
fn an_edit_survives_its_journal() {
    for edit in edits() {
        let text = serde_json::to_string(&edit).unwrap();
        assert_eq!(serde_json::from_str::<Edit>(&text).unwrap(), edit, "{text}");
    }
}

#[test]
fn every_change_moves_the_version_on() {
    let mut changed = document();
    edits()[1].apply(&mut changed);
    assert_eq!(changed.routes["b-ai-route"].version.as_deref(), Some("8"));
}

#[test]
fn what_somebody_else_changed_is_left_alone() {
    let mut changed = document();
    let create = &edits()[0];
    create.apply(&mut changed);
    let route = changed.routes.get_mut("c-ai-route").unwrap();
    route.domains.push("theirs.example".to_owned());
    assert!(matches!(create.inverse().apply(&mut changed), Outcome::NotOurs { .. }));
    assert!(changed.routes.contains_key("c-ai-route"));

    let assign = &edits()[5];
    assign.apply(&mut changed);
    changed.assignments.insert(AgentId::Manager, assignment("c", "m3"));
    assert!(matches!(assign.inverse().apply(&mut changed), Outcome::NotOurs { .. }));
    assert_eq!(changed.assignments[&AgentId::Manager].model, "m3");
}

#[test]
fn a_controller_that_adds_consumers_does_not_make_a_route_theirs() {
    let mut changed = document();
    let create = &edits()[0];
    create.apply(&mut changed);
    let route = changed.routes.get_mut("c-ai-route").unwrap();
    route.version = Some("99".to_owned());
    if let Some(auth) = &mut route.auth_config {
        auth.allowed_consumers.push("worker-x".into());
    }
    assert_eq!(create.inverse().apply(&mut changed), Outcome::Applied);
}

#[test]
fn the_last_predicate_stays() {
    let mut changed = document();
    let last = Edit::RemovePredicate { route: "b-ai-route".into(), predicate: ModelPredicate::prefix("b-"), at: None };
    assert!(matches!(last.apply(&mut changed), Outcome::NotOurs { .. }));
}

#[test]
fn a_predicate_that_is_put_back_stands_where_it_stood() {
    let mut changed = document();
    let route = changed.routes.get_mut("b-ai-route").unwrap();
    route.model_predicates = vec![ModelPredicate::equal("x"), ModelPredicate::equal("y"), ModelPredicate::equal("z")];
    let before = route.model_predicates.clone();
    let remove = Edit::remove_predicate(route, ModelPredicate::equal("y"));
    remove.apply(&mut changed);
    remove.inverse().apply(&mut changed);
    assert_eq!(changed.routes["b-ai-route"].model_predicates, before);
}
