//! What a route asks of a request, compiled.

use regex::{Regex, RegexBuilder};

use super::{Ask, Reason};
use crate::route::MatchType;

/// The largest compiled form of a pattern: foreign objects must not make us slow or big.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A comparison with a text.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// The whole text.
    Equal(Box<str>),
    /// How it begins.
    Prefix(Box<str>),
    /// The whole text, by a pattern.
    Regular(Regex),
}

/// A path, as an Ingress means it.
#[derive(Clone, Debug)]
pub(super) enum PathTest {
    /// This path.
    Exact(Box<str>, Case),
    /// This path and what lies below it, segment by segment; without a trailing slash, so that `/` is empty.
    Prefix(Box<str>, Case),
    /// A pattern over the whole path.
    Regular(Regex),
}

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// They do. Paths by default.
    Sensitive,
    /// They do not: `text` is kept in lower case (ASCII).
    Ignored,
}

/// Which virtual host a route belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum HostKey {
    /// One name.
    Exact(Box<str>),
    /// Every name that ends in `.` and this.
    Wildcard(Box<str>),
    /// Every host that has no route of its own.
    Any,
}

/// Everything a route asks of a request.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pub(super) hosts: Vec<HostKey>,
    pub(super) path: PathTest,
    /// One of them must hold. Empty: every request, also one that names no model.
    pub(super) models: Vec<Test>,
    /// All must hold. Names are lower-case.
    pub(super) headers: Vec<(Box<str>, Test)>,
    /// All must hold.
    pub(super) queries: Vec<(Box<str>, Test)>,
}

/// Why a predicate is none.
pub(super) enum NotCompiled {
    /// Its regular expression is not one that can be used.
    Pattern,
    /// It compares in a way that agm does not know.
    Kind(String),
}

impl Test {
    /// Compiles a predicate.
    pub(super) fn new(kind: &MatchType, value: &str) -> Result<Self, NotCompiled> {
        Ok(match kind {
            MatchType::Equal => Self::Equal(value.into()),
            MatchType::Prefix => Self::Prefix(value.into()),
            MatchType::Regular => Self::Regular(pattern(value, Case::Sensitive)?),
            MatchType::Foreign(kind) => return Err(NotCompiled::Kind(kind.clone())),
        })
    }

    /// Whether it holds.
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            Self::Equal(value) => **value == *text,
            Self::Prefix(value) => text.starts_with(&**value),
            Self::Regular(pattern) => pattern.is_match(text),
        }
    }
}

impl PathTest {
    /// Compiles a path predicate. `EQUAL` and `REGULAR` are refused by the Console (contract 4.2), but found in foreign objects.
    pub(super) fn new(kind: &MatchType, value: &str, case: Case) -> Result<Self, NotCompiled> {
        let text = || case.fold(value).into_owned();
        Ok(match kind {
            MatchType::Equal => Self::Exact(text().into(), case),
            MatchType::Prefix => Self::Prefix(text().trim_end_matches('/').into(), case),
            MatchType::Regular => Self::Regular(pattern(value, case)?),
            MatchType::Foreign(kind) => return Err(NotCompiled::Kind(kind.clone())),
        })
    }

    /// Whether it holds.
    pub(super) fn holds(&self, path: &str) -> bool {
        match self {
            Self::Exact(value, case) => case.fold(path) == **value,
            Self::Prefix(value, case) => {
                value.is_empty() || case.fold(path).strip_prefix(&**value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Regular(pattern) => pattern.is_match(path),
        }
    }
}

impl Case {
    /// `text` in the form in which it is compared.
    pub(super) fn fold(self, text: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Ignored if text.bytes().any(|b| b.is_ascii_uppercase()) => text.to_ascii_lowercase().into(),
            _ => text.into(),
        }
    }
}

impl HostKey {
    /// Reads a domain of a route.
    pub(super) fn new(domain: &str) -> Self {
        let domain = domain.trim().to_ascii_lowercase();
        match domain.strip_prefix("*.") {
            _ if domain == "*" => Self::Any,
            Some(rest) => Self::Wildcard(rest.into()),
            None => Self::Exact(domain.into()),
        }
    }
}

impl Conditions {
    /// Why the route does not take the request; `None` when it does. The virtual host is not looked at.
    pub(super) fn refuses(&self, ask: &Ask<'_>) -> Option<Reason> {
        if !self.path.holds(ask.path) {
            return Some(Reason::Path);
        }
        if !self.models.is_empty() {
            match ask.model {
                None => return Some(Reason::NoModel),
                Some(model) if !self.models.iter().any(|test| test.holds(model)) => return Some(Reason::Model),
                Some(_) => {}
            }
        }
        self.refuses_headers(ask)
    }

    /// The same for headers and query alone.
    pub(super) fn refuses_headers(&self, ask: &Ask<'_>) -> Option<Reason> {
        let lacks = |value: Option<&str>, test: &Test| value.is_none_or(|value| !test.holds(value));
        if let Some((name, _)) = self.headers.iter().find(|(name, test)| lacks((ask.headers)(name), test)) {
            return Some(Reason::Header(name.to_string()));
        }
        let missing = self.queries.iter().find(|(name, test)| lacks(ask.query_value(name), test));
        missing.map(|(name, _)| Reason::Query(name.to_string()))
    }
}

/// A pattern over a whole text, as Envoy matches it. Linear in the length of the text.
fn pattern(text: &str, case: Case) -> Result<Regex, NotCompiled> {
    RegexBuilder::new(&format!(r"\A(?:{text})\z"))
        .case_insensitive(case == Case::Ignored)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|_| NotCompiled::Pattern)
}
