//! A provider: an account with an LLM vendor, stored as the Console's object (Console contract 3.2).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::ProviderName;
use crate::redact::Redacted;
use crate::secret::Secret;

/// The stored provider. Formatted, it shows no secret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Unique, never changes.
    pub name: ProviderName,
    /// The Console's type id (`qwen`, `openai`, …); see [`Provider::preset`] for what is shown.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the client speaks.
    #[serde(default)]
    pub protocol: Protocol,
    /// Name of a Console proxy server; kept, not used by the embedded gateway.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proxy_name: Option<String>,
    /// The vendor's API keys. `null` counts as none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tokens: Vec<Secret>,
    /// When to take a key out and how to bring it back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_failover_config: Option<TokenFailoverConfig>,
    /// Members of the vendor's type, and any other ai-proxy key; kept verbatim.
    #[serde(default, deserialize_with = "null_as_default")]
    pub raw_configs: Map<String, Value>,
    /// What the Console has no room for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agm: Option<ProviderExtra>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Our own members of a provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderExtra {
    /// The type the user chose, where the object had to be stored as `openai` with a custom URL. It decides prefixes and what is shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preset: Option<String>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<String>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The protocol clients speak with the provider (Console contract 7.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// OpenAI's.
    #[default]
    #[serde(rename = "openai/v1", alias = "openai")]
    OpenAi,
    /// The vendor's own; bodies are left untouched.
    #[serde(rename = "original")]
    Original,
    /// Another one, that agm keeps and does not know: such a provider cannot be called from here, and nobody can store one (contract 3.2).
    #[serde(untagged)]
    Foreign(String),
}

/// Token failover (Console contract 7.5). Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenFailoverConfig {
    /// Whether failing keys are taken out.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Consecutive failures that take a key out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure_threshold: Option<u32>,
    /// Consecutive successes that bring it back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub success_threshold: Option<u32>,
    /// Milliseconds between health checks of a key that is out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health_check_interval: Option<u64>,
    /// Milliseconds one health check may take.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health_check_timeout: Option<u64>,
    /// The model that health checks ask for; required when enabled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health_check_model: Option<String>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Protocol {
    /// The value as the Console writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::OpenAi => "openai/v1",
            Self::Original => "original",
            Self::Foreign(text) => text,
        }
    }

    /// What is wrong with one that agm does not know.
    pub(crate) fn check(&self) -> Option<Diagnostic> {
        let Self::Foreign(text) = self else { return None };
        let what = format!("agm does not know the protocol `{text}`");
        Some(Diagnostic::hard(Code::ValidationFailed, "/protocol", what).hint("use `openai/v1` or `original`"))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("protocol", &self.protocol)
            .field("proxy_name", &self.proxy_name)
            .field("tokens", &self.tokens)
            .field("token_failover_config", &self.token_failover_config)
            .field("raw_configs", &Redacted(&self.raw_configs))
            .field("agm", &self.agm)
            .field("rest", &Redacted(&self.rest))
            .finish()
    }
}

impl Provider {
    /// A provider with nothing but its name, type and keys.
    pub fn new(name: ProviderName, kind: &str, tokens: Vec<Secret>) -> Self {
        Self {
            name,
            kind: kind.to_owned(),
            protocol: Protocol::OpenAi,
            proxy_name: None,
            tokens,
            token_failover_config: None,
            raw_configs: Map::new(),
            agm: None,
            rest: Map::new(),
        }
    }

    /// The type the user knows it by: the remembered preset, else the stored type.
    pub fn preset(&self) -> &str {
        self.agm.as_ref().and_then(|extra| extra.preset.as_deref()).unwrap_or(&self.kind)
    }
}

/// The Console sends `null` where it means "none".
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
