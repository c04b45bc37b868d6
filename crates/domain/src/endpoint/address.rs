//! The address that a stored provider names, in one of the ways Higress knows.

use serde_json::{Map, Value};
use url::{Host, Url};

use super::{Destination, Scheme};
use crate::base_url::is_ipv4;
use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// A URL's parts, with its text as the path: nothing is normalised here, because the stored object keeps Higress's meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) destination: Destination,
    /// Without a trailing slash.
    pub(super) path: String,
    pub(super) query: Option<String>,
}

impl Address {
    /// Reads a stored URL.
    pub(super) fn parse(text: &str, pointer: &str) -> Result<Self, Diagnostic> {
        let hint = "give a full address like https://api.example.com/v1";
        let bad = |what: String| Diagnostic::hard(Code::ValidationFailed, pointer, what).hint(hint);
        let url = Url::parse(text.trim()).map_err(|e| bad(format!("this is not a URL: {e}")))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(bad(format!("`{other}` addresses cannot be called"))),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => return Err(bad("the URL names no host".to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("the URL holds a user name or password".to_owned()));
        }
        let port = url.port().unwrap_or(scheme.default_port());
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Self { destination: Destination { scheme, host, port }, path, query: url.query().map(str::to_owned) })
    }

    /// Reads a bare host, perhaps with a port.
    pub(super) fn of_domain(text: &str, pointer: &str) -> Result<Self, Diagnostic> {
        let text = text.trim();
        let found = Self::parse(&format!("https://{text}"), pointer)?;
        if text.contains('/') || found.query.is_some() {
            let what = "this is more than a host name";
            return Err(Diagnostic::hard(Code::ValidationFailed, pointer, what).hint("leave out scheme and path"));
        }
        Ok(found)
    }

    /// Reads host and port. The port may be a numeric string (contract 3.3).
    pub(super) fn of_host_port(raw: &Map<String, Value>, host: &str, port: &str) -> Result<Self, Diagnostic> {
        let pointer = |name: &str| format!("/rawConfigs/{name}");
        let missing =
            |name: &str, what: &str| Diagnostic::hard(Code::ValidationFailed, pointer(name), what).hint("give host and port of the server");
        let name = raw.get(host).and_then(Value::as_str).map(str::trim).filter(|h| !h.is_empty());
        let name = name.ok_or_else(|| missing(host, "the host is missing"))?;
        let number = match raw.get(port) {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
        let number = number.ok_or_else(|| missing(port, "the port is missing or not between 1 and 65535"))?;
        let name = if name.contains(':') && !name.starts_with('[') { format!("[{name}]") } else { name.to_owned() };
        Self::parse(&format!("http://{name}:{number}"), &pointer(host))
    }

    /// Reads further addresses, which may differ from this one in host and port only, and only where all are IPv4 (contract 3.3).
    pub(super) fn further(&self, stored: Option<&Value>, pointer: &str, found: &mut Vec<Diagnostic>) -> Vec<Destination> {
        let mut all = Vec::new();
        for (i, text) in stored.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let pointer = format!("{pointer}/{i}");
            match Self::parse(text.as_str().unwrap_or_default(), &pointer) {
                Ok(other) if self.may_go_with(&other) => all.push(other.destination),
                Ok(_) => found.push(
                    Diagnostic::hard(Code::ValidationFailed, pointer, "this address does not fit the first one")
                        .hint("several addresses must be IPv4, with the same scheme and path"),
                ),
                Err(bad) => found.push(bad),
            }
        }
        all
    }

    fn may_go_with(&self, other: &Self) -> bool {
        is_ipv4(&self.destination.host)
            && is_ipv4(&other.destination.host)
            && self.destination.scheme == other.destination.scheme
            && self.path == other.path
    }
}
