//! Figures of the last hour, minute by minute: what passed the gateway, in total and by who asked, who answered and which model.
//!
//! Bounded in memory whatever passes: sixty minutes, so many names, and of durations only how many fell where. No clock: the minute is passed in.

mod host;
mod minutes;
mod spread;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::host::{HostFigures, HostHour, Level};
use self::minutes::Minutes;
pub use self::spread::{ERROR_BOUND, Spread};

/// Minutes that are kept.
pub const KEPT_MINUTES: u64 = 60;

/// What figures can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Who asked.
    Agent,
    /// Who answered, or was tried last.
    Provider,
    /// What was asked for.
    Model,
}

impl By {
    /// Names that are kept apart; what comes beyond is counted together.
    pub const fn most_names(self) -> usize {
        match self {
            Self::Agent => 256,
            Self::Provider | Self::Model => 128,
        }
    }
}

/// A request that has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended<'a> {
    /// Who asked.
    pub consumer: &'a str,
    /// Who answered, or was tried last; nothing where nobody was asked.
    pub provider: Option<&'a str>,
    /// The model that was asked for, where a provider was.
    pub model: Option<&'a str>,
    /// What the client got.
    pub status: u16,
    /// Tokens read and written; nothing where that is unknown.
    pub tokens: Option<(u64, u64)>,
    /// How long a whole and good answer took, in microseconds; nothing of all others.
    pub latency: Option<u64>,
    /// How long it took to the first piece of one that was streamed.
    pub first_token: Option<u64>,
}

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests that ended.
    pub requests: u64,
    /// Of them, with a status of 400 to 499.
    pub client_errors: u64,
    /// Of them, with a status of 500 or more.
    pub server_errors: u64,
    /// Of them, those whose tokens are known.
    pub told: u64,
    /// Tokens read, of those that are known.
    pub input: u64,
    /// Tokens written, of those that are known.
    pub output: u64,
    /// How long whole and good answers took.
    pub latency: Spread,
    /// How long it took to the first piece of streamed ones.
    pub first_token: Spread,
}

impl Figures {
    fn count(&mut self, ended: &Ended<'_>) {
        self.requests += 1;
        self.client_errors += u64::from((400..500).contains(&ended.status));
        self.server_errors += u64::from(ended.status >= 500);
        if let Some((input, output)) = ended.tokens {
            self.told += 1;
            self.input = self.input.saturating_add(input);
            self.output = self.output.saturating_add(output);
        }
        ended.latency.into_iter().for_each(|micros| self.latency.add(micros));
        ended.first_token.into_iter().for_each(|micros| self.first_token.add(micros));
    }

    /// Adds what others counted.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.told += other.told;
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
    }

    /// Tokens read and written; nothing where requests passed and none of them told.
    pub fn tokens(&self) -> Option<(u64, u64)> {
        (self.requests == 0 || self.told > 0).then_some((self.input, self.output))
    }
}

/// The last hour.
#[derive(Debug, Default)]
pub struct Hour {
    /// The newest minute of which it knows.
    newest: u64,
    total: Minutes<Figures>,
    agents: Names,
    providers: Names,
    models: Names,
}

/// Figures by name.
#[derive(Debug, Default)]
struct Names {
    named: BTreeMap<Box<str>, Minutes<Figures>>,
    /// Those for whose names there was no room.
    other: Minutes<Figures>,
}

/// Figures minute by minute, the oldest first.
pub type Lane = Vec<Figures>;

/// A part of the hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Everything.
    pub total: Lane,
    /// By name, if asked for.
    pub named: Vec<(String, Lane)>,
    /// All those for whose names there was no room, if there are any.
    pub other: Option<Lane>,
}

impl Hour {
    /// Counts a request that ended in this minute.
    pub fn add(&mut self, minute: u64, ended: &Ended<'_>) {
        self.forget(minute);
        if minute + KEPT_MINUTES <= self.newest {
            return;
        }
        self.total.at(minute).count(ended);
        self.agents.at(minute, ended.consumer, By::Agent).count(ended);
        for (names, name, by) in [(&mut self.providers, ended.provider, By::Provider), (&mut self.models, ended.model, By::Model)] {
            if let Some(name) = name {
                names.at(minute, name, by).count(ended);
            }
        }
    }

    /// The `length` minutes that end with this one.
    pub fn window(&self, minute: u64, length: u64, by: Option<By>) -> Window {
        let minutes = minute.saturating_sub(length.clamp(1, KEPT_MINUTES) - 1)..=minute;
        let lane = |of: &Minutes<Figures>| -> Lane { minutes.clone().map(|at| of.of(at).cloned().unwrap_or_default()).collect() };
        let Some(by) = by else { return Window { total: lane(&self.total), named: Vec::new(), other: None } };
        let of = match by {
            By::Agent => &self.agents,
            By::Provider => &self.providers,
            By::Model => &self.models,
        };
        let shown = |of: &Minutes<Figures>| minutes.clone().any(|at| of.of(at).is_some());
        let named = of.named.iter().filter(|(_, of)| shown(of)).map(|(name, of)| (name.to_string(), lane(of))).collect();
        Window { total: lane(&self.total), named, other: shown(&of.other).then(|| lane(&of.other)) }
    }

    /// Forgets what is older than the hour before this minute.
    fn forget(&mut self, minute: u64) {
        if minute <= self.newest {
            return;
        }
        self.newest = minute;
        self.total.forget(minute);
        for names in [&mut self.agents, &mut self.providers, &mut self.models] {
            names.other.forget(minute);
            names.named.retain(|_, of| {
                of.forget(minute);
                !of.is_empty()
            });
        }
    }
}

impl Names {
    fn at(&mut self, minute: u64, name: &str, by: By) -> &mut Figures {
        if !self.named.contains_key(name) {
            if self.named.len() >= by.most_names() {
                return self.other.at(minute);
            }
            self.named.insert(name.into(), Minutes::default());
        }
        self.named.get_mut(name).unwrap_or(&mut self.other).at(minute)
    }
}

#[cfg(test)]
mod tests;
