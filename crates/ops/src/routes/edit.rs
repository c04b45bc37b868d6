//! Changing a route, or making one: what the edit names, and nothing else.

use std::collections::BTreeSet;
use std::fmt;

use agm_domain::check;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::edit::next_version;
use agm_domain::host_name;
use agm_domain::hybrid;
use agm_domain::name::{ConsumerName, ProviderName, RouteName};
use agm_domain::redact::{is_secret_header, redact};
use agm_domain::route::{AiRoute, AuthConfig, HeaderControl, HeaderValue, ModelPredicate, Predicate, RouteExtra, Upstream};
use agm_domain::secret::mask;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::view::{FallbackView, RouteUpstream, RouteView};
use crate::actor::Actor;
use crate::agents::present;
use crate::agm::Agm;
use crate::error::OpError;
use crate::seen::{Seen, exists};

/// A change of a route. What is absent stays as it is; a new route takes it from the default route. Formatted, it shows no header's value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RouteEdit {
    /// Where requests go; the weights add up to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstreams: Option<Vec<RouteUpstream>>,
    /// Changes to the model mapping of its only upstream: the model that is asked for → the model that the vendor is asked for; `null` takes
    /// an entry out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub model_mapping: Option<Map<String, Value>>,
    /// Models it takes; none means every model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_predicates: Option<Vec<ModelPredicate>>,
    /// Models that it is to take even while no agent uses them. Each also becomes a predicate, where none takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Where requests go when the upstreams fail; `null` for nowhere.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub fallback: Option<Option<FallbackView>>,
    /// Hosts it answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// With what the path begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who may call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthEdit>,
    /// Changes to headers, as the Console has them; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    pub header_control: Option<Option<Value>>,
}

/// A change of who may call a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthEdit {
    /// Whether a key is asked for at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whose keys open it; all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Vec<String>>,
}

/// What became, or would become, of the route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteChanged {
    /// The route.
    pub route: RouteView,
    /// Whether it is new.
    pub created: bool,
    /// Remarks.
    pub notes: Vec<Diagnostic>,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan, and where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Changes a route, or makes one. Refused where an agent's model would go elsewhere.
    pub async fn put_route(
        &self,
        actor: &Actor,
        name: &str,
        edit: &RouteEdit,
        seen: &Seen,
        dry_run: bool,
    ) -> Result<RouteChanged, OpError> {
        self.acting()?;
        let mut writer = self.writer().await;
        let before = writer.document.routes.get(name).cloned();
        match (&before, seen) {
            (Some(route), Seen::Tag(tag)) => self.unchanged(&format!("route `{name}`"), route, Some(tag))?,
            (Some(_), Seen::Nothing) => return Err(exists(&format!("a route `{name}`"))),
            (None, Seen::Tag(_)) => return Err(OpError::no_route(name)),
            _ => {}
        }
        let mut found = Vec::new();
        let created = before.is_none();
        let base = before.clone().unwrap_or_else(|| self.new_route(&writer.document, name, edit, &mut found));
        let mut route = edit.on(base, created, &mut found);
        found.extend(check::route_hard(&route, &writer.document));
        found.extend(check::route_policy(&route, &writer.document));
        found.extend(catch_all(&route, &writer.document));
        found.extend(opened(&route).filter(|_| before.as_ref().is_none_or(|before| opened(before).is_none())));
        if let Some(before) = &before {
            let known: Vec<_> = [check::route_hard(before, &writer.document), check::route_policy(before, &writer.document)].concat();
            // What was wrong before is no reason to refuse another change.
            found.retain(|problem| !known.contains(problem));
        }
        let (refused, notes): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::refuses);
        if !refused.is_empty() {
            return Err(OpError::refused(&format!("the route `{name}` cannot be written so"), &refused));
        }
        if before.as_ref() != Some(&route) {
            route.version = Some(next_version(route.version.as_deref()));
        }
        writer.document.routes.insert(route.name.clone(), route.clone());
        let served = self.nobody_moves(&writer.base().document, &writer.document)?;
        let notes = [notes, served].concat();

        let changes = writer.changes();
        let findings = self.findings(&writer.document);
        let mut revision = None;
        if !dry_run && !changes.is_empty() {
            let what = if created { "added" } else { "changed" };
            let current = writer.commit(actor, format!("route {name} {what}")).await?;
            self.audit(actor, "route.put", name, json!({ "created": created, "revision": current.head.number })).await;
            revision = Some(current.head.number);
        }
        Ok(RouteChanged { route: self.route_view(&route, &findings), created, notes, changes, revision })
    }

    /// A route that is not yet there: host, path and callers of the default route, no upstreams. The one that hybrid routing would make for a
    /// provider goes to that provider, unless the edit says where to.
    fn new_route(&self, document: &Document, name: &str, edit: &RouteEdit, found: &mut Vec<Diagnostic>) -> AiRoute {
        let without_default = document.providers.keys().filter(|provider| document.default_owner() != Some(*provider));
        let owner = without_default.into_iter().find(|provider| RouteName::of_provider(provider).as_str() == name);
        if let Some(owner) = owner.filter(|_| edit.upstreams.is_none()) {
            return hybrid::provider_route(document, owner, Vec::new(), &self.stamp());
        }
        found.extend(RouteName::check(name));
        let mut route = AiRoute::new(RouteName::from(name), ProviderName::from(""));
        route.upstreams.clear();
        if let Some(default) = document.default_route() {
            route.domains.clone_from(&default.domains);
            route.path_predicate.clone_from(&default.path_predicate);
            route.auth_config.clone_from(&default.auth_config);
        } else {
            route.path_predicate = Some(Predicate::path("/v1"));
            route.auth_config = Some(AuthConfig { enabled: true, ..AuthConfig::default() });
        }
        route.agm = Some(RouteExtra { created_at: Some(self.stamp()), ..RouteExtra::default() });
        route
    }
}

impl RouteEdit {
    /// The route after the edit.
    fn on(&self, mut route: AiRoute, created: bool, found: &mut Vec<Diagnostic>) -> AiRoute {
        if let Some(upstreams) = &self.upstreams {
            let known = std::mem::take(&mut route.upstreams);
            route.upstreams = upstreams.iter().enumerate().map(|(index, upstream)| upstream.store(index, &known)).collect();
        }
        if let Some(mapping) = &self.model_mapping {
            map_models(&mut route.upstreams, mapping, found);
        }
        if let Some(predicates) = &self.model_predicates {
            route.model_predicates.clone_from(predicates);
        }
        if let Some(models) = &self.models {
            // A route that takes every model is not narrowed by a list.
            let leave = self.model_predicates.is_some() || (route.model_predicates.is_empty() && !created);
            list_models(&mut route, models, leave, found);
        }
        if let Some(fallback) = &self.fallback {
            route.fallback_config = fallback.as_ref().map(|fallback| fallback.store(route.fallback_config.as_ref()));
        }
        if let Some(domains) = &self.domains {
            route.domains = domains.iter().map(|domain| domain.trim().to_ascii_lowercase()).collect();
            let wrong = |(index, domain): (usize, &String)| host_name::check(domain, &format!("/domains/{index}"));
            found.extend(route.domains.iter().enumerate().filter_map(wrong));
        }
        if let Some(path) = &self.path {
            if !path.starts_with('/') {
                found.push(bad("/path", "a path begins with `/`", "write for example /v1"));
            }
            let kept = route.path_predicate.as_ref().filter(|kept| kept.match_value == *path).cloned();
            route.path_predicate = Some(kept.unwrap_or_else(|| Predicate::path(path)));
        }
        if let Some(auth) = &self.auth {
            auth.on(route.auth_config.get_or_insert_default());
        }
        if let Some(control) = &self.header_control {
            route.header_control = headers(control.as_ref(), route.header_control.as_ref(), found);
        }
        route
    }
}

impl fmt::Debug for RouteEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(&json!(self)).fmt(f)
    }
}

impl AuthEdit {
    fn on(&self, auth: &mut AuthConfig) {
        if let Some(enabled) = self.enabled {
            auth.enabled = enabled;
        }
        if let Some(consumers) = &self.consumers {
            auth.allowed_consumers = consumers.iter().map(|name| ConsumerName::from(name.as_str())).collect();
        }
    }
}

/// Lists models on a route. Those that leave the list lose their predicate, those that come get one, unless the predicates are to be left.
fn list_models(route: &mut AiRoute, models: &[String], leave: bool, found: &mut Vec<Diagnostic>) {
    for (index, model) in models.iter().enumerate() {
        found.extend(check::model_id(model).map(|bad| Diagnostic { pointer: format!("/models/{index}"), ..bad }));
    }
    let former = std::mem::replace(&mut route.agm.get_or_insert_default().models, models.to_vec());
    if leave {
        return;
    }
    let dropped =
        |predicate: &ModelPredicate| former.iter().any(|model| !models.contains(model) && *predicate == ModelPredicate::equal(model));
    let kept: Vec<_> = route.model_predicates.iter().filter(|predicate| !dropped(predicate)).cloned().collect();
    // Without its last predicate the route would take everything.
    if !kept.is_empty() || !models.is_empty() {
        route.model_predicates = kept;
    }
    for model in models {
        if !route.names_model(model) {
            route.model_predicates.push(ModelPredicate::equal(model));
        }
    }
}

/// Changes the mapping of the only upstream.
fn map_models(upstreams: &mut [Upstream], mapping: &Map<String, Value>, found: &mut Vec<Diagnostic>) {
    let [only] = upstreams else {
        if !upstreams.is_empty() {
            let cure = "give `upstreams`, each with its `modelMapping`";
            found.push(bad("/modelMapping", "this route has several upstreams, and each has a mapping of its own", cure));
        }
        return;
    };
    for (asked, wanted) in mapping {
        match wanted {
            Value::Null => drop(only.model_mapping.shift_remove(asked)),
            Value::String(model) if !asked.is_empty() && !model.is_empty() => {
                only.model_mapping.insert(asked.clone(), wanted.clone());
            }
            _ => found.push(bad("/modelMapping", "a mapping goes from a model to a model", "give `{\"asked\": \"wanted\"}`, or null")),
        }
    }
}

/// The header changes to store. The value of a secret header that comes back as it was shown, masked, means the one that is stored in the
/// same place; it is found nowhere else, so that nobody can move a secret to where it can be read.
fn headers(given: Option<&Value>, stored: Option<&HeaderControl>, found: &mut Vec<Diagnostic>) -> Option<HeaderControl> {
    // What cannot be read is not repeated: it may be a secret.
    let Ok(control) = given.map(|value| serde_json::from_value::<HeaderControl>(value.clone())).transpose() else {
        let cure = "give `enabled`, and `request` and `response` with `add`, `set` and `remove`";
        found.push(bad("/headerControl", "these are not changes to headers", cure));
        return None;
    };
    let mut control = control?;
    let directions = [
        ("request", control.request.as_mut(), stored.and_then(|control| control.request.as_ref())),
        ("response", control.response.as_mut(), stored.and_then(|control| control.response.as_ref())),
    ];
    for (direction, edits, stored) in directions {
        let Some(edits) = edits else { continue };
        let (add, set) = stored.map(|edits| (edits.add.as_slice(), edits.set.as_slice())).unwrap_or_default();
        unmask(&mut edits.add, add, &format!("/headerControl/{direction}/add"), found);
        unmask(&mut edits.set, set, &format!("/headerControl/{direction}/set"), found);
    }
    Some(control)
}

fn unmask(given: &mut [HeaderValue], stored: &[HeaderValue], pointer: &str, found: &mut Vec<Diagnostic>) {
    for (index, header) in given.iter_mut().enumerate().filter(|(_, header)| is_secret_header(&header.key)) {
        let same = |kept: &&HeaderValue| kept.key.eq_ignore_ascii_case(&header.key) && mask(&kept.value) == header.value;
        let mut values: Vec<&str> = stored.iter().filter(same).map(|kept| kept.value.as_str()).collect();
        values.dedup();
        let here = stored.get(index).filter(same).map(|kept| kept.value.as_str());
        let kept = match values.as_slice() {
            [only] => Some(*only),
            _ => here,
        };
        if let Some(kept) = kept {
            header.value = kept.to_owned();
        } else if header.value.contains('…') {
            let what = format!("this is the mask of a value, and it is not clear of which one of `{}`", header.key);
            found.push(bad(&format!("{pointer}/{index}/value"), &what, "give the value itself"));
        }
    }
}

/// Who pays for a route that asks for no key.
fn opened(route: &AiRoute) -> Option<Diagnostic> {
    let open = route.auth_config.as_ref().is_none_or(|auth| !auth.enabled);
    let who: BTreeSet<String> = route.upstreams.iter().map(|upstream| format!("`{}`", upstream.provider)).collect();
    open.then(|| {
        let message = format!("anybody who reaches the gateway may use this route, on the key of {}", Vec::from_iter(who).join(", "));
        Diagnostic::note(Code::ValidationFailed, "/auth/enabled", message).hint("ask for a key, unless that is meant")
    })
}

/// What is wrong with the routes that take every model: there is one, the default route, and it does.
fn catch_all(route: &AiRoute, document: &Document) -> Option<Diagnostic> {
    let takes_all = route.model_predicates.is_empty();
    if route.name.is_default() {
        return (!takes_all).then(|| {
            Diagnostic::policy(Code::RouteConflict, "/modelPredicates", "the default route takes every model that no other route takes")
                .hint("give the predicates to another route")
        });
    }
    let default = document.default_route()?;
    let hidden = takes_all
        && route.header_predicates.is_empty()
        && route.url_param_predicates.is_empty()
        && (&route.domains, &route.path_predicate) == (&default.domains, &default.path_predicate);
    hidden.then(|| {
        let what = "without a model predicate this route stands beside the default route, and only one of them is ever reached";
        Diagnostic::policy(Code::RouteConflict, "/modelPredicates", what).hint("name the models that it takes")
    })
}

fn bad(pointer: &str, what: &str, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::ValidationFailed, pointer, what).hint(cure)
}
