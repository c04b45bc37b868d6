//! An AI route, stored as the Console's object (Console contract 4.2).

mod predicate;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::predicate::{KeyedPredicate, MatchType, ModelPredicate, Predicate};
use crate::name::{ConsumerName, ProviderName, RouteName};
use crate::provider::null_as_default;
use crate::redact::{Redacted, is_secret_header};
use crate::secret::mask;

/// The stored route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AiRoute {
    /// Unique, never changes.
    pub name: RouteName,
    /// Opaque; grows with every write.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// Hosts it answers for; none means every host no other route names.
    #[serde(default, deserialize_with = "null_as_default")]
    pub domains: Vec<String>,
    /// Path it answers for; absent means `/`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path_predicate: Option<Predicate>,
    /// Request headers it wants.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub header_predicates: Vec<KeyedPredicate>,
    /// Query parameters it wants.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub url_param_predicates: Vec<KeyedPredicate>,
    /// Where requests go; the weights add up to 100.
    #[serde(default, deserialize_with = "null_as_default")]
    pub upstreams: Vec<Upstream>,
    /// Models it takes; none means every model.
    #[serde(default, deserialize_with = "null_as_default")]
    pub model_predicates: Vec<ModelPredicate>,
    /// Who may call it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_config: Option<AuthConfig>,
    /// Where requests go when the upstreams fail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fallback_config: Option<FallbackConfig>,
    /// Changes to request and response headers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub header_control: Option<HeaderControl>,
    /// Retries.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proxy_next_upstream: Option<ProxyNextUpstream>,
    /// What the Console has no room for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agm: Option<RouteExtra>,
    /// Members we do not know (`cors`, `customConfigs`, …).
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Our own members of a route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteExtra {
    /// Whether hybrid routing made it and keeps it.
    #[serde(default)]
    pub managed: bool,
    /// Model ids the admin wants it to take, whether or not an agent uses them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// RFC 3339, UTC, with fractions: the older of two equal routes wins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<String>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One upstream of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upstream {
    /// Which provider.
    pub provider: ProviderName,
    /// Percent of the requests. Always written, because the Console answers 500 to a null (contract 10.6).
    #[serde(default)]
    pub weight: Option<u32>,
    /// Client's model → vendor's model: exact keys, `prefix*`, `*` (contract 7.4, model-mapper).
    #[serde(default, deserialize_with = "null_as_default")]
    pub model_mapping: Map<String, Value>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Who may call a route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthConfig {
    /// Whether a key is asked for at all.
    #[serde(default)]
    pub enabled: bool,
    /// Absent or empty means `key-auth`.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub allowed_credential_types: Vec<String>,
    /// Enabled with an empty list means nobody (contract 5.3).
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_consumers: Vec<ConsumerName>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Fallback (contract 4.5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FallbackConfig {
    /// Whether it applies.
    #[serde(default)]
    pub enabled: bool,
    /// `RAND` (spread) or `SEQ` (the first only).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fallback_strategy: Option<String>,
    /// `4xx`, `5xx`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub response_codes: Vec<String>,
    /// Where to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub upstreams: Vec<Upstream>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Retries by the gateway (contract 7.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyNextUpstream {
    /// Whether it retries at all.
    #[serde(default)]
    pub enabled: bool,
    /// How often in all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempts: Option<u32>,
    /// Seconds for each try; 0 means no limit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout: Option<u64>,
    /// On what.
    #[serde(default, deserialize_with = "null_as_default")]
    pub conditions: Vec<String>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Changes to headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderControl {
    /// Whether they are made.
    #[serde(default)]
    pub enabled: bool,
    /// On the way to the vendor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<HeaderEdits>,
    /// On the way back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<HeaderEdits>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Headers to add, set and remove.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeaderEdits {
    /// Added beside what is there.
    #[serde(default, deserialize_with = "null_as_default")]
    pub add: Vec<HeaderValue>,
    /// Put in place of what is there.
    #[serde(default, deserialize_with = "null_as_default")]
    pub set: Vec<HeaderValue>,
    /// Taken out.
    #[serde(default, deserialize_with = "null_as_default")]
    pub remove: Vec<String>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A header. Its value is masked when formatted, if its name says that it is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderValue {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if is_secret_header(&self.key) { mask(&self.value) } else { self.value.clone() };
        f.debug_struct("HeaderValue").field("key", &self.key).field("value", &value).field("rest", &Redacted(&self.rest)).finish()
    }
}

impl Upstream {
    /// The only upstream of a route.
    pub fn only(provider: ProviderName) -> Self {
        Self { provider, weight: Some(100), model_mapping: Map::new(), rest: Map::new() }
    }
}

impl AiRoute {
    /// A route with nothing but a name and one upstream.
    pub fn new(name: RouteName, provider: ProviderName) -> Self {
        Self {
            name,
            version: None,
            domains: Vec::new(),
            path_predicate: None,
            header_predicates: Vec::new(),
            url_param_predicates: Vec::new(),
            upstreams: vec![Upstream::only(provider)],
            model_predicates: Vec::new(),
            auth_config: None,
            fallback_config: None,
            header_control: None,
            proxy_next_upstream: None,
            agm: None,
            rest: Map::new(),
        }
    }

    /// Whether hybrid routing made it.
    pub fn is_managed(&self) -> bool {
        self.agm.as_ref().is_some_and(|extra| extra.managed)
    }

    /// Whether hybrid routing sees to it that every agent may call it.
    pub fn is_kept(&self) -> bool {
        self.is_managed() || self.name.is_default()
    }

    /// Whether it has a predicate that takes this model.
    pub fn names_model(&self, model: &str) -> bool {
        self.model_predicates.iter().any(|p| p.takes(model))
    }

    /// Whether any of its upstreams, or fallback upstreams, is this provider.
    pub fn uses(&self, provider: &ProviderName) -> bool {
        let fallback = self.fallback_config.iter().flat_map(|f| &f.upstreams);
        self.upstreams.iter().chain(fallback).any(|u| u.provider == *provider)
    }

    /// Whether it stands at the same hosts and path as `other`, so that only their predicates tell them apart.
    pub fn competes(&self, other: &Self) -> bool {
        let hosts = |route: &Self| route.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect::<BTreeSet<_>>();
        let path = |route: &Self| {
            let path = route.path_predicate.clone();
            path.map(|path| Predicate { case_sensitive: Some(path.case_sensitive.unwrap_or(true)), rest: Map::new(), ..path })
        };
        hosts(self) == hosts(other) && path(self) == path(other)
    }

    /// Whether the consumer may call it.
    pub fn allows(&self, consumer: &ConsumerName) -> bool {
        self.auth_config.as_ref().is_none_or(|auth| !auth.enabled || auth.allowed_consumers.contains(consumer))
    }
}
