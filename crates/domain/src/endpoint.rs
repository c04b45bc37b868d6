//! Where and how a stored provider is called: what Higress does with the same object (Console contract 3.3 and 7.8).

use std::sync::Arc;
use std::time::Duration;

use crate::api::Api;
use crate::diagnostic::Diagnostic;
use crate::name::ProviderName;
use crate::provider::Provider;
use crate::provider_type::KeyNeed;
use crate::secret::Secret;

/// How a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// `Authorization: <key>`.
    RawAuthorization,
    /// A header of its own.
    Header(&'static str),
    /// `x-api-key: <key>` and `anthropic-version`.
    Claude,
    /// Not at all.
    None,
}

/// Plain or encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain.
    Http,
    /// TLS.
    Https,
}

/// An address to connect to. A stored key goes nowhere else than to its provider's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Plain or encrypted.
    pub scheme: Scheme,
    /// Name or IP address, lower-case, an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A provider as the data plane calls it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    provider: ProviderName,
    destinations: Vec<Destination>,
    authority: String,
    auth: Auth,
    key: KeyNeed,
    apis: Vec<Api>,
    stream_options: bool,
    models_path: Option<String>,
    first_byte_timeout: Option<Duration>,
}

/// The provider has no such API. The message names the ones it has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider `{provider}` has no {}: it has {}", api.map_or("such API", Api::name), names(apis))]
pub struct UnsupportedApi {
    /// Which provider.
    pub provider: ProviderName,
    /// What was asked for.
    pub api: Option<Api>,
    /// What it has.
    pub apis: Vec<Api>,
}

/// Where and how `provider` is called, or everything that stands in the way.
pub fn resolve(provider: &Provider) -> Result<Endpoint, Vec<Diagnostic>> {
    let _ = provider;
    Err(Vec::new())
}

impl Endpoint {
    /// Whose it is.
    pub fn provider(&self) -> &ProviderName {
        &self.0.provider
    }

    /// Where to connect: the first of [`Endpoint::destinations`].
    pub fn destination(&self) -> &Destination {
        &self.0.destinations[0]
    }

    /// Where to connect, any of them. Never empty.
    pub fn destinations(&self) -> &[Destination] {
        &self.0.destinations
    }

    /// The value of `Host`: host and, where it is not the scheme's own, port.
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// What it can do.
    pub fn apis(&self) -> &[Api] {
        &self.0.apis
    }

    /// Whether it works without a key.
    pub fn key(&self) -> KeyNeed {
        self.0.key
    }

    /// Whether `stream_options.include_usage` may be put into streaming requests.
    pub fn injects_stream_options(&self) -> bool {
        self.0.stream_options
    }

    /// Where the vendor lists its models, if it does.
    pub fn models_path(&self) -> Option<&str> {
        self.0.models_path.as_deref()
    }

    /// How long to wait for the first byte of a streamed answer, where the provider says so.
    pub fn first_byte_timeout(&self) -> Option<Duration> {
        self.0.first_byte_timeout
    }

    /// The path and query to send for what the client called. `api` is what [`Api::detect`] says of the client's path; `model` is the mapped
    /// model, which Azure wants in the path.
    pub fn target(&self, api: Option<Api>, client_path_and_query: &str, model: Option<&str>) -> Result<String, UnsupportedApi> {
        let _ = model;
        match api {
            Some(api) if !self.0.apis.contains(&api) => {
                Err(UnsupportedApi { provider: self.0.provider.clone(), api: Some(api), apis: self.0.apis.clone() })
            }
            _ => Ok(client_path_and_query.to_owned()),
        }
    }

    /// The headers that carry the key, and those that go with it. The names are lower-case.
    pub fn auth_headers(&self, api: Option<Api>, token: Option<&Secret>) -> Vec<(&'static str, Secret)> {
        let _ = (api, self.0.auth);
        token.map(|t| ("authorization", t.clone())).into_iter().collect()
    }
}

fn names(apis: &[Api]) -> String {
    apis.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")
}
