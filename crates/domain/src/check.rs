//! What may be written: the Console's own rules for routes and consumers, and ours on top.

use std::collections::BTreeSet;

use crate::check_provider::is_sendable;
use crate::code::Code;
use crate::consumer::{Consumer, KeySource};
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::route::{AiRoute, KeyedPredicate, MatchType, ModelPredicate, Upstream};
use crate::secret::Secret;

/// What the Console refuses of a route (contract 4.2), plus null weights and blank names, on which it crashes.
pub fn route_hard(route: &AiRoute, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut wrong = |pointer: &str, message: String| found.push(Diagnostic::hard(Code::ValidationFailed, pointer, message));
    if route.name.as_str().trim().is_empty() {
        wrong("/name", "the route has no name".to_owned());
    }
    if route.path_predicate.as_ref().is_some_and(|p| p.match_type != MatchType::Prefix) {
        wrong("/pathPredicate/matchType", "the path of an AI route is a prefix: `PRE`".to_owned());
    }
    for (index, predicate) in route.header_predicates.iter().enumerate() {
        if predicate.key.eq_ignore_ascii_case("x-higress-llm-model") {
            wrong(
                &format!("/headerPredicates/{index}/key"),
                "`x-higress-llm-model` is set by the gateway: use model predicates".to_owned(),
            );
        }
    }
    for (index, predicate) in route.model_predicates.iter().enumerate() {
        if !matches!(predicate.match_type, MatchType::Equal | MatchType::Prefix) {
            wrong(&format!("/modelPredicates/{index}/matchType"), "a model predicate is `EQUAL` or `PRE`".to_owned());
        }
        if predicate.match_value.is_empty() {
            wrong(&format!("/modelPredicates/{index}/matchValue"), "a model predicate needs a value".to_owned());
        }
    }
    found.extend(keyed(&route.header_predicates, "/headerPredicates"));
    found.extend(keyed(&route.url_param_predicates, "/urlParamPredicates"));
    found.extend(unknown_providers(route, document));
    weights(&route.upstreams, &mut found);
    fallback(route, &mut found);
    found
}

fn keyed(predicates: &[KeyedPredicate], member: &str) -> Vec<Diagnostic> {
    let printable = |text: &str| text.bytes().all(|b| (0x20..0x7f).contains(&b));
    let foreign = predicates.iter().enumerate().filter(|(_, p)| matches!(p.match_type, MatchType::Foreign(_)));
    let foreign = foreign.map(|(index, p)| {
        let message = format!("`{}` is no way to compare: `EQUAL`, `PRE` or `REGULAR`", p.match_type);
        Diagnostic::hard(Code::ValidationFailed, format!("{member}/{index}/matchType"), message)
    });
    let bad = predicates.iter().enumerate().filter(|(_, p)| p.key.is_empty() || !printable(&p.key) || !printable(&p.match_value));
    let bad = bad.map(|(index, _)| {
        Diagnostic::hard(Code::ValidationFailed, format!("{member}/{index}"), "name and value must be printable ASCII, the name not empty")
    });
    bad.chain(foreign).collect()
}

/// The upstreams of a route, those of its fallback too, whose provider does not exist.
pub fn unknown_providers(route: &AiRoute, document: &Document) -> Vec<Diagnostic> {
    let fallback = route.fallback_config.iter().filter(|f| f.enabled).flat_map(|f| f.upstreams.iter().enumerate());
    let places = route.upstreams.iter().enumerate().map(|(index, u)| (format!("/upstreams/{index}/provider"), u));
    let places = places.chain(fallback.map(|(index, u)| (format!("/fallbackConfig/upstreams/{index}/provider"), u)));
    let unknown = places.filter(|(_, u)| !document.providers.contains_key(&u.provider));
    let report = |(pointer, u): (String, &Upstream)| {
        let message = format!("`{}` sends to `{}`, and there is no such provider", route.name, u.provider);
        Diagnostic::hard(Code::UnknownProvider, pointer, message)
            .hint("what goes there is answered with 503: add that provider, or change the route's upstreams")
    };
    unknown.map(report).collect()
}

/// The model predicates of a route that take what another route takes, too, where only the predicates tell the two apart.
pub fn overlaps(route: &AiRoute, other: &AiRoute) -> Vec<Diagnostic> {
    if route.name == other.name || !other.competes(route) {
        return Vec::new();
    }
    let rival = |mine: &ModelPredicate| other.model_predicates.iter().find(|theirs| theirs.overlaps(mine));
    let both = route.model_predicates.iter().enumerate().filter_map(|(index, mine)| Some((index, mine, rival(mine)?)));
    let report = |(index, mine, theirs): (usize, &ModelPredicate, &ModelPredicate)| {
        let message =
            format!("`{}` of `{}` and `{}` of `{}` take the same models", mine.match_value, route.name, theirs.match_value, other.name);
        Diagnostic::policy(Code::PredicatesOverlap, format!("/modelPredicates/{index}"), message)
            .hint("the older route gets them: take the predicate off one of the two")
    };
    both.map(report).collect()
}

fn weights(upstreams: &[Upstream], found: &mut Vec<Diagnostic>) {
    if upstreams.is_empty() {
        found.push(Diagnostic::hard(Code::ValidationFailed, "/upstreams", "a route needs at least one upstream"));
        return;
    }
    let missing: Vec<usize> = upstreams.iter().enumerate().filter(|(_, u)| u.weight.is_none()).map(|(i, _)| i).collect();
    for index in &missing {
        let diagnostic = Diagnostic::hard(Code::ValidationFailed, format!("/upstreams/{index}/weight"), "the weight is missing");
        found.push(diagnostic.hint("give whole percent; all weights add up to 100"));
    }
    let sum: u64 = upstreams.iter().filter_map(|u| u.weight).map(u64::from).sum();
    if missing.is_empty() && sum != 100 {
        found.push(Diagnostic::hard(Code::ValidationFailed, "/upstreams", format!("the weights add up to {sum}, not to 100")));
    }
}

fn fallback(route: &AiRoute, found: &mut Vec<Diagnostic>) {
    let Some(config) = route.fallback_config.as_ref().filter(|f| f.enabled) else { return };
    let mut wrong = |pointer: &str, message: &str| found.push(Diagnostic::hard(Code::ValidationFailed, pointer, message));
    if config.fallback_strategy.as_deref().is_some_and(|s| s != "RAND" && s != "SEQ") {
        wrong("/fallbackConfig/fallbackStrategy", "the strategy is `RAND` or `SEQ`");
    }
    if config.response_codes.is_empty() || config.response_codes.iter().any(|c| c != "4xx" && c != "5xx") {
        wrong("/fallbackConfig/responseCodes", "give `4xx`, `5xx` or both");
    }
    if config.upstreams.is_empty() {
        wrong("/fallbackConfig/upstreams", "fallback needs at least one upstream");
    }
}

/// What our own front ends refuse of a route beyond [`route_hard`]: predicates that overlap another route's, and consumers that do not exist.
pub fn route_policy(route: &AiRoute, document: &Document) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = document.routes.values().flat_map(|rival| overlaps(route, rival)).collect();
    let allowed = route.auth_config.iter().flat_map(|a| &a.allowed_consumers).enumerate();
    for (index, consumer) in allowed.filter(|(_, c)| !document.consumers.contains_key(*c)) {
        let pointer = format!("/authConfig/allowedConsumers/{index}");
        found.push(Diagnostic::policy(Code::ConsumerNotFound, pointer, format!("there is no consumer `{consumer}`")));
    }
    found
}

/// What the Console refuses of a consumer (contract 5.1).
pub fn consumer_hard(consumer: &Consumer, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut wrong = |pointer: &str, message: &str| found.push(Diagnostic::hard(Code::ValidationFailed, pointer, message));
    if consumer.name.as_str().trim().is_empty() {
        wrong("/name", "the consumer has no name");
    }
    let Some(credential) = consumer.key_auth() else {
        wrong("/credentials", "a consumer needs a `key-auth` credential");
        return found;
    };
    if matches!(credential.source, KeySource::Foreign(_)) {
        wrong("/credentials/0/source", "a key comes as `BEARER`, `HEADER` or `QUERY`");
    }
    if credential.source != KeySource::Bearer && credential.key.as_deref().is_none_or(|k| k.trim().is_empty()) {
        wrong("/credentials/0/key", "name the header or query parameter that carries the key");
    }
    if credential.values.is_empty() || credential.values.iter().any(crate::secret::Secret::is_empty) {
        wrong("/credentials/0/values", "a credential needs at least one key");
    }
    let keys: BTreeSet<&str> = credential.values.iter().map(crate::secret::Secret::expose).collect();
    for other in document.consumers.values().filter(|c| c.name != consumer.name) {
        let same_place = |c: &&crate::consumer::Credential| c.source == credential.source && c.key == credential.key;
        let clash = other.key_auth().filter(same_place).is_some_and(|c| c.values.iter().any(|v| keys.contains(v.expose())));
        if clash {
            wrong("/credentials/0/values", &format!("this key already belongs to the consumer `{}`", other.name));
        }
    }
    found
}

/// The fewest characters of a gateway key that somebody gives: it opens the vendors' accounts, and the Manager's opens management.
pub const SHORTEST_KEY: usize = 20;

/// What is wrong with a gateway key that somebody gives for an agent. Keys found in a foreign system are taken as they are.
pub fn given_key(key: &Secret) -> Option<Diagnostic> {
    let wrong = |what: String, cure: &str| Some(Diagnostic::hard(Code::ValidationFailed, "/key", what).hint(cure));
    let text = key.expose();
    if !is_sendable(key) {
        return wrong(
            "this is not a key".to_owned(),
            "a key has no spaces and nothing outside ASCII: paste it again, or leave it out, and one is made",
        );
    }
    if text.len() < SHORTEST_KEY {
        let what = format!("a gateway key has at least {SHORTEST_KEY} characters");
        return wrong(what, "give a longer one, for example of `openssl rand -hex 32`, or leave it out, and one is made");
    }
    None
}

/// Longest model id: longer ones are nobody's and would only fill logs.
const MAX_MODEL: usize = 200;

/// What is wrong with a model id.
pub fn model_id(model: &str) -> Option<Diagnostic> {
    let bad =
        |message: &str| Some(Diagnostic::hard(Code::InvalidModel, "/model", message).hint("give the id exactly as the vendor writes it"));
    if model.trim().is_empty() {
        return bad("the model id is empty");
    }
    if model.len() > MAX_MODEL {
        return bad("the model id is longer than 200 bytes");
    }
    if model.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\\' | '*')) {
        return bad("a model id has no spaces, quotes, backslashes, asterisks or control characters");
    }
    if model.starts_with(crate::name::PROBE_PREFIX) {
        return bad("names beginning with `agm-probe-` belong to agm's own probes");
    }
    None
}

#[cfg(test)]
mod tests;
