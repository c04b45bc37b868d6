//! Where and how a stored provider is called: what Higress does with the same object (Console contract 3.3 and 7.8), and what agm does instead
//! where Higress would convert protocols.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api::Api;
use crate::name::ProviderName;
use crate::provider_type::KeyNeed;
use crate::secret::Secret;

mod address;
mod azure;
mod models;
mod paths;
mod resolve;

pub(crate) use self::models::ModelMapping;
use self::paths::Paths;
pub use self::resolve::resolve;
pub(crate) use self::resolve::{check_address, unknown, unsupported};

/// How a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// `Authorization: <key>`.
    RawAuthorization,
    /// A header of its own.
    Header(&'static str),
    /// `x-api-key: <key>`, with `anthropic-version`.
    Claude,
    /// Not at all.
    None,
}

/// Plain or encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Plain.
    Http,
    /// TLS.
    Https,
}

/// An address to connect to. A stored key goes nowhere else than to its provider's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Never empty.
    destinations: Vec<Destination>,
    authority: String,
    auth: Auth,
    auth_of: &'static [(Api, Auth)],
    claude_version: String,
    key: KeyNeed,
    apis: Vec<Api>,
    paths: Paths,
    models: ModelMapping,
    stream_options: bool,
    models_path: Option<String>,
    first_byte_timeout: Option<Duration>,
}

/// The provider has no such API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider `{provider}` has no API `{api}`, and agm converts between no protocols: it has {}", names(apis))]
pub struct UnsupportedApi {
    /// Which provider.
    pub provider: ProviderName,
    /// What was asked for.
    pub api: Api,
    /// What it has.
    pub apis: Vec<Api>,
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

    /// The base URL, as people read it: where it connects and what stands in front of an API's name.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.destination(), self.0.paths.base())
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

    /// Where the vendor lists its models, if it does. Send [`Endpoint::auth_headers`] of [`Api::Models`] with it.
    pub fn models_path(&self) -> Option<&str> {
        self.0.models_path.as_deref()
    }

    /// How long to wait for the first byte of a streamed answer, where the provider says so.
    pub fn first_byte_timeout(&self) -> Option<Duration> {
        self.0.first_byte_timeout
    }

    /// The model that the vendor is asked for in place of `model`, by the provider's own mapping; `None`: the same. `model` is what the
    /// route's mapping gave.
    pub fn served_model<'a>(&'a self, model: &'a str) -> Option<Cow<'a, str>> {
        self.0.models.target(model)
    }

    /// The path and query to send for what the client called. `api` is what [`Api::detect`] says of the client's path: where it says nothing,
    /// the path goes out as it is (contract 7.2). `model` is the model in its final form, which Azure wants in the path.
    pub fn target(&self, api: Option<Api>, client_path_and_query: &str, model: Option<&str>) -> Result<String, UnsupportedApi> {
        if let Some(api) = api
            && !self.0.apis.contains(&api)
        {
            return Err(UnsupportedApi { provider: self.0.provider.clone(), api, apis: self.0.apis.clone() });
        }
        Ok(self.0.paths.target(api, client_path_and_query, model))
    }

    /// The headers that carry the key, and those that go with it. The names are lower-case. No key, no headers, but `anthropic-version`.
    pub fn auth_headers(&self, api: Option<Api>, token: Option<&Secret>) -> Vec<(&'static str, Secret)> {
        let special = self.0.auth_of.iter().find(|(of, _)| Some(*of) == api).map(|(_, auth)| *auth);
        let auth = special.unwrap_or(self.0.auth);
        let token = token.filter(|token| !token.is_empty());
        let carried = token.and_then(|token| match auth {
            Auth::Bearer => Some(("authorization", bearer(token))),
            Auth::RawAuthorization => Some(("authorization", token.clone())),
            Auth::Header(name) => Some((name, token.clone())),
            Auth::Claude => Some(("x-api-key", token.clone())),
            Auth::None => None,
        });
        let version = (auth == Auth::Claude).then(|| ("anthropic-version", Secret::from(self.0.claude_version.as_str())));
        carried.into_iter().chain(version).collect()
    }
}

/// People paste keys with `Bearer ` in front; Higress does not double it.
fn bearer(token: &Secret) -> Secret {
    if token.expose().starts_with("Bearer ") { token.clone() } else { Secret::from(format!("Bearer {}", token.expose())) }
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where none is given.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Destination {
    /// Host and, where it is not the scheme's own, port; an IPv6 address in brackets.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

fn names(apis: &[Api]) -> String {
    apis.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
