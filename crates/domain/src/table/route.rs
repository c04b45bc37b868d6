//! A compiled route: what the data plane needs once a request is taken.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::Mapping;
use crate::name::{ConsumerName, ProviderName};
use crate::route::HeaderControl;

/// A route as the data plane uses it.
#[derive(Clone, Debug)]
pub struct CompiledRoute {
    /// Its place in [`super::Table::routes`].
    pub index: usize,
    /// Its name.
    pub name: Arc<str>,
    /// Who may call it; `None`: everybody, without a key.
    pub auth: Option<AllowedSet>,
    /// Where requests go. Never empty; the weights add up to 100.
    pub upstreams: Vec<CompiledUpstream>,
    /// Where they go when that fails.
    pub fallback: Option<CompiledFallback>,
    /// Changes to headers; `None` where there are none to make.
    pub header_control: Option<HeaderControl>,
    /// Retries; `None` for none.
    pub retry: Option<RetryPolicy>,
}

/// The consumers that may call a route. Empty means nobody (contract 5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSet(HashSet<ConsumerName>);

/// One upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledUpstream {
    /// Which provider. It may be one that does not exist (contract 3.6): then the answer is 503.
    pub provider: ProviderName,
    /// Percent of the requests.
    pub weight: u32,
    /// Which model it is asked for.
    pub mapping: Mapping,
}

/// Fallback (contract 4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledFallback {
    /// On 400 to 499.
    pub on_4xx: bool,
    /// On 500 to 599.
    pub on_5xx: bool,
    /// Where to; never empty, all equally likely. `SEQ` leaves only the first.
    pub upstreams: Vec<CompiledUpstream>,
}

/// Retries (contract 7.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often at most after the first try.
    pub attempts: u32,
    /// How long one try may take until its answer begins.
    pub per_try_timeout: Option<Duration>,
    /// On 5xx answers, connections that fail or break, and time-outs.
    pub on_5xx: bool,
    /// Also requests that are not idempotent: every chat is a POST.
    pub non_idempotent: bool,
    /// On these statuses.
    pub statuses: Vec<u16>,
}

impl CompiledRoute {
    /// The upstream for a roll of the dice, 0 to 99.
    pub fn upstream_at(&self, roll: u32) -> &CompiledUpstream {
        let mut left = roll % 100;
        for upstream in &self.upstreams {
            if left < upstream.weight {
                return upstream;
            }
            left -= upstream.weight;
        }
        // Not reached: the weights add up to 100.
        &self.upstreams[0]
    }

    /// Whether this consumer may call it.
    pub fn allows(&self, consumer: &str) -> bool {
        self.auth.as_ref().is_none_or(|allowed| allowed.contains(consumer))
    }
}

impl AllowedSet {
    /// Whether this consumer is among them.
    pub fn contains(&self, consumer: &str) -> bool {
        self.0.contains(consumer)
    }

    /// Every one of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &ConsumerName> {
        self.0.iter()
    }
}

impl FromIterator<ConsumerName> for AllowedSet {
    fn from_iter<I: IntoIterator<Item = ConsumerName>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl CompiledFallback {
    /// Whether an answer of this status is replaced.
    pub fn applies_to(&self, status: u16) -> bool {
        match status / 100 {
            4 => self.on_4xx,
            5 => self.on_5xx,
            _ => false,
        }
    }

    /// The upstream for a roll of the dice.
    pub fn upstream_at(&self, roll: u32) -> &CompiledUpstream {
        &self.upstreams[roll as usize % self.upstreams.len()]
    }
}
