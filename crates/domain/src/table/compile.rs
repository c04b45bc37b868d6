//! From a stored route to a compiled one.

use std::time::Duration;

use super::conditions::{Case, Conditions, HostKey, NotCompiled, PathTest, Test};
use super::{AllowedSet, CompiledFallback, CompiledRoute, CompiledUpstream, Mapping, RetryPolicy};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::route::{AiRoute, FallbackConfig, KeyedPredicate, MatchType, ProxyNextUpstream, Upstream};

/// The header in which Higress carries the model; a predicate on it is a model predicate (contract 4.2).
const MODEL_HEADER: &str = "x-higress-llm-model";

/// What the route asks and does. What is wrong with it is added to `found`; `None` when it cannot work.
pub(super) fn compile(route: &AiRoute, found: &mut Vec<Diagnostic>) -> Option<(Conditions, CompiledRoute)> {
    let before = found.len();
    let conditions = conditions(route, found);
    let upstreams = upstreams(&route.upstreams, found);
    if found.len() > before {
        return None;
    }
    let compiled = CompiledRoute {
        index: 0,
        name: route.name.as_str().into(),
        auth: route.auth_config.as_ref().filter(|auth| auth.enabled).map(|auth| AllowedSet::from_iter(auth.allowed_consumers.clone())),
        upstreams,
        fallback: route.fallback_config.as_ref().filter(|f| f.enabled).and_then(|f| fallback(f, found)),
        header_control: route.header_control.clone().filter(|control| control.enabled),
        retry: retry(route.proxy_next_upstream.as_ref()),
    };
    Some((conditions?, compiled))
}

fn conditions(route: &AiRoute, found: &mut Vec<Diagnostic>) -> Option<Conditions> {
    let hosts: Vec<HostKey> = route.domains.iter().filter(|d| !d.trim().is_empty()).map(|d| HostKey::new(d)).collect();
    let mut models = Vec::with_capacity(route.model_predicates.len());
    for (i, predicate) in route.model_predicates.iter().enumerate() {
        let pointer = format!("/modelPredicates/{i}");
        models.extend(test(&predicate.match_type, &predicate.match_value, &pointer, found));
    }
    let headers = keyed(&route.header_predicates, "/headerPredicates", found)
        .into_iter()
        .map(|(name, test)| (name.to_ascii_lowercase().into_boxed_str(), test))
        .collect::<Vec<_>>();
    if let Some(i) = route.header_predicates.iter().position(|p| p.key.eq_ignore_ascii_case(MODEL_HEADER)) {
        found.push(bad(format!("/headerPredicates/{i}/key"), "a model is not chosen by a header", "use a model predicate"));
    }
    Some(Conditions {
        hosts: if hosts.is_empty() { vec![HostKey::Any] } else { hosts },
        path: path(route, found)?,
        models,
        headers,
        queries: keyed(&route.url_param_predicates, "/urlParamPredicates", found),
    })
}

fn path(route: &AiRoute, found: &mut Vec<Diagnostic>) -> Option<PathTest> {
    let Some(predicate) = &route.path_predicate else { return Some(PathTest::Prefix("".into(), Case::Sensitive)) };
    if predicate.match_type != MatchType::Regular && !predicate.match_value.starts_with('/') {
        found.push(bad("/pathPredicate/matchValue", "a path begins with `/`", "put a `/` in front"));
        return None;
    }
    let case = if predicate.case_sensitive == Some(false) { Case::Ignored } else { Case::Sensitive };
    PathTest::new(&predicate.match_type, &predicate.match_value, case).map_err(|why| found.push(bad_test(&why, "/pathPredicate"))).ok()
}

/// Case is always respected: Higress has no annotation that would say otherwise for headers and query parameters.
fn keyed(predicates: &[KeyedPredicate], pointer: &str, found: &mut Vec<Diagnostic>) -> Vec<(Box<str>, Test)> {
    let compiled = predicates.iter().enumerate().filter_map(|(i, p)| {
        let test = test(&p.match_type, &p.match_value, &format!("{pointer}/{i}"), found)?;
        Some((p.key.as_str().into(), test))
    });
    compiled.collect()
}

fn test(kind: &MatchType, value: &str, pointer: &str, found: &mut Vec<Diagnostic>) -> Option<Test> {
    Test::new(kind, value).map_err(|why| found.push(bad_test(&why, pointer))).ok()
}

fn upstreams(stored: &[Upstream], found: &mut Vec<Diagnostic>) -> Vec<CompiledUpstream> {
    let compiled: Vec<CompiledUpstream> = match stored {
        // A single upstream has all the weight, whatever is stored (contract 4.2).
        [only] => vec![upstream(only, 100)],
        several => several.iter().map(|u| upstream(u, u.weight.unwrap_or_default())).collect(),
    };
    let weight: u64 = compiled.iter().map(|u| u64::from(u.weight)).sum();
    if compiled.is_empty() {
        found.push(bad("/upstreams", "the route sends nowhere", "name a provider"));
    } else if weight != 100 {
        found.push(bad("/upstreams", format!("the weights add up to {weight}"), "make them add up to 100"));
    }
    compiled
}

fn upstream(stored: &Upstream, weight: u32) -> CompiledUpstream {
    CompiledUpstream { provider: stored.provider.clone(), weight, mapping: Mapping::new(&stored.model_mapping) }
}

/// A fallback that says nothing useful is left out; the route itself is none the worse.
fn fallback(stored: &FallbackConfig, found: &mut Vec<Diagnostic>) -> Option<CompiledFallback> {
    let strategy = stored.fallback_strategy.as_deref().unwrap_or("RAND");
    let on = |class: &str| stored.response_codes.iter().any(|code| code == class);
    let (on_4xx, on_5xx) = (on("4xx"), on("5xx"));
    let taken = match strategy {
        "RAND" => stored.upstreams.len(),
        // Only the first is ever tried (contract 4.5).
        "SEQ" => 1,
        _ => 0,
    };
    let upstreams: Vec<CompiledUpstream> = stored.upstreams.iter().take(taken).map(|u| upstream(u, 1)).collect();
    if upstreams.is_empty() || !(on_4xx || on_5xx) {
        let cure = "name upstreams, 4xx or 5xx, and the strategy RAND or SEQ";
        found.push(bad("/fallbackConfig", "this fallback never applies", cure));
        return None;
    }
    Some(CompiledFallback { on_4xx, on_5xx, upstreams })
}

/// Absent means the Console's default: three attempts of 120 s each (contract 4.2, 7.6).
fn retry(stored: Option<&ProxyNextUpstream>) -> Option<RetryPolicy> {
    let default = RetryPolicy {
        attempts: 3,
        per_try_timeout: Some(Duration::from_mins(2)),
        on_5xx: true,
        non_idempotent: true,
        statuses: Vec::new(),
    };
    let Some(stored) = stored else { return Some(default) };
    let has = |name: &str| stored.conditions.iter().any(|c| c == name);
    if !stored.enabled || stored.attempts == Some(0) || has("off") {
        return None;
    }
    // nginx's names, as the Ingress annotation takes them.
    let statuses: Vec<u16> = stored.conditions.iter().filter_map(|c| c.strip_prefix("http_")?.parse().ok()).collect();
    Some(RetryPolicy {
        attempts: stored.attempts.unwrap_or(default.attempts),
        per_try_timeout: match stored.timeout {
            None => default.per_try_timeout,
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
        },
        // Without any of the others, too: Envoy always gets `5xx`.
        on_5xx: statuses.is_empty() || ["error", "timeout", "invalid_header"].iter().any(|name| has(name)),
        non_idempotent: has("non_idempotent"),
        statuses,
    })
}

fn bad(pointer: impl Into<String>, what: impl Into<String>, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::ValidationFailed, pointer, what).hint(cure)
}

fn bad_test(why: &NotCompiled, pointer: &str) -> Diagnostic {
    match why {
        NotCompiled::Pattern => {
            bad(format!("{pointer}/matchValue"), "this is not a regular expression that can be used", "use EQUAL or PRE")
        }
        NotCompiled::Kind(kind) => {
            bad(format!("{pointer}/matchType"), format!("agm does not know the comparison `{kind}`"), "use EQUAL or PRE")
        }
    }
}
