//! Edits: the only way routes and assignments change.
//!
//! An edit says what changes, not what the result is, so that it can be applied to an object that somebody else has changed meanwhile. Every
//! edit knows its inverse; applying either twice is the same as once.

use serde::{Deserialize, Serialize};

use crate::agent::AgentId;
use crate::assignment::Assignment;
use crate::document::Document;
use crate::name::{ConsumerName, RouteName};
use crate::route::{AiRoute, ModelPredicate, Upstream};

/// A change to one route or one assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Edit {
    /// Creates a route.
    CreateRoute {
        /// The whole route.
        route: Box<AiRoute>,
    },
    /// Deletes a route, if it still is as given here apart from its version, consumers and defaults.
    DeleteRoute {
        /// The route as it was last seen.
        route: Box<AiRoute>,
    },
    /// Makes a route take more models.
    AddPredicate {
        /// Which route.
        route: RouteName,
        /// What it takes in addition.
        predicate: ModelPredicate,
        /// Its place among the predicates; the end if absent or too far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Makes a route take fewer models.
    RemovePredicate {
        /// Which route.
        route: RouteName,
        /// What it no longer takes.
        predicate: ModelPredicate,
        /// Where it stood, so that the inverse puts it back there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Allows consumers on a route.
    AllowConsumers {
        /// Which route.
        route: RouteName,
        /// Those that were not allowed before.
        consumers: Vec<ConsumerName>,
    },
    /// Takes consumers off a route.
    DisallowConsumers {
        /// Which route.
        route: RouteName,
        /// Those that were allowed before.
        consumers: Vec<ConsumerName>,
    },
    /// Sends a route elsewhere, if it still goes where it went.
    SetUpstreams {
        /// Which route.
        route: RouteName,
        /// Where it went.
        from: Vec<Upstream>,
        /// Where it goes.
        to: Vec<Upstream>,
    },
    /// Lists other models on a route, if it still lists what it listed. Predicates are not touched.
    SetModels {
        /// Which route.
        route: RouteName,
        /// What it listed.
        from: Vec<String>,
        /// What it lists.
        to: Vec<String>,
    },
    /// Assigns a model, if the agent still has the one it had. `None` is no assignment.
    Assign {
        /// Which agent.
        agent: AgentId,
        /// What it had.
        from: Option<Box<Assignment>>,
        /// What it gets.
        to: Option<Box<Assignment>>,
    },
}

/// What applying an edit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The document changed.
    Applied,
    /// It already was so.
    Already,
    /// The object is no longer what the edit expects; it was left alone.
    NotOurs {
        /// What it is now, in words.
        present: String,
    },
}

impl Edit {
    /// Takes a predicate off a route, remembering its place.
    pub fn remove_predicate(route: &AiRoute, predicate: ModelPredicate) -> Self {
        let at = route.model_predicates.iter().position(|p| p.takes_same(&predicate));
        Self::RemovePredicate { route: route.name.clone(), predicate, at }
    }

    /// The edit that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        match self.clone() {
            Self::CreateRoute { route } => Self::DeleteRoute { route },
            Self::DeleteRoute { route } => Self::CreateRoute { route },
            Self::AddPredicate { route, predicate, at } => Self::RemovePredicate { route, predicate, at },
            Self::RemovePredicate { route, predicate, at } => Self::AddPredicate { route, predicate, at },
            Self::AllowConsumers { route, consumers } => Self::DisallowConsumers { route, consumers },
            Self::DisallowConsumers { route, consumers } => Self::AllowConsumers { route, consumers },
            Self::SetUpstreams { route, from, to } => Self::SetUpstreams { route, from: to, to: from },
            Self::SetModels { route, from, to } => Self::SetModels { route, from: to, to: from },
            Self::Assign { agent, from, to } => Self::Assign { agent, from: to, to: from },
        }
    }

    /// The route it touches, if it touches one.
    pub fn route(&self) -> Option<&RouteName> {
        match self {
            Self::CreateRoute { route } | Self::DeleteRoute { route } => Some(&route.name),
            Self::AddPredicate { route, .. }
            | Self::RemovePredicate { route, .. }
            | Self::AllowConsumers { route, .. }
            | Self::DisallowConsumers { route, .. }
            | Self::SetUpstreams { route, .. }
            | Self::SetModels { route, .. } => Some(route),
            Self::Assign { .. } => None,
        }
    }

    /// Applies it to the document as it is now.
    pub fn apply(&self, document: &mut Document) -> Outcome {
        match self {
            Self::CreateRoute { route } => create(document, route),
            Self::DeleteRoute { route } => delete(document, route),
            Self::AddPredicate { route, predicate, at } => on_route(document, route, |r| add_predicate(r, predicate, *at)),
            Self::RemovePredicate { route, predicate, .. } => on_route(document, route, |r| remove_predicate(r, predicate)),
            Self::AllowConsumers { route, consumers } => on_route(document, route, |r| allow(r, consumers)),
            Self::DisallowConsumers { route, consumers } => on_route(document, route, |r| disallow(r, consumers)),
            Self::SetUpstreams { route, from, to } => on_route(document, route, |r| set_upstreams(r, from, to)),
            Self::SetModels { route, from, to } => on_route(document, route, |r| set_models(r, from, to)),
            Self::Assign { agent, from, to } => assign(document, agent, from.as_deref(), to.as_deref()),
        }
    }
}

/// What edits that were computed on a document make of it.
pub fn applied(document: &Document, edits: &[Edit]) -> Document {
    let mut after = document.clone();
    for edit in edits {
        // One that did not fit would be refused where it is made true.
        edit.apply(&mut after);
    }
    after
}

/// The next version of an object: a counter as a string, opaque to clients (Console contract 11).
pub fn next_version(version: Option<&str>) -> String {
    let number: u64 = version.and_then(|v| v.parse().ok()).unwrap_or(0);
    number.saturating_add(1).to_string()
}

fn create(document: &mut Document, route: &AiRoute) -> Outcome {
    match document.routes.get(&route.name) {
        Some(present) if same_route(present, route) => Outcome::Already,
        Some(_) => Outcome::NotOurs { present: format!("another route `{}` exists", route.name) },
        None => {
            let mut created = route.clone();
            created.version = Some(next_version(None));
            document.routes.insert(route.name.clone(), created);
            Outcome::Applied
        }
    }
}

fn delete(document: &mut Document, route: &AiRoute) -> Outcome {
    match document.routes.get(&route.name) {
        None => Outcome::Already,
        Some(present) if same_route(present, route) => {
            document.routes.remove(&route.name);
            Outcome::Applied
        }
        Some(_) => Outcome::NotOurs { present: format!("the route `{}` was changed by somebody else", route.name) },
    }
}

/// Whether two states of a route differ only in what other writers add by themselves: the version, the allowed consumers (controllers
/// rewrite them every few minutes) and the defaults that the Console fills in (contract 4.2).
pub fn same_route(a: &AiRoute, b: &AiRoute) -> bool {
    fn plain(route: &AiRoute) -> AiRoute {
        let mut plain = route.clone();
        plain.version = None;
        plain.proxy_next_upstream = None;
        if let Some(auth) = &mut plain.auth_config {
            auth.allowed_consumers.clear();
            auth.allowed_credential_types.clear();
        }
        if let [only] = plain.upstreams.as_mut_slice() {
            only.weight = Some(100);
        }
        if let Some(path) = &mut plain.path_predicate {
            path.case_sensitive = Some(path.case_sensitive.unwrap_or(true));
        }
        plain.rest.retain(|_, value| !value.is_null());
        plain
    }
    plain(a) == plain(b)
}

fn on_route(document: &mut Document, name: &RouteName, change: impl FnOnce(&mut AiRoute) -> Outcome) -> Outcome {
    let Some(route) = document.routes.get_mut(name) else {
        return Outcome::NotOurs { present: format!("the route `{name}` no longer exists") };
    };
    let outcome = change(route);
    if outcome == Outcome::Applied {
        route.version = Some(next_version(route.version.as_deref()));
    }
    outcome
}

fn add_predicate(route: &mut AiRoute, predicate: &ModelPredicate, at: Option<usize>) -> Outcome {
    if route.model_predicates.iter().any(|p| p.takes_same(predicate)) {
        return Outcome::Already;
    }
    let end = route.model_predicates.len();
    route.model_predicates.insert(at.unwrap_or(end).min(end), predicate.clone());
    Outcome::Applied
}

fn remove_predicate(route: &mut AiRoute, predicate: &ModelPredicate) -> Outcome {
    if !route.model_predicates.iter().any(|p| p.takes_same(predicate)) {
        return Outcome::Already;
    }
    if route.model_predicates.len() == 1 {
        // Without predicates the route would take every model.
        return Outcome::NotOurs { present: format!("`{}` is the route's last predicate", predicate.match_value) };
    }
    route.model_predicates.retain(|p| !p.takes_same(predicate));
    Outcome::Applied
}

fn allow(route: &mut AiRoute, consumers: &[ConsumerName]) -> Outcome {
    let auth = route.auth_config.get_or_insert_default();
    let missing: Vec<_> = consumers.iter().filter(|c| !auth.allowed_consumers.contains(c)).cloned().collect();
    if missing.is_empty() {
        return Outcome::Already;
    }
    auth.allowed_consumers.extend(missing);
    Outcome::Applied
}

fn disallow(route: &mut AiRoute, consumers: &[ConsumerName]) -> Outcome {
    let Some(auth) = &mut route.auth_config else { return Outcome::Already };
    let before = auth.allowed_consumers.len();
    auth.allowed_consumers.retain(|c| !consumers.contains(c));
    if auth.allowed_consumers.len() == before { Outcome::Already } else { Outcome::Applied }
}

fn set_upstreams(route: &mut AiRoute, from: &[Upstream], to: &[Upstream]) -> Outcome {
    if route.upstreams == to {
        return Outcome::Already;
    }
    if route.upstreams != from {
        let present: Vec<&str> = route.upstreams.iter().map(|u| u.provider.as_str()).collect();
        return Outcome::NotOurs { present: format!("the route `{}` now goes to {}", route.name, present.join(", ")) };
    }
    route.upstreams = to.to_vec();
    Outcome::Applied
}

fn set_models(route: &mut AiRoute, from: &[String], to: &[String]) -> Outcome {
    let present = route.agm.as_ref().map(|extra| extra.models.as_slice()).unwrap_or_default();
    if present == to {
        return Outcome::Already;
    }
    if present != from {
        return Outcome::NotOurs { present: format!("the route `{}` now lists {}", route.name, present.join(", ")) };
    }
    route.agm.get_or_insert_default().models = to.to_vec();
    Outcome::Applied
}

fn assign(document: &mut Document, agent: &AgentId, from: Option<&Assignment>, to: Option<&Assignment>) -> Outcome {
    let present = document.assignments.get(agent);
    if present == to {
        return Outcome::Already;
    }
    if present != from {
        let now = present.map_or_else(|| "no model".to_owned(), |a| format!("`{}` on `{}`", a.model, a.provider));
        return Outcome::NotOurs { present: format!("{agent} is now assigned {now}") };
    }
    match to {
        Some(to) => document.assignments.insert(agent.clone(), to.clone()),
        None => document.assignments.remove(agent),
    };
    Outcome::Applied
}

#[cfg(test)]
mod tests;
