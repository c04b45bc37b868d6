//! What is wrong with the routes as they are, and the edits that mend it.

use serde::{Deserialize, Serialize};

use super::parts::agents_consumers;
use super::reach::{everybody, moved};
use super::{Draft, Moved, Routing, Wish, add_provider, route_wishes};
use crate::calling_point::CallingPoint;
use crate::check;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::{Edit, applied};
use crate::name::{ConsumerName, RouteName};
use crate::route::{AiRoute, MatchType};

/// Something wrong with a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which route; it may be one that is missing.
    #[schema(value_type = String)]
    pub route: RouteName,
    /// What is wrong.
    pub diagnostic: Diagnostic,
    /// Whether [`repair`] mends it. Routes that hybrid routing does not keep are never changed unasked.
    pub repairable: bool,
}

/// Everything wrong with the routes. `pending` are the wishes of changes under way, `running` their ids: what they need is in use, and their
/// temporary routes are no strays.
pub fn findings(document: &Document, pending: &[Wish], running: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    if document.default_route().is_none() && !document.providers.is_empty() {
        let diagnostic = Diagnostic::policy(Code::DefaultRouteMissing, "", "there is no default route")
            .hint("`agm route set-default PROVIDER` creates it");
        found.push(Finding { route: RouteName::default_route(), diagnostic, repairable: document.providers.len() == 1 });
    }
    for route in document.routes.values() {
        if route.name.is_probe() {
            if !route.name.is_probe_of(running) {
                let diagnostic = Diagnostic::policy(Code::StrayProbeRoute, "", "a switch left this temporary route behind");
                found.push(Finding { route: route.name.clone(), diagnostic, repairable: true });
            }
            continue;
        }
        let told = |diagnostic| Finding { route: route.name.clone(), diagnostic, repairable: false };
        found.extend(check::unknown_providers(route, document).into_iter().map(told));
        missing_consumers(document, route, &mut found);
        unused_predicates(document, route, pending, &mut found);
        let later = document.routes.values().filter(|other| other.name > route.name && !other.name.is_probe());
        found.extend(later.flat_map(|other| check::overlaps(route, other)).map(told));
    }
    found
}

/// The edits that mend what can be mended, and remarks on the rest. What would take an agent from one provider to another that is not its own
/// is left as it is.
pub fn repair(document: &Document, at: &CallingPoint, pending: &[Wish], running: &[String], now: &str) -> Routing {
    let mut draft = Draft::on(document);
    // Models that agents are assigned but do not reach come first: what only served them by accident is needed no more then.
    reach_assigned(&mut draft, at, pending, now);
    for finding in findings(document, pending, running) {
        if !finding.repairable {
            draft.note(finding.diagnostic);
            continue;
        }
        let edits = mend(&draft.document, at, &finding, pending, now);
        let mended = applied(&draft.document, &edits);
        if let Some(who) = astray(&draft.document, &mended, at, pending) {
            let needed = format!("{}, and `{}` of {} needs it", finding.diagnostic.message, who.model, who.agent);
            draft.note(Diagnostic { message: needed, ..finding.diagnostic }.hint("switch that agent first"));
            continue;
        }
        keep(&mut draft, edits);
    }
    draft.routing
}

fn reach_assigned(draft: &mut Draft, at: &CallingPoint, pending: &[Wish], now: &str) {
    let assigned = everybody(&draft.document, &[]);
    for wish in assigned {
        if !draft.document.agents.contains_key(&wish.agent) || !draft.document.providers.contains_key(&wish.provider) {
            continue;
        }
        match route_wishes(&draft.document, at, &[wish], pending, false, now) {
            Ok(routing) => keep(draft, routing.edits),
            Err(refusal) => draft.routing.notes.extend(refusal.diagnostics),
        }
    }
}

fn keep(draft: &mut Draft, edits: Vec<Edit>) {
    for edit in edits {
        if let Err(refusal) = draft.edit(edit) {
            draft.routing.notes.extend(refusal.diagnostics);
        }
    }
}

/// Who would go from one provider to another that is not the one assigned.
fn astray(before: &Document, after: &Document, at: &CallingPoint, pending: &[Wish]) -> Option<Moved> {
    let wishes = everybody(before, pending);
    let meant = |m: &Moved| wishes.iter().any(|w| w.agent == m.agent && w.model == m.model && m.to.as_deref() == Some(w.provider.as_str()));
    moved(before, after, at, pending, &[]).into_iter().find(|m| m.from.is_some() && !meant(m))
}

fn mend(document: &Document, at: &CallingPoint, finding: &Finding, pending: &[Wish], now: &str) -> Vec<Edit> {
    let route = document.routes.get(&finding.route);
    match (finding.diagnostic.code, route) {
        (Code::DefaultRouteMissing, _) => {
            let only = document.providers.keys().next();
            only.and_then(|p| add_provider(document, at, p, pending, now).ok()).map(|r| r.edits).unwrap_or_default()
        }
        (Code::StrayProbeRoute, Some(route)) => vec![Edit::DeleteRoute { route: Box::new(route.clone()) }],
        (Code::ConsumerMissing, Some(route)) => {
            vec![Edit::AllowConsumers { route: route.name.clone(), consumers: missing(document, route) }]
        }
        (Code::PredicateUnused, Some(route)) => {
            let unused = unused(document, route, pending);
            unused.into_iter().map(|predicate| Edit::remove_predicate(route, predicate)).collect()
        }
        _ => Vec::new(),
    }
}

/// The agents' consumers that the route does not let in.
fn missing(document: &Document, route: &AiRoute) -> Vec<ConsumerName> {
    agents_consumers(document).into_iter().filter(|c| !route.allows(c)).collect()
}

fn missing_consumers(document: &Document, route: &AiRoute, found: &mut Vec<Finding>) {
    let kept = route.is_managed() || route.name.is_default();
    let missing = missing(document, route);
    if missing.is_empty() || !kept {
        return;
    }
    let names: Vec<&str> = missing.iter().map(ConsumerName::as_str).collect();
    let message = format!("`{}` answers 403 to {}", route.name, names.join(", "));
    let diagnostic = Diagnostic::policy(Code::ConsumerMissing, "/authConfig/allowedConsumers", message);
    found.push(Finding { route: route.name.clone(), diagnostic, repairable: true });
}

/// Exact predicates that no agent, no change under way and no list needs. The last predicate stays: without one the route would take everything.
fn unused(document: &Document, route: &AiRoute, pending: &[Wish]) -> Vec<crate::route::ModelPredicate> {
    let listed = route.agm.as_ref().map(|extra| extra.models.as_slice()).unwrap_or_default();
    let wished = everybody(document, pending);
    let needed = |model: &String| listed.contains(model) || wished.iter().any(|w| w.model == *model);
    let exact = route.model_predicates.iter().filter(|p| p.match_type == MatchType::Equal && !needed(&p.match_value));
    let mut unused: Vec<_> = exact.cloned().collect();
    if unused.len() == route.model_predicates.len() {
        unused.pop();
    }
    unused
}

fn unused_predicates(document: &Document, route: &AiRoute, pending: &[Wish], found: &mut Vec<Finding>) {
    if !route.is_managed() {
        return;
    }
    let unused = unused(document, route, pending);
    if unused.is_empty() {
        return;
    }
    let ids: Vec<String> = unused.iter().map(|p| format!("`{}`", p.match_value)).collect();
    let message = format!("`{}` takes {}, which no agent runs on", route.name, ids.join(", "));
    let diagnostic = Diagnostic::note(Code::PredicateUnused, "/modelPredicates", message);
    found.push(Finding { route: route.name.clone(), diagnostic, repairable: true });
}
