//! Providers coming, going, and taking over the default route.

use std::collections::BTreeSet;

use super::parts::{default_route, free_prefixes, prefix_left_out, provider_route};
use super::reach::moved;
use super::{Draft, Moved, Refusal, Routing, Wish};
use crate::calling_point::CallingPoint;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::Edit;
use crate::name::{ProviderName, RouteName};
use crate::route::{AiRoute, ModelPredicate, Upstream};

/// The routing for a provider that was just added to the document: the default route for the first one, else a route with its type's
/// prefixes. A prefix that another route holds, or that would move an agent, is left out and reported; a provider is never refused for it.
pub fn add_provider(
    document: &Document,
    at: &CallingPoint,
    provider: &ProviderName,
    pending: &[Wish],
    now: &str,
) -> Result<Routing, Refusal> {
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
        match moved(document, &trial, at, pending, &[]).as_slice() {
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

/// The routing without a provider; refused while anything needs it. The last provider takes the default route along.
pub fn remove_provider(document: &Document, at: &CallingPoint, provider: &ProviderName, pending: &[Wish]) -> Result<Routing, Refusal> {
    let own = RouteName::of_provider(provider);
    let last = document.providers.len() == 1;
    let owns_default = document.default_owner() == Some(provider);
    let goes = |route: &AiRoute| route.name == own || (last && route.name.is_default());
    let in_use = |message: String, hint: &str| Diagnostic::policy(Code::ProviderInUse, "/name", message).hint(hint);
    let mut reasons = Vec::new();
    let assigned = document.assignments.iter().filter(|(_, a)| a.provider == *provider).map(|(agent, _)| agent);
    let users: BTreeSet<_> = assigned.chain(pending.iter().filter(|w| w.provider == *provider).map(|w| &w.agent)).collect();
    for agent in users {
        reasons.push(in_use(format!("{agent} runs on `{provider}`"), "switch it to another provider first"));
    }
    for route in document.routes.values().filter(|r| r.uses(provider) && !goes(r)) {
        let hint = match (route.name.is_default(), owns_default) {
            (true, true) => "choose another default first: `agm route set-default PROVIDER`",
            (true, false) => "take it off the upstreams and the fallback of that route first",
            (false, _) => "change or remove that route first",
        };
        let who = if route.name.is_default() { "the default route".to_owned() } else { format!("the route `{}`", route.name) };
        reasons.push(in_use(format!("{who} sends to `{provider}`"), hint));
    }
    if !reasons.is_empty() {
        return Err(Refusal { diagnostics: reasons, ..Refusal::default() });
    }
    let mut draft = Draft::on(document);
    for route in document.routes.values().filter(|r| r.uses(provider)) {
        draft.edit(Edit::DeleteRoute { route: Box::new(route.clone()) })?;
    }
    let others = moved(document, &draft.document, at, pending, &[]);
    if others.is_empty() {
        return Ok(draft.routing);
    }
    let reaches = |m: &Moved| in_use(format!("`{}` of {} reaches `{provider}`", m.model, m.agent), "switch it to another provider first");
    Err(Refusal { diagnostics: others.iter().map(reaches).collect(), moved: others, alias: None })
}

/// The routing in which `provider` owns the default route. The former owner gets a route for its prefixes, for what it lists and for what
/// agents use of it, so that nobody moves. What each of the two lists and how it maps models goes with it.
pub fn set_default(
    document: &Document,
    at: &CallingPoint,
    provider: &ProviderName,
    pending: &[Wish],
    now: &str,
) -> Result<Routing, Refusal> {
    let mut draft = Draft::on(document);
    let Some(default) = document.default_route() else {
        draft.edit(Edit::CreateRoute { route: Box::new(default_route(document, provider, now)) })?;
        return Ok(draft.routing);
    };
    let former = default.upstreams.first().cloned();
    if former.as_ref().is_some_and(|upstream| upstream.provider == *provider) {
        return Ok(draft.routing);
    }
    let own = document.routes.get(&RouteName::of_provider(provider)).filter(|r| r.is_managed());
    if let Some(route) = own {
        draft.edit(Edit::DeleteRoute { route: Box::new(route.clone()) })?;
    }
    let known = own.and_then(|r| r.upstreams.iter().find(|u| u.provider == *provider));
    let known = known.or_else(|| default.upstreams.iter().find(|u| u.provider == *provider));
    draft.edit(Edit::SetUpstreams {
        route: RouteName::default_route(),
        from: default.upstreams.clone(),
        to: vec![alone(known.cloned().unwrap_or_else(|| Upstream::only(provider.clone())))],
    })?;
    let (from, to) = (listed(default), own.map(listed).unwrap_or_default());
    draft.edit(Edit::SetModels { route: RouteName::default_route(), from: from.clone(), to })?;
    if let Some(former) = former.filter(|f| document.providers.contains_key(&f.provider)) {
        keep_former(&mut draft, document, former, from, pending, now)?;
    }
    let others = moved(document, &draft.document, at, pending, &[]);
    if others.is_empty() {
        return Ok(draft.routing);
    }
    let who: Vec<String> = others.iter().map(|m| format!("{} (`{}`)", m.agent, m.model)).collect();
    let message = format!("making `{provider}` the default would move {}", who.join(", "));
    let diagnostic =
        Diagnostic::policy(Code::RouteConflict, "/provider", message).hint("switch them to a model that stays where it is, first");
    Err(Refusal { diagnostics: vec![diagnostic], moved: others, alias: None })
}

/// Gives the former owner a route of its own.
fn keep_former(
    draft: &mut Draft,
    document: &Document,
    former: Upstream,
    listed: Vec<String>,
    pending: &[Wish],
    now: &str,
) -> Result<(), Refusal> {
    let mut predicates = free_prefixes(draft, &former.provider);
    let used = super::reach::everybody(document, pending).into_iter().filter(|w| w.provider == former.provider).map(|w| w.model);
    for model in used.chain(listed.iter().cloned()) {
        // What another route takes did not reach the default route.
        let beside = |r: &&AiRoute| !r.name.is_probe() && draft.document.default_route().is_some_and(|default| r.competes(default));
        let elsewhere = draft.document.routes.values().filter(beside).any(|r| r.names_model(&model));
        if !elsewhere && !predicates.iter().any(|p| p.takes(&model)) {
            predicates.push(ModelPredicate::equal(&model));
        }
    }
    if predicates.is_empty() {
        return Ok(());
    }
    let mut route = provider_route(&draft.document, &former.provider, predicates, now);
    route.agm.get_or_insert_default().models = listed;
    route.upstreams = vec![alone(former)];
    draft.edit(Edit::CreateRoute { route: Box::new(route) })
}

/// The upstream with all of the requests.
fn alone(upstream: Upstream) -> Upstream {
    Upstream { weight: Some(100), ..upstream }
}

/// What the admin lists on a route.
fn listed(route: &AiRoute) -> Vec<String> {
    route.agm.as_ref().map(|extra| extra.models.clone()).unwrap_or_default()
}
