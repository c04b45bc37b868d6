//! Changing a provider: what the patch names, and nothing else.

use std::fmt;

use agm_domain::check_provider;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::endpoint;
use agm_domain::new_provider::NewProvider;
use agm_domain::provider::{Protocol, Provider, TokenFailoverConfig};
use agm_domain::provider_type::{self, COMMON_FIELDS};
use agm_domain::redact::{Redacted, redact};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::keys::{KeyChange, KeyTest};
use super::{ProviderView, keeps_destination, key_required, refused_addresses, stored};
use crate::actor::Actor;
use crate::agents::present;
use crate::agm::Agm;
use crate::error::OpError;

/// A change of a provider. What is absent stays as it is, byte for byte. Formatted, it shows no secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProviderPatch {
    /// Where the vendor is, as people paste it. Another scheme, host or port needs the keys again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Fields of the type; `null` removes one.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// What clients speak with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub protocol: Option<Protocol>,
    /// What is done about keys that fail: members to change; `null` removes one, or all of it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    pub failover: Option<Value>,
    /// Its keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeyChange>,
}

impl fmt::Debug for ProviderPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderPatch")
            .field("base_url", &self.base_url)
            .field("fields", &Redacted(&self.fields))
            .field("protocol", &self.protocol)
            .field("failover", &self.failover.as_ref().map(redact))
            .field("keys", &self.keys)
            .finish()
    }
}

/// What became, or would become, of the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderChanged {
    /// The provider.
    pub provider: ProviderView,
    /// How new keys did.
    pub tests: Vec<KeyTest>,
    /// Remarks.
    pub notes: Vec<Diagnostic>,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan, and where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Changes a provider.
    pub async fn edit_provider(
        &self,
        actor: &Actor,
        name: &str,
        patch: ProviderPatch,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<ProviderChanged, OpError> {
        self.acting()?;
        let seen = self.current();
        let before = stored(&seen, name)?.clone();
        self.unchanged(&format!("provider `{name}`"), &before, expected)?;
        let after = self.patched(&before, &patch)?;
        // Vendors are asked before anybody has to wait for us.
        let tests = match &patch.keys {
            Some(keys) if keys.test => self.try_new_keys(&before, &after, keys.model.as_deref()).await,
            _ => Vec::new(),
        };
        let insists = patch.keys.as_ref().is_some_and(|keys| keys.force);
        if let Some(failed) = tests.iter().find(|test| !test.success).filter(|_| !insists) {
            let what = format!("nothing was changed, because the key {} does not work", failed.mask);
            let failure = failed.failure.clone();
            return Err(failure.map_or_else(|| OpError::internal(what.as_str()), |f| f.into_peer_error(&what)));
        }

        let mut writer = self.writer().await;
        let now = stored(writer.base(), name)?;
        if *now != before {
            return Err(changed_meanwhile(name));
        }
        writer.document.providers.insert(before.name.clone(), after.clone());
        let changes = writer.changes();
        let document = writer.document.clone();
        let mut revision = None;
        if !dry_run && !changes.is_empty() {
            let current = writer.commit(actor, format!("provider {name} changed: {}", named(&patch))).await?;
            if patch.base_url.is_some() || patch.keys.is_some() {
                self.forget_list(&before.name);
            }
            let details = json!({ "changed": named(&patch), "revision": current.head.number, "forced": insists });
            self.audit(actor, "provider.edit", name, details).await;
            revision = Some(current.head.number);
        }
        let notes = check_provider::check(&after).into_iter().filter(|found| !found.refuses()).collect();
        let provider = self.provider_view(&document, &after, &self.0.gateway.token_health());
        Ok(ProviderChanged { provider, tests, notes, changes, revision })
    }

    /// The provider after the patch, checked.
    fn patched(&self, before: &Provider, patch: &ProviderPatch) -> Result<Provider, OpError> {
        let mut found = Vec::new();
        let mut after = before.clone();
        if let Some(keys) = &patch.keys {
            match self.changed_keys(before, keys) {
                Ok(keys) => after.tokens = keys,
                Err(bad) => found.extend(bad),
            }
        }
        if let Some(base_url) = &patch.base_url {
            relocate(&mut after, base_url, &mut found);
        }
        set_fields(&mut after, &patch.fields, &mut found);
        if let Some(protocol) = &patch.protocol {
            after.protocol.clone_from(protocol);
        }
        if let Some(failover) = &patch.failover {
            set_failover(&mut after, failover, &mut found);
        }
        // What was wrong before is no reason to refuse another change.
        let known = problems(before);
        found.extend(problems(&after).into_iter().filter(|problem| !known.contains(problem)));
        if !found.is_empty() {
            return Err(OpError::refused(&format!("provider `{}` cannot be changed so", before.name), &found));
        }
        let all_given = patch.keys.as_ref().is_some_and(|keys| keys.replace.is_some());
        if !after.tokens.is_empty() && !all_given && !keeps_destination(before, &after) {
            return Err(key_required(&before.name));
        }
        Ok(after)
    }
}

/// Everything that our front ends refuse of a provider.
fn problems(provider: &Provider) -> Vec<Diagnostic> {
    let mut found: Vec<_> = check_provider::check(provider).into_iter().filter(Diagnostic::refuses).collect();
    found.extend(endpoint::resolve(provider).err().unwrap_or_default());
    found.extend(refused_addresses(provider));
    found
}

/// Members of `rawConfigs` that say where the vendor is.
const ADDRESS: [&str; 14] = [
    "openaiCustomUrl",
    "openaiExtraCustomUrls",
    "vllmCustomUrl",
    "vllmExtraCustomUrls",
    "claudeCustomUrl",
    "azureServiceUrl",
    "ollamaServerHost",
    "ollamaServerPort",
    "qwenDomain",
    "zhipuDomain",
    // Zhipu's coding plan is a path of its own.
    "zhipuCodePlanMode",
    "doubaoDomain",
    "providerDomain",
    "providerBasePath",
];

/// Moves the provider to another address, as if it were added there: only the members that say where it is change, and, where the type
/// cannot hold the address (or can again), the stored type with its own members.
fn relocate(provider: &mut Provider, base_url: &str, found: &mut Vec<Diagnostic>) {
    let Some(kind) = provider_type::find(provider.preset()) else { return };
    let is_field = |name: &str| kind.field(name).is_some();
    let carried = provider.raw_configs.iter().filter(|(name, _)| is_field(name) && !ADDRESS.contains(&name.as_str()));
    let form = NewProvider {
        name: "moved".to_owned(),
        kind: kind.id.to_owned(),
        keys: provider.tokens.clone(),
        base_url: Some(base_url.to_owned()),
        fields: carried.map(|(name, value)| (name.clone(), value.clone())).collect(),
        ..NewProvider::default()
    };
    let built = match form.build("") {
        Ok(built) => built,
        // The keys are judged with the rest.
        Err(bad) => return found.extend(bad.into_iter().filter(|d| d.pointer != "/apiKey")),
    };
    let other_type = built.kind != provider.kind;
    // A field of the type means nothing to another one.
    let moves = |name: &str| ADDRESS.contains(&name) || (other_type && is_field(name));
    provider.raw_configs.retain(|name, _| !moves(name));
    let address = built.raw_configs.into_iter().filter(|(name, _)| other_type || ADDRESS.contains(&name.as_str()));
    provider.raw_configs.extend(address);
    if other_type {
        provider.kind = built.kind;
        provider.agm.get_or_insert_default().preset = built.agm.and_then(|extra| extra.preset);
    }
}

/// Sets and removes fields of the type.
fn set_fields(provider: &mut Provider, fields: &Map<String, Value>, found: &mut Vec<Diagnostic>) {
    let kind = provider_type::find(&provider.kind);
    for (name, value) in fields {
        let field = kind.and_then(|kind| kind.field(name)).or_else(|| COMMON_FIELDS.iter().find(|field| field.name == name));
        let Some(field) = field else {
            let what = format!("a provider of type `{}` at this address has no such field", provider.preset());
            let cure = "`agm provider show` lists the fields that it has";
            found.push(Diagnostic::hard(Code::ValidationFailed, format!("/fields/{name}"), what).hint(cure));
            continue;
        };
        match field.read(Some(value)) {
            Ok(Some(value)) => drop(provider.raw_configs.insert(name.clone(), value)),
            Ok(None) => drop(provider.raw_configs.shift_remove(name)),
            Err(bad) => found.push(bad),
        }
    }
}

/// Merges members into the failover configuration.
fn set_failover(provider: &mut Provider, patch: &Value, found: &mut Vec<Diagnostic>) {
    let Some(members) = patch.as_object() else {
        if patch.is_null() {
            provider.token_failover_config = None;
        } else {
            found.push(Diagnostic::hard(Code::ValidationFailed, "/failover", "this is an object, or null"));
        }
        return;
    };
    let stored = provider.token_failover_config.as_ref().and_then(|config| serde_json::to_value(config).ok());
    let mut merged = stored.and_then(|value| value.as_object().cloned()).unwrap_or_default();
    for (name, value) in members {
        match value {
            Value::Null => drop(merged.shift_remove(name)),
            value => drop(merged.insert(name.clone(), value.clone())),
        }
    }
    if let Ok(config) = serde_json::from_value::<TokenFailoverConfig>(Value::Object(merged)) {
        provider.token_failover_config = Some(config);
    } else {
        // What cannot be read is not repeated: somebody may have put a key in the wrong field.
        let what = "a member of this does not hold what it should";
        found.push(Diagnostic::hard(Code::ValidationFailed, "/failover", what).hint("thresholds are counts, times are milliseconds"));
    }
}

/// What the patch names, for the revision's message.
fn named(patch: &ProviderPatch) -> String {
    let mut parts: Vec<&str> = patch.fields.keys().map(String::as_str).collect();
    let whole = [
        ("base URL", patch.base_url.is_some()),
        ("protocol", patch.protocol.is_some()),
        ("failover", patch.failover.is_some()),
        ("keys", patch.keys.is_some()),
    ];
    parts.extend(whole.into_iter().filter(|(_, given)| *given).map(|(name, _)| name));
    parts.join(", ")
}

fn changed_meanwhile(name: &str) -> OpError {
    let text = format!("provider `{name}` was changed by somebody else at the same time");
    OpError::new(crate::error::Fault::Stale, Code::VersionConflict, text).hint("look at it and repeat the edit")
}
