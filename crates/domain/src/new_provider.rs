//! A provider as a user asks for it, and what is stored of that.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::base_url::{self, BaseUrl};
use crate::check_provider;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::endpoint;
use crate::name::ProviderName;
use crate::provider::{Protocol, Provider, ProviderExtra, TokenFailoverConfig, null_as_default};
use crate::provider_type::{self, COMMON_FIELDS, Field, FieldKind, KeyNeed, ProviderType, Standalone};
use crate::redact::Redacted;
use crate::secret::Secret;

mod place;

/// A provider to be added. Formatted, it shows no secret.
#[derive(Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NewProvider {
    /// Its name, for good.
    pub name: String,
    /// A type or one of its aliases.
    #[serde(rename = "type")]
    pub kind: String,
    /// The vendor's key, or several.
    #[serde(rename = "apiKey", alias = "apiKeys", deserialize_with = "one_or_many")]
    #[schema(value_type = Vec<String>)]
    pub keys: Vec<Secret>,
    /// Where the vendor is, as people paste it; absent or empty for the type's own.
    pub base_url: Option<String>,
    /// The type's fields.
    #[serde(deserialize_with = "null_as_default")]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// What clients speak with it.
    #[schema(value_type = String)]
    pub protocol: Protocol,
    /// What to do about keys that fail.
    #[schema(value_type = Option<Object>)]
    pub failover: Option<TokenFailoverConfig>,
}

impl fmt::Debug for NewProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewProvider")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("keys", &self.keys)
            .field("base_url", &self.base_url)
            .field("fields", &Redacted(&self.fields))
            .field("protocol", &self.protocol)
            .field("failover", &self.failover)
            .finish()
    }
}

impl NewProvider {
    /// The provider to store, or everything that is wrong with what was asked for. `now` is RFC 3339, UTC.
    pub fn build(&self, now: &str) -> Result<Provider, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let name = ProviderName::parse(&self.name).map_err(|bad| found.push(bad)).ok();
        let kind = self.served_type().map_err(|bad| found.push(bad)).ok();
        self.check_keys(kind, &mut found);
        found.extend(self.failover.iter().flat_map(|f| check_provider::failover(f, "/failover")));
        let fields = kind.map(|kind| self.typed_fields(kind, &mut found));
        let url = kind.and_then(|kind| self.base_url(kind, &mut found));
        let (Some(name), Some(kind), Some(fields), true) = (name, kind, fields, found.is_empty()) else { return Err(found) };

        let mut provider = Provider::new(name, kind.id, self.keys.clone());
        if kind.key == KeyNeed::None {
            // Old clients always send one; it would only lie about.
            provider.tokens.clear();
        }
        provider.protocol.clone_from(&self.protocol);
        provider.token_failover_config.clone_from(&self.failover);
        place::put(&mut provider, kind, url.as_ref(), fields);
        let preset = (provider.kind != kind.id).then(|| kind.id.to_owned());
        provider.agm = Some(ProviderExtra { preset, created_at: Some(now.to_owned()), ..ProviderExtra::default() });
        match endpoint::resolve(&provider) {
            Ok(_) => Ok(provider),
            Err(problems) => Err(problems.into_iter().map(as_asked).collect()),
        }
    }

    fn served_type(&self) -> Result<&'static ProviderType, Diagnostic> {
        let kind = provider_type::find(self.kind.trim()).ok_or_else(|| endpoint::unknown(self.kind.trim()))?;
        match kind.standalone {
            Standalone::Yes => Ok(kind),
            Standalone::No(reason) => Err(endpoint::unsupported(kind.id, reason)),
        }
    }

    fn given_url(&self) -> Option<&str> {
        self.base_url.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    fn base_url(&self, kind: &ProviderType, found: &mut Vec<Diagnostic>) -> Option<BaseUrl> {
        let Some(text) = self.given_url() else {
            if kind.base_url.is_empty() {
                let what = format!("the type `{}` has no address of its own", kind.id);
                found.push(Diagnostic::hard(Code::ValidationFailed, "/baseUrl", what).hint("give the base URL of your endpoint"));
            }
            return None;
        };
        base_url::normalise(text, base_url::Kind::of(kind)).map_err(|bad| found.push(bad)).ok()
    }

    fn check_keys(&self, kind: Option<&ProviderType>, found: &mut Vec<Diagnostic>) {
        let mut bad = |what: &str, cure: String| found.push(Diagnostic::hard(Code::ValidationFailed, "/apiKey", what).hint(cure));
        if self.keys.is_empty()
            && let Some(kind) = kind.filter(|kind| kind.key == KeyNeed::Required)
        {
            bad("the key is missing", format!("give {}", kind.key_hint));
        }
        if self.keys.iter().any(|key| !check_provider::is_sendable(key)) {
            bad("this is not a key", "a key has no spaces, line breaks or other characters outside ASCII: paste it again".to_owned());
        }
        if (1..self.keys.len()).any(|i| self.keys[..i].contains(&self.keys[i])) {
            bad("a key is given twice", "give each key once".to_owned());
        }
    }

    /// The fields as they are stored; those that were not given have their defaults.
    fn typed_fields(&self, kind: &ProviderType, found: &mut Vec<Diagnostic>) -> Map<String, Value> {
        let known = || kind.fields.iter().chain(COMMON_FIELDS);
        for name in self.fields.keys().filter(|name| !known().any(|field| field.name == *name)) {
            let what = format!("the type `{}` has no such field", kind.id);
            let names = known().map(|field| field.name).collect::<Vec<_>>().join(", ");
            found.push(Diagnostic::hard(Code::ValidationFailed, format!("/fields/{name}"), what).hint(format!("its fields are {names}")));
        }
        let mut stored = Map::new();
        for field in known() {
            match field.read(self.fields.get(field.name)) {
                Ok(Some(value)) => drop(stored.insert(field.name.to_owned(), value)),
                Ok(None) => {}
                Err(bad) => found.push(bad),
            }
        }
        stored
    }
}

impl Field {
    /// The value to store for what was given; `None` for nothing.
    pub fn read(&self, given: Option<&Value>) -> Result<Option<Value>, Diagnostic> {
        let bad = |what: String| Diagnostic::hard(Code::ValidationFailed, format!("/fields/{}", self.name), what).hint(self.hint);
        let default = || Value::from(self.default);
        let given = match given {
            None | Some(Value::Null) if self.required => return Err(bad(format!("{} is missing", self.title))),
            None | Some(Value::Null) if self.default.is_empty() => return Ok(None),
            None | Some(Value::Null) => &default(),
            Some(given) => given,
        };
        // A command line has only texts.
        let text = given.as_str().map(str::trim);
        match self.kind {
            FieldKind::Boolean => match given.as_bool().or_else(|| text?.parse().ok()) {
                Some(value) => Ok(Some(value.into())),
                None => Err(bad(format!("{} is true or false", self.title))),
            },
            FieldKind::Integer { min, max } => match given.as_i64().or_else(|| text?.parse().ok()).filter(|n| (min..=max).contains(n)) {
                Some(value) => Ok(Some(value.into())),
                None => Err(bad(format!("{} is a whole number from {min} to {max}", self.title))),
            },
            FieldKind::Text | FieldKind::Secret => match text.filter(|text| !text.is_empty()) {
                Some(value) => Ok(Some(value.into())),
                None => Err(bad(format!("{} is a text", self.title))),
            },
        }
    }
}

/// A finding about the stored object, at the member of the request it came from.
fn as_asked(mut found: Diagnostic) -> Diagnostic {
    if let Some(member) = found.pointer.strip_prefix("/rawConfigs/") {
        let is_address =
            ["Url", "Urls", "Domain", "Host", "Port"].iter().any(|end| member.split('/').next().is_some_and(|m| m.ends_with(end)));
        found.pointer = if is_address { "/baseUrl".to_owned() } else { format!("/fields/{member}") };
    }
    found
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        One(Secret),
        Many(Vec<Secret>),
    }
    Ok(match Option::deserialize(deserializer)? {
        None => Vec::new(),
        // An empty field of a form is no key.
        Some(Keys::One(key)) if key.is_empty() => Vec::new(),
        Some(Keys::One(key)) => vec![key],
        Some(Keys::Many(keys)) => keys,
    })
}

#[cfg(test)]
mod tests;
