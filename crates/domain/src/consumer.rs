//! A consumer: an identity with a gateway key, stored as the Console's object (Console contract 5.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::name::ConsumerName;
use crate::provider::null_as_default;
use crate::secret::Secret;

/// The stored consumer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Unique, never changes.
    pub name: ConsumerName,
    /// Its keys. Only the first key-auth credential counts.
    #[serde(default, deserialize_with = "null_as_default")]
    pub credentials: Vec<Credential>,
    /// What the Console has no room for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agm: Option<Map<String, Value>>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A key-auth credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// `key-auth`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where the key is looked for.
    pub source: KeySource,
    /// Header or query parameter name; none for `BEARER`.
    #[serde(default)]
    pub key: Option<String>,
    /// The keys.
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<Secret>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Where a request carries the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeySource {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// A header of the credential's choice.
    Header,
    /// A query parameter of the credential's choice.
    Query,
    /// Another place, that agm keeps and does not know: nobody can call with such a key here.
    #[serde(untagged)]
    Foreign(String),
}

impl Credential {
    fn bearer(values: Vec<Secret>) -> Self {
        Self { kind: "key-auth".to_owned(), source: KeySource::Bearer, key: None, values, rest: Map::new() }
    }
}

impl Consumer {
    /// A consumer with one bearer key.
    pub fn bearer(name: ConsumerName, key: Secret) -> Self {
        Self { credentials: vec![Credential::bearer(vec![key])], ..Self::without_keys(name) }
    }

    /// A consumer that cannot call yet.
    pub fn without_keys(name: ConsumerName) -> Self {
        Self { name, credentials: Vec::new(), agm: None, rest: Map::new() }
    }

    /// The credential that counts.
    pub fn key_auth(&self) -> Option<&Credential> {
        self.credentials.iter().find(|c| c.kind == "key-auth")
    }

    /// The keys this consumer can call with. Of an agent's, the first is the newest.
    pub fn keys(&self) -> &[Secret] {
        self.key_auth().map(|c| c.values.as_slice()).unwrap_or_default()
    }

    /// The first of [`Consumer::keys`].
    pub fn first_key(&self) -> Option<&Secret> {
        self.keys().first()
    }

    /// Gives it these keys in place of those it has.
    pub fn set_keys(&mut self, keys: Vec<Secret>) {
        match self.credentials.iter_mut().find(|c| c.kind == "key-auth") {
            Some(credential) => credential.values = keys,
            None => self.credentials.push(Credential::bearer(keys)),
        }
    }
}
