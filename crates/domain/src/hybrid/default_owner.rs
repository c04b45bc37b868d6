//! Providers coming, going, and taking over the default route.

use super::parts::{default_route, free_prefixes, prefix_left_out, provider_route};
use super::reach::moved;
use super::{Draft, Refusal, Routing, Wish};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::Edit;
use crate::name::{ProviderName, RouteName};
use crate::route::{ModelPredicate, Upstream};

/// The routing for a provider that was just added to the document: the default route for the first one, else a route with its type's
/// prefixes. A prefix that another route holds, or that would move an agent, is left out and reported; a provider is never refused for it.
pub fn add_provider(document: &Document, provider: &ProviderName, pending: &[Wish], now: &str) -> Result<Routing, Refusal> {
    let mut draft = Draft::on(document);
    if document.default_route().is_none() {
        let route = default_route(document, provider, now);
        draft.edit(Edit::CreateRoute { route: Box::new(route) })?;
        return Ok(draft.routing);
    }
    let own = RouteName::of_provider(provider);
    let mut predicates = Vec::new();
    for predicate in free_prefixes(&mut draft, provider) {
        let mut trial = document.clone();
        let route = provider_route(document, provider, vec![predicate.clone()], now);
        trial.routes.insert(own.clone(), route);
        match moved(document, &trial, pending, &[]).as_slice() {
            [] => predicates.push(predicate),
            [first, ..] => {
                let why = format!("{} runs on `{}` elsewhere", first.agent, first.model);
                draft.note(prefix_left_out(&predicate.match_value, &own, &why));
            }
        }
    }
    if !predicates.is_empty() && !draft.document.routes.contains_key(&own) {
        let route = provider_route(document, provider, predicates, now);
        draft.edit(Edit::CreateRoute { route: Box::new(route) })?;
    }
    Ok(draft.routing)
}

/// The routing without a provider; refused while anything needs it.
pub fn remove_provider(document: &Document, provider: &ProviderName, pending: &[Wish]) -> Result<Routing, Refusal> {
    let own = RouteName::of_provider(provider);
    let in_use = |message: String, hint: &str| Diagnostic::policy(Code::ProviderInUse, "/name", message).hint(hint);
    let mut reasons = Vec::new();
    if document.default_owner() == Some(provider) && document.providers.len() > 1 {
        reasons.push(in_use(
            format!("the default route sends to `{provider}`"),
            "choose another default first: `agm route set-default PROVIDER`",
        ));
    }
    let assigned = document.assignments.iter().filter(|(_, a)| a.provider == *provider).map(|(agent, _)| agent);
    for agent in assigned.chain(pending.iter().filter(|w| w.provider == *provider).map(|w| &w.agent)) {
        reasons.push(in_use(format!("{agent} runs on `{provider}`"), "switch it to another provider first"));
    }
    let last = document.providers.len() == 1;
    let routes = || document.routes.values().filter(|r| r.uses(provider));
    for route in routes().filter(|r| r.name != own && !(last && r.name.is_default()) && !r.name.is_default()) {
        reasons.push(in_use(format!("the route `{}` sends to `{provider}`", route.name), "change or remove that route first"));
    }
    if !reasons.is_empty() {
        return Err(Refusal { diagnostics: reasons, ..Refusal::default() });
    }
    let mut draft = Draft::on(document);
    for route in routes() {
        draft.edit(Edit::DeleteRoute { route: Box::new(route.clone()) })?;
    }
    Ok(draft.routing)
}

/// The routing in which `provider` owns the default route. The former owner gets a route for its prefixes and for what agents use of it, so
/// that nobody moves.
pub fn set_default(document: &Document, provider: &ProviderName, pending: &[Wish], now: &str) -> Result<Routing, Refusal> {
    let mut draft = Draft::on(document);
    let Some(default) = document.default_route() else {
        draft.edit(Edit::CreateRoute { route: Box::new(default_route(document, provider, now)) })?;
        return Ok(draft.routing);
    };
    let former = default.upstreams.first().map(|u| u.provider.clone());
    if former.as_ref() == Some(provider) {
        return Ok(draft.routing);
    }
    let own = RouteName::of_provider(provider);
    if let Some(route) = document.routes.get(&own).filter(|r| r.is_managed()) {
        draft.edit(Edit::DeleteRoute { route: Box::new(route.clone()) })?;
    }
    draft.edit(Edit::SetUpstreams {
        route: RouteName::default_route(),
        from: default.upstreams.clone(),
        to: vec![Upstream::only(provider.clone())],
    })?;
    if let Some(former) = former.filter(|f| document.providers.contains_key(f)) {
        let mut predicates = free_prefixes(&mut draft, &former);
        for wish in super::reach::everybody(document, pending).into_iter().filter(|w| w.provider == former) {
            if !predicates.iter().any(|p| p.takes(&wish.model)) {
                predicates.push(ModelPredicate::equal(&wish.model));
            }
        }
        if !predicates.is_empty() {
            let route = provider_route(&draft.document, &former, predicates, now);
            draft.edit(Edit::CreateRoute { route: Box::new(route) })?;
        }
    }
    let others = moved(document, &draft.document, pending, &[]);
    if others.is_empty() {
        return Ok(draft.routing);
    }
    let who: Vec<String> = others.iter().map(|m| format!("{} (`{}`)", m.agent, m.model)).collect();
    let message = format!("making `{provider}` the default would move {}", who.join(", "));
    let diagnostic =
        Diagnostic::policy(Code::RouteConflict, "/provider", message).hint("switch them to a model that stays where it is, first");
    Err(Refusal { diagnostics: vec![diagnostic], moved: others, alias: None })
}
