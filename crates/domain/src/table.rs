//! The route table: every AI route compiled into a form whose look-up does not grow with their number.
//!
//! Precedence is that of Console contract 4.6.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use self::conditions::Conditions;
use self::index::Index;
use self::order::Precedence;
use crate::calling_point::CallingPoint;
use crate::check;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::endpoint::ModelMapping;
use crate::name::{ConsumerName, ProviderName, RouteName};
use crate::redact::pointer_segment;

mod compile;
mod conditions;
mod index;
mod mapping;
mod order;
mod route;

pub use mapping::Mapping;
pub use route::{AllowedSet, CompiledFallback, CompiledRoute, CompiledUpstream, RetryPolicy};

/// Every route, compiled.
#[derive(Debug, Default)]
pub struct Table {
    /// In the order of precedence; `conditions` runs beside it.
    routes: Vec<CompiledRoute>,
    conditions: Vec<Conditions>,
    by_name: HashMap<Arc<str>, usize>,
    index: Index,
    /// The mappings of the providers that have one.
    served: HashMap<ProviderName, ModelMapping>,
}

/// Longest host name.
const MAX_HOST: usize = 255;

/// What a request is, as far as routing cares.
pub struct Ask<'a> {
    /// Host, lower-case, without port.
    pub host: &'a str,
    /// Path, without query.
    pub path: &'a str,
    /// Method.
    pub method: &'a str,
    /// Query without `?`, as it came.
    pub query: &'a str,
    /// Header by lower-case name.
    pub headers: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The model that the client asked for.
    pub model: Option<&'a str>,
}

/// Where a chat request of a consumer ends up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The route that takes it.
    pub route: Option<RouteName>,
    /// Whether the consumer may call that route.
    pub allowed: bool,
    /// Provider, weight and the model that the vendor is asked for.
    pub upstreams: Vec<(ProviderName, u32, String)>,
}

/// What one route says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Which route.
    pub route: RouteName,
    /// What it says.
    pub verdict: Verdict,
}

/// What a route says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Taken,
    /// It would, but another one comes first.
    LowerPrecedence,
    /// It does not.
    No(Reason),
}

/// Why a route does not take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It answers for other hosts, or another route answers for this very host.
    Host,
    /// It answers for another path.
    Path,
    /// It takes other models.
    Model,
    /// It takes certain models and the request names none.
    NoModel,
    /// It wants this header.
    Header(String),
    /// It wants this query parameter.
    Query(String),
}

impl Table {
    /// Compiles every route of the document. A route that cannot work is left out and reported; the others are none the worse. A route that
    /// names a provider that does not exist stays: in Higress too it takes its requests, and they are answered with 503 (contract 3.6).
    pub fn compile(document: &Document) -> (Self, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let mut compiled = Vec::with_capacity(document.routes.len());
        for route in document.routes.values() {
            let mut of_route = check::unknown_providers(route, document);
            let done = compile::compile(route, &mut of_route);
            compiled.extend(done.map(|(conditions, done)| (Precedence::of(route, &conditions), conditions, done)));
            let pointer = format!("/routes/{}", pointer_segment(route.name.as_str()));
            found.extend(of_route.into_iter().map(|d| d.under(&pointer)));
        }
        compiled.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut table = Self::default();
        for (index, (_, conditions, route)) in compiled.into_iter().enumerate() {
            table.by_name.insert(route.name.clone(), index);
            table.conditions.push(conditions);
            table.routes.push(CompiledRoute { index, ..route });
        }
        table.index = Index::new(&table.conditions);
        // What is wrong with such a mapping is the provider's matter: `endpoint::resolve` reports it.
        let with_mapping = document.providers.values().filter(|p| p.raw_configs.contains_key("modelMapping"));
        table.served = with_mapping.map(|p| (p.name.clone(), ModelMapping::new(&p.raw_configs, &mut Vec::new()))).collect();
        (table, found)
    }

    /// The route that takes the request.
    pub fn select(&self, ask: &Ask<'_>) -> Option<&CompiledRoute> {
        self.index.find(ask, &self.conditions).map(|rank| &self.routes[rank as usize])
    }

    /// The routes in the order in which they are tried.
    pub fn routes(&self) -> &[CompiledRoute] {
        &self.routes
    }

    /// The route of this name.
    pub fn route(&self, name: &str) -> Option<&CompiledRoute> {
        self.by_name.get(name).map(|index| &self.routes[*index])
    }

    /// Where a chat request of this consumer for this model ends up.
    pub fn reach(&self, at: &CallingPoint, consumer: &ConsumerName, model: &str) -> Reach {
        let Some(route) = self.select(&at.ask(model)) else {
            return Reach { route: None, allowed: false, upstreams: Vec::new() };
        };
        Reach {
            route: Some(RouteName::from(&*route.name)),
            allowed: route.allows(consumer.as_str()),
            upstreams: route.upstreams.iter().map(|u| (u.provider.clone(), u.weight, self.served_model(u, model))).collect(),
        }
    }

    /// The route's mapping, then the provider's own.
    fn served_model(&self, upstream: &CompiledUpstream, model: &str) -> String {
        let asked = upstream.mapping.target(Some(model)).unwrap_or(model);
        let served = self.served.get(&upstream.provider).and_then(|mapping| mapping.target(asked));
        served.map_or_else(|| asked.to_owned(), Cow::into_owned)
    }

    /// What every route says to the request, in the order in which they are tried.
    pub fn explain(&self, ask: &Ask<'_>) -> Vec<Considered> {
        let host = self.index.host_key(ask.host);
        let mut taken = false;
        let verdicts = self.routes.iter().zip(&self.conditions).map(|(route, conditions)| {
            let reason = if conditions.hosts.contains(&host) { conditions.refuses(ask) } else { Some(Reason::Host) };
            let verdict = match reason {
                Some(reason) => Verdict::No(reason),
                None if std::mem::replace(&mut taken, true) => Verdict::LowerPrecedence,
                None => Verdict::Taken,
            };
            Considered { route: RouteName::from(&*route.name), verdict }
        });
        verdicts.collect()
    }
}

impl<'a> Ask<'a> {
    /// The first value of a query parameter, as it came: Envoy compares without decoding.
    fn query_value(&self, name: &str) -> Option<&'a str> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("host", &self.host)
            .field("path", &self.path)
            .field("method", &self.method)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
