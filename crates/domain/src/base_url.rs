//! A base URL as people paste it, made into the one form that is stored and shown.

use core::net::IpAddr;
use std::fmt;

use url::{Host, Url};

use crate::api::Api;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::provider_type::{ProviderType, StoredAs};

/// What kind of base URL a type wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The part in front of `/chat/completions`: usually it ends in `/v1`, which is added where no path is given.
    OpenAi,
    /// The part in front of `/v1/messages`: without `/v1`.
    Root,
    /// An Azure OpenAI address in one of its three forms, with `api-version` in the query.
    Azure,
}

/// A full base URL: scheme, host, path; no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl Kind {
    /// The kind that a type wants.
    pub fn of(kind: &ProviderType) -> Self {
        match kind.stored_as {
            StoredAs::Url("azureServiceUrl") => Self::Azure,
            StoredAs::Url("claudeCustomUrl") => Self::Root,
            _ => Self::OpenAi,
        }
    }
}

impl BaseUrl {
    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The path without a trailing slash; empty where there is none.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        f.write_str(if self.0.query().is_none() { text.trim_end_matches('/') } else { text })
    }
}

/// Makes `text` a full base URL: a missing scheme is added (https; http for IP addresses and names without a dot), the path of an API is cut
/// off, and where nothing is left in front of it, OpenAI's `/v1` is taken. Normalising twice changes nothing.
pub fn normalise(text: &str, kind: Kind) -> Result<BaseUrl, Diagnostic> {
    let mut url = parse(text.trim())?;
    if kind == Kind::Azure {
        return azure(url);
    }
    if url.query().is_some() {
        return Err(bad("a base URL has no query", "leave out everything from the `?` on"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match kind {
        Kind::Root => before_v1(&path),
        _ if path.is_empty() => "/v1",
        // With nothing in front of the API's name the whole path is kept: Higress then uses it as it is (contract 7.8).
        _ => without_api(&path).unwrap_or(&path),
    };
    url.set_path(path);
    Ok(BaseUrl(url))
}

fn parse(text: &str) -> Result<Url, Diagnostic> {
    let hint = "give an address like https://api.example.com/v1";
    if text.is_empty() {
        return Err(bad("the base URL is empty", hint));
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("{}://{text}", scheme_for(text)) };
    let url = Url::parse(&with_scheme).map_err(|e| bad(&format!("this is not a URL: {e}"), hint))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https addresses can be called", hint));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("a base URL holds no user name or password", "give the key as the provider's key"));
    }
    if url.fragment().is_some() {
        return Err(bad("a base URL has no `#` part", "leave out everything from the `#` on"));
    }
    if url.path().contains("//") {
        return Err(bad("the path has an empty part", "write single slashes"));
    }
    Ok(url)
}

/// Servers at an IP address or under a name without a dot are on this machine or network, where TLS is the exception.
fn scheme_for(text: &str) -> &'static str {
    let local = Url::parse(&format!("http://{text}")).ok().is_some_and(|url| match url.host() {
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    });
    if local { "http" } else { "https" }
}

/// The path in front of an API's name; `None` where nothing would be left. A path that does not end in an API's name is left alone.
fn without_api(path: &str) -> Option<&str> {
    let cut = Api::ALL
        .iter()
        .filter_map(|api| path.strip_suffix(api.name())?.strip_suffix('/'))
        // `chat/completions` before `completions`.
        .min_by_key(|rest| rest.len());
    match cut {
        None => Some(path),
        Some(rest) => {
            let rest = rest.trim_end_matches('/');
            if rest.is_empty() { None } else { without_api(rest).or(Some(rest)) }
        }
    }
}

/// The path in front of `/v1/…`.
fn before_v1(path: &str) -> &str {
    let shorter = path.strip_suffix("/v1").or_else(|| match without_api(path) {
        None => Some(""),
        Some(rest) => (rest.len() < path.len()).then_some(rest),
    });
    shorter.map_or(path, before_v1)
}

fn azure(url: Url) -> Result<BaseUrl, Diagnostic> {
    // The Console insists on it (contract 3.3).
    if url.query_pairs().any(|(name, value)| name == "api-version" && !value.is_empty()) {
        return Ok(BaseUrl(url));
    }
    Err(bad("an Azure address names its API version", "add for example ?api-version=2024-10-21"))
}

/// Whether the host is an IPv4 address: only those may have further addresses (contract 3.3).
pub(crate) fn is_ipv4(host: &str) -> bool {
    matches!(host.parse(), Ok(IpAddr::V4(_)))
}

fn bad(what: &str, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::ValidationFailed, "/baseUrl", what).hint(cure)
}

#[cfg(test)]
mod tests;
