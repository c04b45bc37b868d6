//! The routes hybrid routing makes, and who may call them.

use std::collections::BTreeSet;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::Edit;
use crate::name::{ConsumerName, ProviderName, RouteName};
use crate::provider_type;
use crate::route::{AiRoute, AuthConfig, ModelPredicate, Predicate, RouteExtra, Upstream};

/// The default route as the controllers create it (HiClaw contract 5.5), open to every known agent.
pub(super) fn default_route(document: &Document, provider: &ProviderName, now: &str) -> AiRoute {
    let mut route = AiRoute::new(RouteName::default_route(), provider.clone());
    route.path_predicate = Some(Predicate::path("/v1"));
    route.auth_config = Some(key_auth(agents_consumers(document)));
    route.agm = Some(managed(now));
    route
}

/// The route of a provider that does not own the default route: the default route's domains, path and header control, and everybody the
/// default route lets in.
pub fn provider_route(document: &Document, provider: &ProviderName, predicates: Vec<ModelPredicate>, now: &str) -> AiRoute {
    let mut route = like_default(document, RouteName::of_provider(provider), provider);
    route.model_predicates = predicates;
    route.agm = Some(managed(now));
    route
}

/// A switch's temporary route: a model name nobody else uses, one provider, open to the probing consumer only.
pub fn probe_route(document: &Document, id: &str, provider: &ProviderName, model: &str, consumer: &ConsumerName, now: &str) -> AiRoute {
    let mut route = like_default(document, RouteName::probe(id), provider);
    route.model_predicates = vec![ModelPredicate::equal(route.name.as_str())];
    let mut upstream = Upstream::only(provider.clone());
    upstream.model_mapping.insert(route.name.to_string(), serde_json::Value::String(model.to_owned()));
    route.upstreams = vec![upstream];
    route.auth_config = Some(key_auth(vec![consumer.clone()]));
    route.agm = Some(managed(now));
    route
}

fn like_default(document: &Document, name: RouteName, provider: &ProviderName) -> AiRoute {
    let mut route = AiRoute::new(name, provider.clone());
    let Some(default) = document.default_route() else {
        route.path_predicate = Some(Predicate::path("/v1"));
        route.auth_config = Some(key_auth(agents_consumers(document)));
        return route;
    };
    route.domains.clone_from(&default.domains);
    route.path_predicate.clone_from(&default.path_predicate);
    route.header_control.clone_from(&default.header_control);
    let mut auth = default.auth_config.clone().unwrap_or_default();
    for consumer in agents_consumers(document) {
        if !auth.allowed_consumers.contains(&consumer) {
            auth.allowed_consumers.push(consumer);
        }
    }
    route.auth_config = Some(auth);
    route
}

fn key_auth(consumers: Vec<ConsumerName>) -> AuthConfig {
    AuthConfig {
        enabled: true,
        allowed_credential_types: vec!["key-auth".to_owned()],
        allowed_consumers: consumers,
        ..AuthConfig::default()
    }
}

fn managed(now: &str) -> RouteExtra {
    RouteExtra { managed: true, created_at: Some(now.to_owned()), ..RouteExtra::default() }
}

/// `manager` and the consumer of every known agent.
pub(super) fn agents_consumers(document: &Document) -> Vec<ConsumerName> {
    let consumers: BTreeSet<ConsumerName> = document.agents.values().map(|a| a.consumer.clone()).collect();
    consumers.into_iter().collect()
}

/// The preset prefixes of a provider that no other route holds; those that are held are reported.
pub(super) fn free_prefixes(draft: &mut Draft, provider: &ProviderName) -> Vec<ModelPredicate> {
    let prefixes = draft.document.providers.get(provider).map(provider_type::prefixes).unwrap_or_default();
    let own = RouteName::of_provider(provider);
    let stand = draft.document.routes.get(&own).or(draft.document.default_route()).cloned();
    let mut free = Vec::new();
    for prefix in prefixes {
        let predicate = ModelPredicate::prefix(prefix);
        let holder = draft
            .document
            .routes
            .values()
            .filter(|r| r.name != own && stand.as_ref().is_some_and(|own| r.competes(own)))
            .find(|r| r.model_predicates.iter().any(|p| p.overlaps(&predicate)))
            .map(|r| r.name.clone());
        match holder {
            None => free.push(predicate),
            Some(holder) => draft.note(prefix_left_out(prefix, &own, &format!("`{holder}` already takes such models"))),
        }
    }
    free
}

pub(super) fn prefix_left_out(prefix: &str, route: &RouteName, why: &str) -> Diagnostic {
    Diagnostic::note(Code::PredicatesOverlap, "/modelPredicates", format!("`{route}` does not take `{prefix}*`: {why}"))
        .hint("models are still routed there one by one when an agent is assigned them")
}

/// Lets a consumer in on every route that hybrid routing keeps and that asks for a key.
pub fn allow_everywhere(document: &Document, consumer: &ConsumerName) -> Vec<Edit> {
    let closed = document.routes.values().filter(|r| (r.is_managed() || r.name.is_default()) && !r.name.is_probe() && !r.allows(consumer));
    closed.map(|r| Edit::AllowConsumers { route: r.name.clone(), consumers: vec![consumer.clone()] }).collect()
}

/// Takes a consumer off every route that names it.
pub fn disallow_everywhere(document: &Document, consumer: &ConsumerName) -> Vec<Edit> {
    let names = |r: &&AiRoute| r.auth_config.as_ref().is_some_and(|a| a.allowed_consumers.contains(consumer));
    let open = document.routes.values().filter(names);
    open.map(|r| Edit::DisallowConsumers { route: r.name.clone(), consumers: vec![consumer.clone()] }).collect()
}
