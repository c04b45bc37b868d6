//! Routing wishes: making a model reach a provider for an agent, moving nobody else.

use serde::{Deserialize, Serialize};

use super::parts::{default_route, free_prefixes, provider_route};
use super::reach::{consumer_of, moved};
use super::{Draft, Moved, Refusal, Routing, Wish};
use crate::agent::AgentId;
use crate::calling_point::CallingPoint;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::Edit;
use crate::name::{ProviderName, RouteName};
use crate::route::{AiRoute, MatchType, ModelPredicate};
use crate::table::Table;

/// Another id under which a provider's model can be told apart from the same id elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alias {
    /// The id that agents ask for.
    pub model: String,
    /// The provider whose route maps it.
    pub provider: String,
    /// The id the vendor is asked for.
    pub target: String,
}

/// The routing under which every wish is fulfilled.
///
/// `pending` are the wishes of other changes that are under way: they count as if they were assigned already. With `move_others`, agents
/// that would be moved join the change instead of refusing it; they are in [`Routing::joined`].
pub fn route_wishes(
    document: &Document,
    at: &CallingPoint,
    wishes: &[Wish],
    pending: &[Wish],
    move_others: bool,
    now: &str,
) -> Result<Routing, Refusal> {
    let mut members = wishes.to_vec();
    contradictions(document, &members)?;
    loop {
        let mut draft = Draft::on(document);
        for wish in &members {
            claim(&mut draft, wish, now)?;
        }
        let ids: Vec<AgentId> = members.iter().map(|w| w.agent.clone()).collect();
        let others = moved(document, &draft.document, at, pending, &ids);
        if others.is_empty() {
            fulfilled(&draft, at, &members)?;
            draft.routing.joined = members.split_off(wishes.len());
            return Ok(draft.routing);
        }
        if !move_others {
            return Err(would_move(document, others, &members));
        }
        // Everyone who joins leaves the set of others, so this ends.
        for other in others {
            // Joining means another provider; nobody joins to be asked for another model, or to be shared out.
            let known = other.to.as_deref().map(ProviderName::from).filter(|provider| document.providers.contains_key(provider));
            let Some(provider) = known.filter(|_| !ids.contains(&other.agent)) else {
                return Err(would_move(document, vec![other], &members));
            };
            members.push(Wish { agent: other.agent, provider, model: other.model });
        }
    }
}

/// One model id cannot reach two providers.
fn contradictions(document: &Document, wishes: &[Wish]) -> Result<(), Refusal> {
    for (index, wish) in wishes.iter().enumerate() {
        if let Some(other) = wishes[..index].iter().find(|o| o.model == wish.model && o.provider != wish.provider) {
            return Err(two_providers(document, wish, &other.agent, &other.provider));
        }
    }
    Ok(())
}

fn claim(draft: &mut Draft, wish: &Wish, now: &str) -> Result<(), Refusal> {
    if draft.document.default_route().is_none() {
        let route = default_route(&draft.document, &wish.provider, now);
        draft.edit(Edit::CreateRoute { route: Box::new(route) })?;
    }
    let owns_default = draft.document.default_owner() == Some(&wish.provider);
    let own = if owns_default { RouteName::default_route() } else { RouteName::of_provider(&wish.provider) };
    give_way(draft, wish, &own)?;
    if !owns_default {
        take(draft, wish, &own, now)?;
    }
    let consumer = consumer_of(&draft.document, &wish.agent);
    let closed = |r: &&AiRoute| consumer.as_ref().is_some_and(|c| !r.allows(c));
    if let (Some(consumer), Some(_)) = (&consumer, draft.document.routes.get(&own).filter(closed)) {
        draft.edit(Edit::AllowConsumers { route: own, consumers: vec![consumer.clone()] })?;
    }
    Ok(())
}

/// Makes the provider's own route take the model.
fn take(draft: &mut Draft, wish: &Wish, own: &RouteName, now: &str) -> Result<(), Refusal> {
    let exact = ModelPredicate::equal(&wish.model);
    match draft.document.routes.get(own) {
        None => {
            let mut predicates = free_prefixes(draft, &wish.provider);
            if !predicates.iter().any(|p| p.takes(&wish.model)) {
                predicates.push(exact);
            }
            let route = provider_route(&draft.document, &wish.provider, predicates, now);
            draft.edit(Edit::CreateRoute { route: Box::new(route) })
        }
        Some(route) if route.model_predicates.is_empty() || route.names_model(&wish.model) => Ok(()),
        Some(_) => draft.edit(Edit::AddPredicate { route: own.clone(), predicate: exact, at: None }),
    }
}

/// Takes the model away from routes of other providers. Who still needs it there is found on the compiled table afterwards: they join, or
/// the change is refused.
fn give_way(draft: &mut Draft, wish: &Wish, own: &RouteName) -> Result<(), Refusal> {
    let stand = draft.document.routes.get(own).or(draft.document.default_route()).cloned();
    let rivals: Vec<(AiRoute, ModelPredicate)> = draft
        .document
        .routes
        .values()
        .filter(|r| r.name != *own && !r.name.is_probe() && stand.as_ref().is_some_and(|own| r.competes(own)))
        .filter(|r| r.upstreams.iter().any(|u| u.provider != wish.provider))
        .flat_map(|r| r.model_predicates.iter().filter(|p| p.takes(&wish.model)).map(|p| (r.clone(), p.clone())))
        .collect();
    for (rival, predicate) in rivals {
        let provider = rival.upstreams.first().map(|u| u.provider.clone());
        let Some(provider) = provider else { continue };
        if predicate.match_type != MatchType::Equal {
            return Err(under_prefix(&draft.document, wish, &rival, &predicate, &provider));
        }
        if rival.agm.as_ref().is_some_and(|extra| extra.models.contains(&wish.model)) || !rival.is_managed() {
            return Err(listed(&draft.document, wish, &rival, &provider));
        }
        let edit = if rival.model_predicates.len() == 1 {
            Edit::DeleteRoute { route: Box::new(rival) }
        } else {
            Edit::remove_predicate(&rival, predicate)
        };
        draft.edit(edit)?;
    }
    Ok(())
}

/// Checks on the compiled table that every wish came true.
fn fulfilled(draft: &Draft, at: &CallingPoint, members: &[Wish]) -> Result<(), Refusal> {
    let (table, _) = Table::compile(&draft.document);
    for wish in members {
        let Some(consumer) = consumer_of(&draft.document, &wish.agent) else { continue };
        let reach = table.reach(at, &consumer, &wish.model);
        if reach.only_provider() != Some(&wish.provider) {
            let goes = reach.describe().unwrap_or_else(|| "no provider".to_owned());
            let Some(by) = reach.route else {
                return Err(unreached(at, wish));
            };
            let message = format!("`{}` would reach {goes} instead of `{}`: the route `{by}` takes it first", wish.model, wish.provider);
            let cure = "change or remove that route, or give the model another id with a model mapping";
            return Err(Refusal {
                alias: Some(alias(wish)),
                ..Refusal::because(Diagnostic::policy(Code::RouteConflict, "/model", message).hint(cure))
            });
        }
    }
    Ok(())
}

/// Every route that agm makes answers where the default route does.
fn unreached(at: &CallingPoint, wish: &Wish) -> Refusal {
    let message = format!("no route takes `{}` where agents call, at {at}", wish.model);
    let cure = "let `default-ai-route` answer there (`agm route set default-ai-route --domain … --path …`), or set the gateway's URL to what agents are to call";
    Refusal::because(Diagnostic::policy(Code::RouteConflict, "/model", message).hint(cure))
}

fn alias(wish: &Wish) -> Alias {
    Alias { model: format!("{}.{}", wish.provider, wish.model), provider: wish.provider.to_string(), target: wish.model.clone() }
}

fn alias_hint(document: &Document, wish: &Wish) -> String {
    let alias = alias(wish);
    let owns_default = document.default_owner() == Some(&wish.provider);
    let route = if owns_default { RouteName::default_route() } else { RouteName::of_provider(&wish.provider) };
    let listed = document.routes.get(&route).and_then(|r| r.agm.as_ref()).map(|extra| extra.models.as_slice()).unwrap_or_default();
    // The list is given as a whole.
    let models: Vec<String> = listed.iter().chain([&alias.model]).map(|model| format!("--model {model}")).collect();
    format!(
        "use the alias `{}`: `agm route set {route} --map {}={} {}`, then switch to it",
        alias.model,
        alias.model,
        alias.target,
        models.join(" ")
    )
}

fn two_providers(document: &Document, wish: &Wish, other: &AgentId, provider: &ProviderName) -> Refusal {
    let message = format!(
        "`{}` cannot be on `{}` for {} and on `{provider}` for {other}: routes tell models apart by their id alone",
        wish.model, wish.provider, wish.agent
    );
    let diagnostic = Diagnostic::policy(Code::RouteConflict, "/model", message).hint(alias_hint(document, wish));
    Refusal { alias: Some(alias(wish)), ..Refusal::because(diagnostic) }
}

fn under_prefix(document: &Document, wish: &Wish, rival: &AiRoute, predicate: &ModelPredicate, provider: &ProviderName) -> Refusal {
    let message = format!(
        "`{}` on `{}` contradicts the route `{}`, which takes every model beginning with `{}` for `{provider}`",
        wish.model, wish.provider, rival.name, predicate.match_value
    );
    let diagnostic = Diagnostic::policy(Code::RouteConflict, "/model", message).hint(alias_hint(document, wish));
    Refusal { alias: Some(alias(wish)), ..Refusal::because(diagnostic) }
}

fn listed(document: &Document, wish: &Wish, rival: &AiRoute, provider: &ProviderName) -> Refusal {
    let message = format!("the route `{}` lists `{}` for `{provider}`", rival.name, wish.model);
    let cure = format!("take it off that route first, or {}", alias_hint(document, wish));
    let diagnostic = Diagnostic::policy(Code::RouteConflict, "/model", message).hint(cure);
    Refusal { alias: Some(alias(wish)), ..Refusal::because(diagnostic) }
}

fn would_move(document: &Document, others: Vec<Moved>, members: &[Wish]) -> Refusal {
    let who: Vec<String> = others.iter().map(|m| format!("{} (`{}`)", m.agent, m.model)).collect();
    let message = format!("this would also move {} to another provider", who.join(", "));
    let together = "switch them together with `--move-others`";
    let hint = members.first().map_or_else(|| together.to_owned(), |wish| format!("{together}, or {}", alias_hint(document, wish)));
    let diagnostic = Diagnostic::policy(Code::RouteConflict, "/model", message).hint(hint);
    Refusal { diagnostics: vec![diagnostic], moved: others, alias: members.first().map(alias) }
}
