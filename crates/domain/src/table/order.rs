//! Which of two routes that both take a request comes first (Console contract 4.6).

use std::cmp::Reverse;

use super::conditions::{Conditions, PathTest};
use crate::route::AiRoute;

/// The place of a route: the smaller, the earlier. Members are compared in the order in which they stand here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Precedence {
    /// A plain `/` comes after everything else.
    is_catch_all: bool,
    path: PathKind,
    path_len: Reverse<usize>,
    /// A model predicate is a header predicate to Higress, and counts one however many models it lists. There is no method predicate on AI
    /// routes, so methods do not rank.
    headers: Reverse<usize>,
    queries: Reverse<usize>,
    created: Option<Created>,
    name: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PathKind {
    Exact,
    Prefix,
    Regular,
}

/// A time in RFC 3339, UTC: up to the seconds, then nine digits of their fraction. As texts these order as the times do; the whole texts
/// would not, because `Z` comes after `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Created(Box<str>, Box<str>);

impl Precedence {
    pub(super) fn of(route: &AiRoute, conditions: &Conditions) -> Self {
        let headers = conditions.headers.len() + usize::from(!conditions.models.is_empty());
        let queries = conditions.queries.len();
        let (path, path_len) = match &conditions.path {
            PathTest::Exact(value, _) => (PathKind::Exact, value.len()),
            PathTest::Prefix(value, _) => (PathKind::Prefix, value.len()),
            PathTest::Regular(pattern) => (PathKind::Regular, pattern.as_str().len()),
        };
        Self {
            is_catch_all: path == PathKind::Prefix && path_len == 0 && headers == 0 && queries == 0,
            path,
            path_len: Reverse(path_len),
            headers: Reverse(headers),
            queries: Reverse(queries),
            // Absent counts as the oldest: such a route was there before agm.
            created: route.agm.as_ref().and_then(|extra| extra.created_at.as_deref()).map(Created::new),
            name: route.name.as_str().into(),
        }
    }
}

impl Created {
    fn new(text: &str) -> Self {
        let text = text.trim_end_matches(['Z', 'z']);
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        Self(seconds.into(), format!("{fraction:0<9.9}").into())
    }
}
