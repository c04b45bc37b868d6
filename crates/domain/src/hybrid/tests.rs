#![allow(clippy::unwrap_used, clippy::panic)]
//! The cases of the specification, one by one. Every scene is a document that the functions under test have made themselves.

mod default_owner;
mod laws;
mod providers;
mod removal;
mod repair;
mod wishes;

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
