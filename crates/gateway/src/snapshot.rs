//! One configuration, compiled. A request takes the one in force when it begins and keeps it to its end.

mod cors;
mod edits;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::endpoint::{self, Endpoint};
use agm_domain::name::ProviderName;
use agm_domain::provider::{Protocol, Provider};
use agm_domain::table::{CompiledRoute, Table};
use http::HeaderValue;
use serde_json::Value;

pub(crate) use cors::Cors;
pub(crate) use edits::Edits;

use crate::keys::Keys;
use crate::tokens::{AuthHeaders, Tokens};

/// Everything a request needs to know.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Which route takes what.
    pub table: Table,
    /// What the gateway adds to each route, by [`CompiledRoute::index`].
    pub plans: Vec<RoutePlan>,
    /// Who is who.
    pub keys: Keys,
    /// Whether some route asks for no key.
    pub any_open: bool,
    /// Whether some route lets pages of other origins call it.
    pub any_cors: bool,
    /// Models that somebody chose, with the provider they were chosen on, for `GET /v1/models`.
    pub chosen_models: Vec<(String, Option<ProviderName>)>,
    /// Seconds since 1970.
    pub applied_at: i64,
    /// What was left out.
    pub diagnostics: Vec<Diagnostic>,
    providers: HashMap<ProviderName, Arc<ProviderPlan>>,
}

/// What the gateway adds to a compiled route.
#[derive(Debug)]
pub(crate) struct RoutePlan {
    /// Its name.
    pub name: Arc<str>,
    /// Changes to request headers.
    pub request: Edits,
    /// Changes to response headers.
    pub response: Edits,
    /// Value of the header that tells of a fallback.
    pub fallback_from: HeaderValue,
    /// Which pages of other origins may call it.
    pub cors: Option<Cors>,
}

/// A provider that can be called.
#[derive(Debug)]
pub(crate) struct ProviderPlan {
    /// Tells the providers of a snapshot apart.
    pub index: usize,
    /// Its name.
    pub name: Arc<str>,
    /// Name of its Envoy cluster, for Higress's labels.
    pub cluster: Arc<str>,
    /// Where and how it is called.
    pub endpoint: Endpoint,
    /// Value of `Host`.
    pub host: HeaderValue,
    /// Its keys.
    pub tokens: Tokens,
    /// What is sent when it has no keys.
    pub keyless: AuthHeaders,
    /// Whether a client's own key is passed on: `openai` without keys (contract 7.5).
    pub passes_client_key: bool,
    /// Whether usage may be asked for in streams.
    pub asks_usage: bool,
}

impl Snapshot {
    /// Compiles a document. What cannot be served is left out and reported; it harms nothing else. `before` gives the keys of providers
    /// their past, `gauge` the consumers their counters.
    pub(crate) fn compile(
        document: &Document,
        before: Option<&Self>,
        gauge: &mut dyn FnMut(&str) -> Arc<AtomicU32>,
        applied_at: i64,
    ) -> Self {
        let (table, mut diagnostics) = Table::compile(document);
        let mut providers = HashMap::new();
        for (name, provider) in &document.providers {
            let known = before.and_then(|b| b.providers.get(name)).map(|p| &p.tokens);
            match ProviderPlan::new(provider, providers.len(), known) {
                Ok(plan) => drop(providers.insert(name.clone(), Arc::new(plan))),
                Err(found) => diagnostics.extend(found.into_iter().map(|d| d.under(&format!("/providers/{name}")))),
            }
        }
        let cors = |route: &CompiledRoute| document.routes.get(&*route.name).and_then(|stored| stored.rest.get("cors"));
        let plans: Vec<_> = table.routes().iter().map(|route| RoutePlan::new(route, cors(route), &mut diagnostics)).collect();
        let any_cors = plans.iter().any(|plan| plan.cors.is_some());
        let any_open = table.routes().iter().any(|r| r.auth.is_none());
        let keys = Keys::new(document, gauge, &mut diagnostics);
        Self { plans, keys, any_open, any_cors, chosen_models: chosen_models(document), applied_at, diagnostics, providers, table }
    }

    /// The provider of this name, if it can be called.
    pub(crate) fn provider(&self, name: &ProviderName) -> Option<&Arc<ProviderPlan>> {
        self.providers.get(name)
    }

    /// Every provider that can be called.
    pub(crate) fn providers(&self) -> impl Iterator<Item = (&ProviderName, &Arc<ProviderPlan>)> {
        self.providers.iter()
    }

    /// Whether this consumer may call the route; `None` is a caller without a known key.
    pub(crate) fn allows(route: &CompiledRoute, consumer: Option<&str>) -> bool {
        consumer.map_or(route.auth.is_none(), |consumer| route.allows(consumer))
    }
}

impl RoutePlan {
    fn new(route: &CompiledRoute, cors: Option<&Value>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let control = route.header_control.as_ref().filter(|c| c.enabled);
        let mut compile = |edits: Option<&agm_domain::route::HeaderEdits>, side: &str| {
            let place = format!("/routes/{}/headerControl/{side}", route.name);
            edits.map_or_else(Edits::default, |e| Edits::compile(e, &place, diagnostics))
        };
        Self {
            name: Arc::clone(&route.name),
            request: compile(control.and_then(|c| c.request.as_ref()), "request"),
            response: compile(control.and_then(|c| c.response.as_ref()), "response"),
            // Contract 4.5.
            fallback_from: HeaderValue::from_str(&format!("ai-route-{}.internal", route.name))
                .unwrap_or_else(|_| HeaderValue::from_static("ai-route")),
            cors: cors.and_then(|stored| Cors::compile(stored, &format!("/routes/{}/cors", route.name), diagnostics)),
        }
    }
}

impl ProviderPlan {
    fn new(provider: &Provider, index: usize, before: Option<&Tokens>) -> Result<Self, Vec<Diagnostic>> {
        let endpoint = endpoint::resolve(provider)?;
        let host = HeaderValue::from_str(endpoint.authority()).map_err(|_| {
            let message = format!("`{}` is not a host name that can be sent", endpoint.authority());
            vec![Diagnostic::hard(Code::ValidationFailed, "/rawConfigs", message).hint("correct the provider's address")]
        })?;
        let original = provider.protocol == Protocol::Original;
        Ok(Self {
            index,
            name: provider.name.as_str().into(),
            host,
            cluster: cluster(provider.name.as_str(), &endpoint),
            tokens: Tokens::new(provider, &endpoint, before),
            keyless: AuthHeaders::new(&endpoint, None),
            passes_client_key: provider.kind == "openai" && provider.tokens.is_empty(),
            asks_usage: !original && endpoint.injects_stream_options(),
            endpoint,
        })
    }
}

/// What Higress calls a provider's cluster (contract 7.7); addresses are service sources of their own kind there.
fn cluster(provider: &str, endpoint: &Endpoint) -> Arc<str> {
    let to = endpoint.destination();
    match to.host.parse::<std::net::IpAddr>() {
        Ok(_) => format!("outbound|80||llm-{provider}.internal.static").into(),
        Err(_) => format!("outbound|{}||llm-{provider}.internal.dns", to.port).into(),
    }
}

/// Models that the document names: predicates, lists on routes, exact keys of mappings, assignments.
fn chosen_models(document: &Document) -> Vec<(String, Option<ProviderName>)> {
    use agm_domain::route::MatchType;
    let mut models = Vec::new();
    for route in document.routes.values().filter(|r| !r.name.is_probe()) {
        let exact = route.model_predicates.iter().filter(|p| p.match_type == MatchType::Equal).map(|p| &p.match_value);
        let listed = route.agm.iter().flat_map(|a| &a.models);
        let mapped = route.upstreams.iter().flat_map(|u| u.model_mapping.keys()).filter(|k| !k.ends_with('*') && !k.is_empty());
        models.extend(exact.chain(listed).chain(mapped).map(|id| (id.clone(), None)));
    }
    models.extend(document.assignments.values().map(|a| (a.model.clone(), Some(a.provider.clone()))));
    models.retain(|(id, _)| !id.starts_with(agm_domain::name::PROBE_PREFIX));
    models
}

/// Counters of consumers that outlive configurations.
#[derive(Debug, Default)]
pub(crate) struct Gauges(HashMap<String, Arc<AtomicU32>>);

impl Gauges {
    /// The counter of a consumer.
    pub(crate) fn of(&mut self, consumer: &str) -> Arc<AtomicU32> {
        Arc::clone(self.0.entry(consumer.to_owned()).or_default())
    }

    /// What the counter of a consumer says; 0 where it has none.
    pub(crate) fn get(&self, consumer: &str) -> u32 {
        self.0.get(consumer).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Every counter.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Arc<AtomicU32>)> {
        self.0.iter()
    }
}
