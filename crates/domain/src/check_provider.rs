//! What may be written of a provider: what the Console refuses (Console contract 3.2, 3.3), and what it lets through although it breaks every
//! route of a Higress gateway (7.5). Whether the embedded gateway can serve it is another question: see [`crate::endpoint::resolve`].

use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::endpoint;
use crate::provider::{Provider, TokenFailoverConfig};
use crate::provider_type::{self, KeyNeed, ProviderType};
use crate::secret::Secret;

/// Everything that is wrong with a stored provider.
pub fn check(provider: &Provider) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let name = provider.name.as_str();
    if name.trim().is_empty() || name.contains('/') {
        found.push(hard("/name", "a provider's name is not blank and has no `/`", "choose another name"));
    }
    match provider_type::find(&provider.kind).filter(|kind| kind.console && kind.id == provider.kind) {
        None => {
            let what = format!("the Console does not support the provider type `{}`", provider.kind);
            let cure = "store it as `openai` with openaiCustomUrl";
            found.push(Diagnostic::hard(Code::ProviderTypeUnsupported, "/type", what).hint(cure));
        }
        Some(kind) => {
            found.extend(endpoint::check_address(kind, &provider.raw_configs));
            found.extend(members(kind, &provider.raw_configs));
            found.extend(tokens(kind, &provider.tokens));
        }
    }
    found.extend(provider.protocol.check());
    found.extend(provider.token_failover_config.iter().flat_map(|config| failover(config, "/tokenFailoverConfig")));
    found
}

/// Whether a key can stand in a header.
pub(crate) fn is_sendable(key: &Secret) -> bool {
    !key.is_empty() && key.expose().bytes().all(|b| b.is_ascii_graphic())
}

/// What is wrong with a failover configuration. Enabled without a model it makes the whole ai-proxy configuration invalid.
pub(crate) fn failover(config: &TokenFailoverConfig, pointer: &str) -> Vec<Diagnostic> {
    if config.enabled != Some(true) {
        return Vec::new();
    }
    let bad =
        |member: &str, what: &str, cure: &str| Diagnostic::policy(Code::ValidationFailed, format!("{pointer}/{member}"), what).hint(cure);
    let mut found = Vec::new();
    if config.health_check_model.as_deref().is_none_or(|model| model.trim().is_empty()) {
        let cure = "name a cheap model of the vendor";
        found.push(bad("healthCheckModel", "failover needs a model for its health checks", cure));
    }
    let zero = [
        ("failureThreshold", config.failure_threshold == Some(0)),
        ("successThreshold", config.success_threshold == Some(0)),
        ("healthCheckInterval", config.health_check_interval == Some(0)),
        ("healthCheckTimeout", config.health_check_timeout == Some(0)),
    ];
    let zero = zero.into_iter().filter(|(_, is_zero)| *is_zero);
    found.extend(zero.map(|(member, _)| bad(member, "zero makes no sense here", "give at least 1, or leave it out")));
    found
}

/// Missing keys pass the Console, and break ai-proxy: refused on our side only.
fn tokens(kind: &ProviderType, tokens: &[Secret]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if kind.key == KeyNeed::Required && tokens.iter().all(Secret::is_empty) {
        let cure = "give at least one; without it a Higress gateway drops the configuration of every provider";
        found.push(Diagnostic::policy(Code::ValidationFailed, "/tokens", "this type needs a key").hint(cure));
    }
    for (i, token) in tokens.iter().enumerate() {
        let pointer = format!("/tokens/{i}");
        if token.expose().starts_with("${") {
            let what = "this key is a reference to a Kubernetes secret";
            let cure = "a Higress gateway follows it, the embedded one cannot";
            found.push(Diagnostic::note(Code::ValidationFailed, pointer, what).hint(cure));
        } else if !token.is_empty() && !is_sendable(token) {
            let cure = "a key has no spaces and nothing outside ASCII: paste it again";
            found.push(Diagnostic::policy(Code::ValidationFailed, pointer, "this is not a key").hint(cure));
        }
    }
    found
}

/// The members of `rawConfigs` that the Console checks, apart from addresses.
fn members(kind: &ProviderType, raw: &Map<String, Value>) -> Vec<Diagnostic> {
    let at = |member: &str| format!("/rawConfigs/{member}");
    let mut found = Vec::new();
    for field in kind.fields.iter().filter(|field| field.required) {
        if raw.get(field.name).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            found.push(hard(at(field.name), format!("{} is missing", field.title), field.hint));
        }
    }
    let mut must = |member: &str, holds: fn(&Value) -> bool, what: &str, cure: &str| {
        if raw.get(member).is_some_and(|value| !value.is_null() && !holds(value)) {
            found.push(hard(at(member), what, cure));
        }
    };
    match kind.id {
        "qwen" => must("qwenFileIds", Value::is_array, "this is a list of file ids", "write a list"),
        "openai" if raw.contains_key("openaiCustomServiceName") => {
            let is_port = |value: &Value| value.as_u64().is_some_and(|port| (1..=65535).contains(&port));
            let cure = "write it as a number, not as a text, which the Console ignores without a word";
            must("openaiCustomServicePort", is_port, "the port is a whole number from 1 to 65535", cure);
        }
        "vertex" => {
            let cure = "paste the JSON file of the service account's key as one text";
            must("vertexAuthKey", is_service_account, "this is not the key of a service account", cure);
            let is_ahead = |value: &Value| value.as_u64().is_some();
            must("vertexTokenRefreshAhead", is_ahead, "this is a number of seconds, not below 0", "correct it, or leave it out");
            let is_setting = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
            must("geminiSafetySetting", is_setting, "this maps categories to thresholds, both texts", "correct it, or leave it out");
        }
        _ => {}
    }
    found
}

fn is_service_account(value: &Value) -> bool {
    let parsed: Option<Map<String, Value>> = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    let has = |member: &&str| parsed.as_ref().is_some_and(|account| account.get(*member).is_some_and(Value::is_string));
    ["client_email", "private_key_id", "private_key", "token_uri"].iter().all(has)
}

fn hard(pointer: impl Into<String>, what: impl Into<String>, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::ValidationFailed, pointer, what).hint(cure)
}

#[cfg(test)]
mod tests;
