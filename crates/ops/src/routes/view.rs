//! A route as people see it.

use agm_domain::diagnostic::Diagnostic;
use agm_domain::hybrid::Finding;
use agm_domain::name::ProviderName;
use agm_domain::redact::redact;
use agm_domain::route::{AiRoute, FallbackConfig, HeaderControl, MatchType, ModelPredicate, Upstream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::agm::Agm;

/// A route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteView {
    /// Its name.
    pub name: String,
    /// Whether hybrid routing made it and keeps it.
    pub managed: bool,
    /// Whether it is the catch-all.
    pub is_default: bool,
    /// Hosts it answers for; none means every host that no other route names.
    pub domains: Vec<String>,
    /// Path it answers for; absent means all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<PathView>,
    /// Models it takes; none means every model.
    pub model_predicates: Vec<ModelPredicate>,
    /// Models that it is to take even while no agent uses them.
    pub models: Vec<String>,
    /// Where requests go.
    pub upstreams: Vec<RouteUpstream>,
    /// Where they go when that fails.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fallback: Option<FallbackView>,
    /// Who may call it.
    pub auth: RouteAuthView,
    /// Changes to headers; values of secret headers masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub header_control: Option<Value>,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
    /// Grows with every write.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// RFC 3339, UTC; the older of two equal routes wins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<String>,
    /// Changes with every change.
    pub etag: String,
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathView {
    /// `PRE` on every AI route.
    pub match_type: MatchType,
    /// With what the path begins.
    pub match_value: String,
}

/// One upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteUpstream {
    /// Which provider.
    pub provider: String,
    /// Percent of the requests; all of them where there is only one upstream.
    #[serde(default = "all")]
    pub weight: u32,
    /// The model that is asked for → the model that the vendor is asked for: exact ids, `prefix*`, `*`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub model_mapping: Map<String, Value>,
}

/// What happens when the upstreams fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FallbackView {
    /// Whether it applies.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// `RAND` spreads over all of them, `SEQ` takes only the first.
    #[serde(default = "spread")]
    pub strategy: String,
    /// `4xx`, `5xx`.
    #[serde(default = "server_faults")]
    pub response_codes: Vec<String>,
    /// Where requests go then.
    pub upstreams: Vec<RouteUpstream>,
}

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteAuthView {
    /// Whether a key is asked for at all.
    pub enabled: bool,
    /// Whose keys open it.
    pub consumers: Vec<String>,
}

impl Agm {
    /// What may be seen of a route.
    pub(super) fn route_view(&self, route: &AiRoute, findings: &[Finding]) -> RouteView {
        let extra = route.agm.clone().unwrap_or_default();
        RouteView {
            name: route.name.to_string(),
            managed: route.is_managed(),
            is_default: route.name.is_default(),
            domains: route.domains.clone(),
            path: route.path_predicate.as_ref().map(|p| PathView { match_type: p.match_type.clone(), match_value: p.match_value.clone() }),
            model_predicates: route.model_predicates.clone(),
            models: extra.models,
            upstreams: route.upstreams.iter().map(RouteUpstream::of).collect(),
            fallback: route.fallback_config.as_ref().map(FallbackView::of),
            auth: RouteAuthView {
                enabled: route.auth_config.as_ref().is_some_and(|auth| auth.enabled),
                consumers: route.auth_config.iter().flat_map(|auth| &auth.allowed_consumers).map(ToString::to_string).collect(),
            },
            header_control: route.header_control.as_ref().and_then(shown_headers),
            findings: findings.iter().filter(|f| f.route == route.name).map(|f| f.diagnostic.clone()).collect(),
            version: route.version.clone(),
            created_at: extra.created_at,
            etag: self.etag(route),
        }
    }
}

impl RouteUpstream {
    fn of(upstream: &Upstream) -> Self {
        Self {
            provider: upstream.provider.to_string(),
            weight: upstream.weight.unwrap_or(0),
            model_mapping: upstream.model_mapping.clone(),
        }
    }

    /// The stored upstream. Members we do not know are kept where `before` has the same provider at the same place, or anywhere.
    pub(super) fn store(&self, index: usize, before: &[Upstream]) -> Upstream {
        let same = |u: &&Upstream| u.provider == self.provider.as_str();
        let known = before.get(index).filter(same).or_else(|| before.iter().find(same));
        let mut upstream = known.cloned().unwrap_or_else(|| Upstream::only(ProviderName::from(self.provider.as_str())));
        upstream.weight = Some(self.weight);
        upstream.model_mapping.clone_from(&self.model_mapping);
        upstream
    }
}

impl FallbackView {
    fn of(config: &FallbackConfig) -> Self {
        Self {
            enabled: config.enabled,
            strategy: config.fallback_strategy.clone().unwrap_or_else(spread),
            response_codes: config.response_codes.clone(),
            upstreams: config.upstreams.iter().map(RouteUpstream::of).collect(),
        }
    }

    /// The stored configuration; members we do not know are kept.
    pub(super) fn store(&self, before: Option<&FallbackConfig>) -> FallbackConfig {
        let mut config = before.cloned().unwrap_or_default();
        config.enabled = self.enabled;
        config.fallback_strategy = Some(self.strategy.clone());
        config.response_codes.clone_from(&self.response_codes);
        let known = std::mem::take(&mut config.upstreams);
        config.upstreams = self.upstreams.iter().enumerate().map(|(index, upstream)| upstream.store(index, &known)).collect();
        config
    }
}

fn shown_headers(control: &HeaderControl) -> Option<Value> {
    serde_json::to_value(control).ok().map(|value| redact(&value))
}

fn all() -> u32 {
    100
}

fn yes() -> bool {
    true
}

fn spread() -> String {
    "RAND".to_owned()
}

fn server_faults() -> Vec<String> {
    vec!["5xx".to_owned()]
}
