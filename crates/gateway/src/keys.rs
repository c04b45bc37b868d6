//! Consumers and their keys: who a request comes from.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use agm_domain::code::Code;
use agm_domain::consumer::{Consumer, KeySource};
use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

/// The consumer of requests without authentication, as Higress names it in its statistics (Console contract 5.3).
pub(crate) const NOBODY: &str = "none";

/// Our addition: the header in which Anthropic's clients send their key.
pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Every key, by its hash: looking one up says nothing about the others, not even by the time it takes.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_hash: HashMap<[u8; 32], Vec<(Place, usize)>>,
    headers: Vec<HeaderName>,
    queries: Vec<String>,
    consumers: Vec<Caller>,
}

/// A consumer.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Its name.
    pub name: Arc<str>,
    /// Its requests being answered now; lives on when the configuration changes.
    pub in_flight: Arc<AtomicU32>,
}

/// Where a key is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Bearer,
    Header(usize),
    Query(usize),
}

/// Whose key a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Nobody's: there is none.
    Absent,
    /// A key that nobody has.
    Unknown,
    /// This consumer's.
    Known(usize),
}

/// One running request of a consumer.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<AtomicU32>);

impl Keys {
    /// Reads the consumers. `gauge` gives each its counter. A key that cannot be looked for is reported.
    pub(crate) fn new(document: &Document, gauge: &mut dyn FnMut(&str) -> Arc<AtomicU32>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut keys = Self::default();
        keys.consumers.push(Caller { name: NOBODY.into(), in_flight: gauge(NOBODY) });
        for consumer in document.consumers.values() {
            let name = consumer.name.as_str();
            keys.consumers.push(Caller { name: name.into(), in_flight: gauge(name) });
            keys.add(consumer, keys.consumers.len() - 1, diagnostics);
        }
        keys
    }

    fn add(&mut self, consumer: &Consumer, index: usize, diagnostics: &mut Vec<Diagnostic>) {
        let Some(credential) = consumer.key_auth() else { return };
        let name = credential.key.as_deref().unwrap_or_default();
        let place = match &credential.source {
            KeySource::Bearer => Place::Bearer,
            KeySource::Header => {
                let Ok(name) = HeaderName::try_from(name) else {
                    let pointer = format!("/consumers/{}/credentials", consumer.name);
                    let message = "the header of this key has a name that no header can have";
                    let found = Diagnostic::policy(Code::ValidationFailed, pointer, message);
                    diagnostics.push(found.hint("use letters, digits and `-`"));
                    return;
                };
                Place::Header(position(&mut self.headers, name))
            }
            KeySource::Query => Place::Query(position(&mut self.queries, name.to_owned())),
            KeySource::Foreign(place) => {
                let pointer = format!("/consumers/{}/credentials", consumer.name);
                let message = format!("nobody looks for a key in `{place}`");
                diagnostics.push(Diagnostic::policy(Code::ValidationFailed, pointer, message).hint("use `BEARER`, `HEADER` or `QUERY`"));
                return;
            }
        };
        for value in credential.values.iter().filter(|v| !v.is_empty()) {
            self.by_hash.entry(hash(value.expose().as_bytes())).or_default().push((place, index));
        }
    }

    /// Looks for a key everywhere a consumer may have one; the first that somebody has counts.
    pub(crate) fn identify(&self, headers: &HeaderMap, query: &str) -> Who {
        let mut who = Who::Absent;
        let mut try_key = |place: Place, key: &[u8]| {
            if key.is_empty() || matches!(who, Who::Known(_)) {
                return;
            }
            who = self.find(place, key).map_or(Who::Unknown, Who::Known);
        };
        if let Some(value) = headers.get(AUTHORIZATION) {
            try_key(Place::Bearer, bearer(value.as_bytes()).unwrap_or_default());
        }
        if let Some(value) = headers.get(X_API_KEY) {
            // As if it were a bearer key; a consumer may also have chosen this header itself, which comes below.
            try_key(Place::Bearer, value.as_bytes());
        }
        for (at, name) in self.headers.iter().enumerate() {
            if let Some(value) = headers.get(name) {
                try_key(Place::Header(at), value.as_bytes());
            }
        }
        for (at, name) in self.queries.iter().enumerate() {
            if let Some(value) = query_value(query, name) {
                try_key(Place::Query(at), &value);
            }
        }
        who
    }

    fn find(&self, place: Place, key: &[u8]) -> Option<usize> {
        self.by_hash.get(&hash(key))?.iter().find(|(at, _)| *at == place).map(|(_, index)| *index)
    }

    /// The consumer of this number; 0 is [`NOBODY`].
    pub(crate) fn caller(&self, index: usize) -> &Caller {
        self.consumers.get(index).unwrap_or(&self.consumers[0])
    }

    /// Headers that may carry a consumer's key, beside `Authorization` and `x-api-key`.
    pub(crate) fn headers(&self) -> &[HeaderName] {
        &self.headers
    }

    /// Query parameters that may carry a consumer's key.
    pub(crate) fn queries(&self) -> &[String] {
        &self.queries
    }
}

impl Who {
    /// The consumer's number; 0 for none.
    pub(crate) fn index(self) -> usize {
        if let Self::Known(index) = self { index } else { 0 }
    }
}

impl InFlight {
    /// Counts one more, unless there are `limit` already.
    pub(crate) fn enter(caller: &Caller, limit: u32) -> Option<Self> {
        let guard = Self(Arc::clone(&caller.in_flight));
        (guard.0.fetch_add(1, Ordering::Relaxed) < limit).then_some(guard)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// SHA-256.
pub(crate) fn hash(text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, text).as_ref());
    out
}

/// The key of `Bearer <key>`.
pub(crate) fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
}

fn position<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|i| *i == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

/// The decoded value of a query parameter.
fn query_value(query: &str, name: &str) -> Option<Vec<u8>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name.as_bytes()).then(|| decode(value))
    })
}

/// The query without the parameters that may carry a key.
pub(crate) fn without_keys(query: &str, names: &[String]) -> String {
    let is_key = |pair: &str| {
        let key = decode(pair.split_once('=').map_or(pair, |(key, _)| key));
        names.iter().any(|n| n.as_bytes() == key)
    };
    query.split('&').filter(|pair| !is_key(pair)).collect::<Vec<_>>().join("&")
}

/// Takes percent signs out of a part of an address.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = |b: &mut std::str::Bytes<'_>| -> Option<u8> {
            let mut ahead = b.clone();
            let high = char::from(ahead.next()?).to_digit(16)?;
            let low = char::from(ahead.next()?).to_digit(16)?;
            *b = ahead;
            u8::try_from(high * 16 + low).ok()
        };
        out.push(match byte {
            b'+' => b' ',
            b'%' => escaped(&mut bytes).unwrap_or(b'%'),
            other => other,
        });
    }
    out
}

#[cfg(test)]
mod tests;
