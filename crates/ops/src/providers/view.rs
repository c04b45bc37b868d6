//! A provider as people see it: everything but its keys.

use agm_domain::api::Api;
use agm_domain::check_provider;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::endpoint::{self, Endpoint};
use agm_domain::provider::Provider;
use agm_domain::provider_type::{self, KeyNeed};
use agm_domain::redact::redact;
use agm_gateway::TokenHealth;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::types::key_need;
use crate::agm::Agm;
use crate::time::stamp;

/// A provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderView {
    /// Its name.
    pub name: String,
    /// The type that was chosen.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type as people read it.
    pub type_title: String,
    /// The type as it is stored: `openai` where the chosen one cannot hold the address.
    pub stored_type: String,
    /// What clients speak with it: `openai/v1` or `original`.
    pub protocol: String,
    /// Where the vendor is; empty where that cannot be told.
    pub base_url: String,
    /// Where a chat request goes; absent where it has no chat.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chat_url: Option<String>,
    /// Whether it needs a key: `required`, `optional` or `none`.
    pub key: String,
    /// Its keys, in order.
    pub keys: Vec<KeyView>,
    /// The stored members of its type; secrets masked.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// What is done about keys that fail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub failover: Option<Value>,
    /// What it can do.
    pub apis: Vec<String>,
    /// How the ids of its models begin.
    pub prefixes: Vec<String>,
    /// Whether it owns the default route.
    pub is_default: bool,
    /// The routes that send to it.
    pub routes: Vec<String>,
    /// The agents that are assigned a model of it.
    pub agents: Vec<String>,
    /// The list of its models, if it was fetched.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub models: Option<ListedModels>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<String>,
    /// Changes with every change.
    pub etag: String,
}

/// A key, as far as it may be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyView {
    /// By which it is spoken of.
    pub id: String,
    /// `sk-…a1b2`.
    pub mask: String,
    /// Why the gateway does not use it at the moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub out: Option<OutOfUse>,
}

/// A key that failed too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutOfUse {
    /// RFC 3339, UTC.
    pub since: String,
    /// The status that took it out; 0 when there was no answer.
    pub status: u16,
}

/// A list of models that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedModels {
    /// How many.
    pub count: usize,
    /// RFC 3339, UTC.
    pub fetched_at: String,
}

impl Agm {
    /// What may be seen of `provider`, which is part of `document`.
    pub(super) fn provider_view(&self, document: &Document, provider: &Provider, health: &[TokenHealth]) -> ProviderView {
        let endpoint = endpoint::resolve(provider);
        let kind = provider_type::find(provider.preset());
        let need = endpoint.as_ref().map(Endpoint::key).ok().or(kind.map(|k| k.key)).unwrap_or(KeyNeed::Optional);
        let mut diagnostics = check_provider::check(provider);
        for found in endpoint.as_ref().err().into_iter().flatten() {
            if !diagnostics.contains(found) {
                diagnostics.push(found.clone());
            }
        }
        let named = |text: &str| text.to_owned();
        ProviderView {
            name: provider.name.to_string(),
            kind: provider.preset().to_owned(),
            type_title: kind.map_or(provider.preset(), |k| k.title).to_owned(),
            stored_type: provider.kind.clone(),
            protocol: named(provider.protocol.as_str()),
            base_url: endpoint.as_ref().map(Endpoint::base_url).unwrap_or_default(),
            chat_url: endpoint.as_ref().ok().and_then(chat_url),
            key: named(key_need(need)),
            keys: self.key_views(provider, health),
            fields: masked(provider),
            failover: provider.token_failover_config.as_ref().and_then(|config| serde_json::to_value(config).ok()).map(|v| redact(&v)),
            apis: endpoint.as_ref().map(|e| e.apis().iter().map(ToString::to_string).collect()).unwrap_or_default(),
            prefixes: provider_type::prefixes(provider).iter().map(|p| named(p)).collect(),
            is_default: document.default_owner() == Some(&provider.name),
            routes: document.routes.values().filter(|r| r.uses(&provider.name)).map(|r| r.name.to_string()).collect(),
            agents: document.assignments.iter().filter(|(_, a)| a.provider == provider.name).map(|(id, _)| id.to_string()).collect(),
            models: self.0.lists.known(&provider.name).map(|l| ListedModels { count: l.models.len(), fetched_at: l.at }),
            diagnostics,
            created_at: provider.agm.as_ref().and_then(|extra| extra.created_at.clone()),
            etag: self.etag(provider),
        }
    }

    fn key_views(&self, provider: &Provider, health: &[TokenHealth]) -> Vec<KeyView> {
        let health = |index: usize| health.iter().find(|h| h.provider == provider.name && h.index == index);
        let keys = provider.tokens.iter().enumerate();
        keys.map(|(index, key)| KeyView {
            id: self.key_id(provider.name.as_str(), key.expose()),
            mask: key.mask(),
            out: health(index).and_then(|h| h.out.as_ref()).map(|out| OutOfUse { since: stamp(out.since), status: out.status }),
        })
        .collect()
    }
}

/// Where a chat request goes. Azure has the model in the path.
fn chat_url(endpoint: &Endpoint) -> Option<String> {
    let api = Api::ChatCompletions;
    let target = endpoint.target(Some(api), api.standard_path(), Some("MODEL")).ok()?;
    Some(format!("{}{target}", endpoint.destination()))
}

fn masked(provider: &Provider) -> Map<String, Value> {
    // Judged within the whole object: what a member holds depends on where it stands.
    let shown = serde_json::to_value(provider).map(|value| redact(&value)).unwrap_or_default();
    shown.get("rawConfigs").and_then(Value::as_object).cloned().unwrap_or_default()
}
