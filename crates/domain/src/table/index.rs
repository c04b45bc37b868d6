//! The index: host → path → model → first exact header or query. What it finds is the route of the lowest rank, that is, the first in order
//! of precedence, and how long that takes does not depend on how many routes there are.

use std::collections::HashMap;

use super::conditions::{Case, Conditions, HostKey, PathTest, Test};
use super::{Ask, MAX_HOST};

/// A route's place in the order of precedence.
pub(super) type Rank = u32;

/// The virtual hosts.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact: HashMap<Box<str>, Host>,
    /// By what follows the `*.`.
    wildcards: HashMap<Box<str>, Host>,
    others: Host,
}

/// One virtual host.
#[derive(Debug, Default)]
struct Host {
    exact: HashMap<Box<str>, Bucket>,
    exact_any_case: HashMap<Box<str>, Bucket>,
    prefixes: Node,
    prefixes_any_case: Option<Node>,
    /// Routes with a pattern for a path, by rank. Only foreign objects have them.
    patterns: Vec<Rank>,
}

/// A segment of a path prefix.
#[derive(Debug, Default)]
struct Node {
    here: Bucket,
    below: HashMap<Box<str>, Node>,
}

/// Routes with the same path.
#[derive(Debug, Default)]
struct Bucket {
    any_model: Slot,
    models: HashMap<Box<str>, Slot>,
    /// By the length of the prefix, because only prefixes of the model can match.
    model_prefixes: Vec<(usize, HashMap<Box<str>, Slot>)>,
    /// Routes with a pattern for a model, by rank. Only foreign objects have them.
    model_patterns: Vec<Rank>,
}

/// Routes with the same path and model.
#[derive(Debug, Default)]
struct Slot {
    /// The first route that asks for nothing more. All later ones without conditions are never reached.
    plain: Option<Rank>,
    /// Routes that ask for an exact header or query value, by the first such.
    keyed: Vec<(Key, ByValue)>,
    /// The other routes with conditions, by rank.
    rest: Vec<Rank>,
}

/// Routes by the value they ask for.
type ByValue = HashMap<Box<str>, Vec<Rank>>;

#[derive(Debug, PartialEq, Eq)]
enum Key {
    Header(Box<str>),
    Query(Box<str>),
}

impl Index {
    /// Indexes routes, given in the order of precedence.
    pub(super) fn new(routes: &[Conditions]) -> Self {
        let mut index = Self::default();
        for (rank, conditions) in (0..).zip(routes) {
            for key in &conditions.hosts {
                let host = match key {
                    HostKey::Exact(name) => index.exact.entry(name.clone()).or_default(),
                    HostKey::Wildcard(rest) => index.wildcards.entry(rest.clone()).or_default(),
                    HostKey::Any => &mut index.others,
                };
                host.insert(rank, conditions);
            }
        }
        index
    }

    /// The route that takes the request.
    pub(super) fn find(&self, ask: &Ask<'_>, routes: &[Conditions]) -> Option<Rank> {
        let mut search = Search { ask, routes, best: None };
        self.virtual_host(ask.host).1.search(&mut search);
        search.best
    }

    /// Which virtual host answers for this host.
    pub(super) fn host_key(&self, host: &str) -> HostKey {
        match self.virtual_host(host).0 {
            None => HostKey::Any,
            Some(name) if name.len() == host.len() => HostKey::Exact(name.into()),
            Some(rest) => HostKey::Wildcard(rest.into()),
        }
    }

    /// The exact name, then the longest wildcard, then the one for all others. There is no falling through from one to the next (contract
    /// 4.6). The text is the part of `host` by which it was found.
    fn virtual_host<'a>(&self, host: &'a str) -> (Option<&'a str>, &Host) {
        if let Some(found) = self.exact.get(host) {
            return (Some(host), found);
        }
        // Longer is not a host name, and looking up every end of it would take quadratic time.
        if !self.wildcards.is_empty() && host.len() <= MAX_HOST {
            let ends = host.match_indices('.').filter(|(at, _)| *at > 0).map(|(at, _)| &host[at + 1..]);
            for rest in ends {
                if let Some(found) = self.wildcards.get(rest) {
                    return (Some(rest), found);
                }
            }
        }
        (None, &self.others)
    }
}

impl Host {
    fn insert(&mut self, rank: Rank, conditions: &Conditions) {
        let bucket = match &conditions.path {
            PathTest::Exact(path, Case::Sensitive) => self.exact.entry(path.clone()).or_default(),
            PathTest::Exact(path, Case::Ignored) => self.exact_any_case.entry(path.clone()).or_default(),
            PathTest::Prefix(path, Case::Sensitive) => self.prefixes.at(path),
            PathTest::Prefix(path, Case::Ignored) => self.prefixes_any_case.get_or_insert_default().at(path),
            PathTest::Regular(_) => return self.patterns.push(rank),
        };
        bucket.insert(rank, conditions);
    }

    fn search(&self, search: &mut Search<'_, '_>) {
        let path = search.ask.path;
        if let Some(bucket) = self.exact.get(path) {
            bucket.search(search);
        }
        self.prefixes.search(path, search);
        if !self.exact_any_case.is_empty() || self.prefixes_any_case.is_some() {
            let path = Case::Ignored.fold(path);
            if let Some(bucket) = self.exact_any_case.get(&*path) {
                bucket.search(search);
            }
            if let Some(node) = &self.prefixes_any_case {
                node.search(&path, search);
            }
        }
        search.try_each(&self.patterns, |conditions, ask| conditions.refuses(ask).is_none());
    }
}

impl Node {
    /// The bucket of a path prefix (`/v1/chat`; empty for the root).
    fn at(&mut self, path: &str) -> &mut Bucket {
        let mut node = self;
        for segment in path.split('/').skip(1) {
            node = node.below.entry(segment.into()).or_default();
        }
        &mut node.here
    }

    /// Searches every prefix of the path.
    fn search(&self, path: &str, search: &mut Search<'_, '_>) {
        self.here.search(search);
        if !path.starts_with('/') {
            return;
        }
        let mut node = self;
        for segment in path.split('/').skip(1) {
            let Some(next) = node.below.get(segment) else { return };
            next.here.search(search);
            node = next;
        }
    }
}

impl Bucket {
    fn insert(&mut self, rank: Rank, conditions: &Conditions) {
        if conditions.models.is_empty() {
            self.any_model.insert(rank, conditions);
        }
        for model in &conditions.models {
            match model {
                Test::Equal(id) => self.models.entry(id.clone()).or_default().insert(rank, conditions),
                Test::Prefix(prefix) => self.prefixed(prefix.len()).entry(prefix.clone()).or_default().insert(rank, conditions),
                Test::Regular(_) => self.model_patterns.push(rank),
            }
        }
    }

    fn prefixed(&mut self, len: usize) -> &mut HashMap<Box<str>, Slot> {
        let at = match self.model_prefixes.binary_search_by_key(&len, |(len, _)| *len) {
            Ok(at) => at,
            Err(at) => {
                self.model_prefixes.insert(at, (len, HashMap::new()));
                at
            }
        };
        &mut self.model_prefixes[at].1
    }

    fn search(&self, search: &mut Search<'_, '_>) {
        if let Some(model) = search.ask.model {
            if let Some(slot) = self.models.get(model) {
                slot.search(search);
            }
            for (len, slots) in &self.model_prefixes {
                // Lengths ascend: none of the rest fits into the model either.
                if *len > model.len() {
                    break;
                }
                if let Some(slot) = model.get(..*len).and_then(|prefix| slots.get(prefix)) {
                    slot.search(search);
                }
            }
            search.try_each(&self.model_patterns, |conditions, ask| conditions.refuses(ask).is_none());
        }
        self.any_model.search(search);
    }
}

impl Slot {
    fn insert(&mut self, rank: Rank, conditions: &Conditions) {
        if conditions.headers.is_empty() && conditions.queries.is_empty() {
            self.plain.get_or_insert(rank);
            return;
        }
        let Some((key, value)) = first_exact(conditions) else { return self.rest.push(rank) };
        let at = self.keyed.iter().position(|(other, _)| *other == key).unwrap_or_else(|| {
            self.keyed.push((key, HashMap::new()));
            self.keyed.len() - 1
        });
        self.keyed[at].1.entry(value.into()).or_default().push(rank);
    }

    fn search(&self, search: &mut Search<'_, '_>) {
        let holds = |conditions: &Conditions, ask: &Ask<'_>| conditions.refuses_headers(ask).is_none();
        search.try_each(self.plain.as_slice(), |_, _| true);
        for (key, values) in &self.keyed {
            let value = match key {
                Key::Header(name) => (search.ask.headers)(name),
                Key::Query(name) => search.ask.query_value(name),
            };
            if let Some(ranks) = value.and_then(|value| values.get(value)) {
                search.try_each(ranks, holds);
            }
        }
        search.try_each(&self.rest, holds);
    }
}

fn first_exact(conditions: &Conditions) -> Option<(Key, &str)> {
    let header = conditions.headers.iter().find_map(|(name, test)| match test {
        Test::Equal(value) => Some((Key::Header(name.clone()), &**value)),
        _ => None,
    });
    header.or_else(|| {
        conditions.queries.iter().find_map(|(name, test)| match test {
            Test::Equal(value) => Some((Key::Query(name.clone()), &**value)),
            _ => None,
        })
    })
}

/// A search under way.
struct Search<'s, 'a> {
    ask: &'s Ask<'a>,
    routes: &'s [Conditions],
    best: Option<Rank>,
}

impl Search<'_, '_> {
    /// Takes the first of the routes (by ascending rank) that holds, if it comes before the best so far.
    fn try_each(&mut self, ranks: &[Rank], holds: impl Fn(&Conditions, &Ask<'_>) -> bool) {
        for &rank in ranks {
            if self.best.is_some_and(|best| best <= rank) {
                return;
            }
            if holds(&self.routes[rank as usize], self.ask) {
                self.best = Some(rank);
                return;
            }
        }
    }
}
