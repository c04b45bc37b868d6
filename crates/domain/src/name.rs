//! Names, parsed once.
//!
//! A name that a user types to create something passes [`ProviderName::parse`] or [`WorkerName::parse`]. A name that is already stored, or
//! comes from a foreign system, is taken as it is (`From<String>`): refusing it would make the object unmanageable.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::diagnostic::Diagnostic;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

name!(
    /// The name of a provider.
    ProviderName
);
name!(
    /// The name of a route.
    RouteName
);
name!(
    /// The name of a consumer: `manager` or `worker-<runtimeName>` for agents.
    ConsumerName
);
name!(
    /// The name of a Worker, without the `worker:` in front.
    WorkerName
);

/// Longest route name.
const MAX_ROUTE_LEN: usize = 63;
/// What the API has beside the routes in their place.
const TAKEN: [&str; 3] = ["default", "explain", "repair"];
/// Longest provider or worker name.
const MAX_LEN: usize = 52;

impl ProviderName {
    /// Parses the name of a provider to be created: lower-case letters, digits, `-` and `.`, at most 52 characters, a letter or digit at
    /// both ends, not `default`.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        if text == "default" {
            return Err(bad("/name", "`default` is reserved", "choose another name"));
        }
        let shape = "use lower-case letters, digits, `-` and `.`, at most 52 characters, starting and ending with a letter or digit";
        if is_label(text, |c| c == b'-' || c == b'.') {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad("/name", "this is not a provider name", shape))
        }
    }
}

impl WorkerName {
    /// Parses the name of a Worker to be registered: lower-case letters, digits and `-`, at most 52 characters, a letter or digit at both
    /// ends, not `manager`.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        if text == "manager" {
            return Err(bad("/name", "`manager` is the Manager's name", "choose another name for the Worker"));
        }
        let shape = "use lower-case letters, digits and `-`, at most 52 characters, starting and ending with a letter or digit";
        if is_label(text, |c| c == b'-') { Ok(Self(text.to_owned())) } else { Err(bad("/name", "this is not a worker name", shape)) }
    }
}

impl RouteName {
    /// The route that a provider other than the default owner has: `<provider>-ai-route`, lower-cased because route names become
    /// Kubernetes object names (Console contract 4.2).
    pub fn of_provider(provider: &ProviderName) -> Self {
        Self(format!("{}-ai-route", provider.as_str().to_lowercase()))
    }

    /// The catch-all every installation has.
    pub fn default_route() -> Self {
        Self(DEFAULT_ROUTE.to_owned())
    }

    /// What is wrong with the name of a route to be made: it becomes the name of a Kubernetes object (Console contract 4.2), and a place in
    /// the API, where some names are something else.
    pub fn check(text: &str) -> Option<Diagnostic> {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
        let ends = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if bytes.len() > MAX_ROUTE_LEN || !bytes.iter().all(|c| inner(*c)) || !ends(bytes.first()) || !ends(bytes.last()) {
            let cure = "use lower-case letters, digits, `-` and `.`, at most 63 characters, starting and ending with a letter or digit";
            return Some(bad("/name", "this is not a route name", cure));
        }
        if TAKEN.contains(&text) {
            let what = format!("`{text}` is reserved: it is something else in the API");
            return Some(bad("/name", &what, "choose another name; the default route is called `default-ai-route`"));
        }
        (text == DEFAULT_ROUTE || text.starts_with(PROBE_PREFIX)).then(|| {
            let cure = "the default route comes with the first provider; names beginning with `agm-probe-` belong to agm's probes";
            bad("/name", "this name is reserved", cure)
        })
    }

    /// Whether this is the catch-all.
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT_ROUTE
    }

    /// A change's temporary route; the model that it takes has the same name.
    pub fn probe(id: &str) -> Self {
        Self(format!("{PROBE_PREFIX}{id}"))
    }

    /// Of which change this is a temporary route, if it is one.
    pub fn probe_id(&self) -> Option<&str> {
        self.0.strip_prefix(PROBE_PREFIX)
    }

    /// Whether this is a change's temporary route.
    pub fn is_probe(&self) -> bool {
        self.probe_id().is_some()
    }

    /// Whether this is a temporary route of one of these changes.
    pub fn is_probe_of(&self, ids: &[String]) -> bool {
        self.probe_id().is_some_and(|probe| ids.iter().any(|id| id == probe))
    }
}

/// Name of the default route.
pub const DEFAULT_ROUTE: &str = "default-ai-route";
/// How the names of temporary routes, and of the model they take, begin.
pub const PROBE_PREFIX: &str = "agm-probe-";

fn is_label(text: &str, inner: impl Fn(u8) -> bool) -> bool {
    let alnum = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    match bytes {
        [] => false,
        [only] => alnum(*only),
        [first, middle @ .., last] => {
            bytes.len() <= MAX_LEN && alnum(*first) && alnum(*last) && middle.iter().all(|c| alnum(*c) || inner(*c))
        }
    }
}

fn bad(pointer: &str, what: &str, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::InvalidName, pointer, what).hint(cure)
}

#[cfg(test)]
mod tests;
