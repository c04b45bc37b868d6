//! Counters. Each worker has its own, so that counting never waits for another thread; who reads adds them up.

mod histogram;
mod text;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::gateway::Totals;
use crate::seen::{LastSeen, Outcome, Seen, Usage};

pub(crate) use histogram::Histogram;
pub(crate) use text::{Gauge, encode};

/// Meters that a worker keeps apart; beyond, models are counted together. What clients and vendors call a model is theirs to choose.
const MAX_METERS: usize = 4096;
/// Meters of one consumer that a worker keeps apart, so that no consumer takes them all.
const MAX_OF_CONSUMER: usize = 512;
/// APIs and models of one consumer whose newest request is remembered; beyond, the oldest is forgotten.
const MAX_LAST: usize = 512;
/// Served models that a meter keeps apart.
const MAX_SERVED: usize = 32;
/// The name under which the rest is counted.
const OTHER: &str = "other";

/// The counters of one worker.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    table: Mutex<HashMap<Key, Arc<Meter>>>,
    tally: Mutex<Tally>,
    last: Mutex<LastTable>,
}

/// The newest requests of each consumer, the newest last.
type LastTable = HashMap<Arc<str>, Vec<LastSeen>>;

/// What a meter counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub route: Arc<str>,
    pub provider: Arc<str>,
    /// Name of the provider's Envoy cluster, as Higress has it in its labels.
    pub cluster: Arc<str>,
    pub consumer: Arc<str>,
    pub api: &'static str,
    pub model: Arc<str>,
}

/// The counters of one route, provider, consumer, API and model.
#[derive(Debug)]
pub(crate) struct Meter {
    pub key: Key,
    state: Mutex<State>,
}

/// Its figures.
#[derive(Debug, Default, Clone)]
pub(crate) struct State {
    pub classes: [u64; 6],
    pub duration: Histogram,
    pub first_byte: Histogram,
    pub cut: u64,
    pub left: u64,
    /// Answers of which nobody can tell whether they were whole.
    pub unknown: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub served: Vec<(Arc<str>, Served)>,
}

/// What Higress counts for each model that answers name (Console contract 7.7). Times in milliseconds.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Served {
    pub input: u64,
    pub output: u64,
    pub total: u64,
    pub first_token: u64,
    pub streams: u64,
    pub duration: u64,
    pub answers: u64,
}

/// What a worker counts whatever the request.
#[derive(Debug)]
struct Tally {
    totals: Totals,
    /// Requests of the last minute, by second.
    minute: [(u64, u64); 60],
}

impl Default for Tally {
    fn default() -> Self {
        Self { totals: Totals::default(), minute: [(0, 0); 60] }
    }
}

impl Meters {
    /// The meter of this key. The model is replaced when there are too many.
    pub(crate) fn get(&self, mut key: Key) -> Arc<Meter> {
        let mut table = lock(&self.table);
        if let Some(meter) = table.get(&key) {
            return Arc::clone(meter);
        }
        if table.len() >= MAX_METERS || table.keys().filter(|known| known.consumer == key.consumer).count() >= MAX_OF_CONSUMER {
            key.model = OTHER.into();
        }
        let meter = table.entry(key).or_insert_with_key(|key| Arc::new(Meter { key: key.clone(), state: Mutex::default() }));
        Arc::clone(meter)
    }

    /// Remembers a finished request as its consumer's newest for its API and model, if a provider was asked.
    pub(crate) fn remember(&self, seen: &Seen) {
        let Some(provider) = &seen.provider else { return };
        let last = LastSeen {
            api: seen.api.unwrap_or_default(),
            model: seen.model.clone().unwrap_or_else(|| "".into()),
            route: Arc::clone(&seen.route),
            provider: Arc::clone(provider),
            served_model: seen.served_model.clone(),
            began: seen.at - seen.duration,
            at: seen.at,
            status: seen.status,
            outcome: seen.outcome,
            seq: seen.seq,
        };
        let mut table = lock(&self.last);
        let of_consumer = match table.get_mut(&seen.consumer) {
            Some(known) => known,
            None => table.entry(Arc::clone(&seen.consumer)).or_default(),
        };
        // Agents ask for few models, over and over: the last one is the likeliest.
        match of_consumer.iter().rposition(|known| known.api == last.api && known.model == last.model) {
            Some(at) if at + 1 == of_consumer.len() => of_consumer[at] = last,
            Some(at) => {
                of_consumer.remove(at);
                of_consumer.push(last);
            }
            None => {
                if of_consumer.len() >= MAX_LAST {
                    of_consumer.remove(0);
                }
                of_consumer.push(last);
            }
        }
    }

    /// The newest requests of a consumer.
    pub(crate) fn last(&self, consumer: &str) -> Vec<LastSeen> {
        lock(&self.last).get(consumer).cloned().unwrap_or_default()
    }

    /// The newest request of a consumer.
    pub(crate) fn newest(&self, consumer: &str) -> Option<LastSeen> {
        lock(&self.last).get(consumer)?.last().cloned()
    }

    /// Counts a finished request in the worker's sums. `second` grows with time.
    pub(crate) fn tally(&self, seen: &Seen, second: u64) {
        let mut tally = lock(&self.tally);
        tally.totals.requests += 1;
        tally.totals.by_class[class(seen.status)] += 1;
        if let Some(usage) = seen.usage {
            tally.totals.input_tokens += usage.input;
            tally.totals.output_tokens += usage.output;
        }
        let slot = &mut tally.minute[usize::try_from(second % 60).unwrap_or(0)];
        if slot.0 == second {
            slot.1 += 1;
        } else {
            *slot = (second, 1);
        }
    }

    /// Adds the worker's sums to `totals`, and gives its requests of the minute before `second`.
    pub(crate) fn sums(&self, totals: &mut Totals, second: u64) -> u64 {
        let tally = lock(&self.tally);
        totals.requests += tally.totals.requests;
        totals.input_tokens += tally.totals.input_tokens;
        totals.output_tokens += tally.totals.output_tokens;
        for (sum, more) in totals.by_class.iter_mut().zip(tally.totals.by_class) {
            *sum += more;
        }
        tally.minute.iter().filter(|(at, _)| at + 60 > second).map(|(_, count)| count).sum()
    }

    /// Every meter.
    pub(crate) fn all(&self) -> Vec<Arc<Meter>> {
        lock(&self.table).values().cloned().collect()
    }
}

impl Meter {
    /// Counts a finished request.
    pub(crate) fn count(&self, seen: &Seen) {
        let mut state = lock(&self.state);
        state.classes[class(seen.status)] += 1;
        state.duration.add(seen.duration);
        if let Some(first) = seen.first_byte {
            state.first_byte.add(first);
        }
        match seen.outcome {
            Outcome::CutByProvider => state.cut += 1,
            Outcome::LeftByClient => state.left += 1,
            Outcome::EndUnknown => state.unknown += 1,
            Outcome::Answered | Outcome::Refused(_) => {}
        }
        if let (Some(model), Some(usage)) = (&seen.served_model, seen.usage) {
            state.served(model, seen, usage);
        }
    }

    /// Its figures now.
    pub(crate) fn state(&self) -> State {
        lock(&self.state).clone()
    }
}

impl State {
    fn served(&mut self, model: &Arc<str>, seen: &Seen, usage: Usage) {
        self.cache_read += usage.cache_read;
        self.cache_write += usage.cache_write;
        let known = self.served.iter().any(|(name, _)| name == model);
        let name = if known || self.served.len() < MAX_SERVED { Arc::clone(model) } else { OTHER.into() };
        let at = self.served.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
            self.served.push((name, Served::default()));
            self.served.len() - 1
        });
        let served = &mut self.served[at].1;
        served.input += usage.input;
        served.output += usage.output;
        served.total += usage.total;
        served.answers += 1;
        served.duration += milliseconds(seen.duration);
        if seen.streamed {
            served.streams += 1;
            served.first_token += milliseconds(seen.first_byte.unwrap_or(seen.duration));
        }
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn class(status: u16) -> usize {
    usize::from(status / 100).min(5)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
