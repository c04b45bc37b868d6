//! What is known, agent by agent.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use agm_agents::openclaw::log::ReloadEvidence;
use agm_agents::standalone::Delivered;
use agm_domain::agent::AgentId;
use agm_domain::evidence::{Drift, Evidence, Level, Proof, Verdict};
use agm_store::Store;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After how long a repair held.
const HOLDS: SignedDuration = SignedDuration::from_hours(1);

/// The stored object.
const OBJECT: &str = "evidence";

/// The evidence of every agent.
#[derive(Debug, Default)]
pub(crate) struct EvidenceBook {
    entries: Mutex<BTreeMap<AgentId, Entry>>,
    /// The newest beginning.
    newest: AtomicU64,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) proofs: bool,
    pub(super) drift: bool,
}

/// What a check found out.
pub(super) struct Found {
    /// Where the evidence began that it looked at; see [`EvidenceBook::beginning`].
    pub(super) beginning: u64,
    pub(super) proofs: Vec<Proof>,
    /// `None` where it did not look.
    pub(super) drift: Option<Vec<Drift>>,
}

/// Repairs that followed each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Repairs {
    count: u32,
    last: Timestamp,
}

/// What is known about one agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Another one with everything that makes earlier findings out of date: who found something out asks first, and tells it with its answer.
    #[serde(skip)]
    beginning: u64,
    evidence: Evidence,
    /// When the last switch delivered: traffic before it proves nothing.
    #[serde(default)]
    since: Option<Timestamp>,
    /// The delivery that changed the agent's file.
    #[serde(default)]
    delivered: Option<Delivered>,
    /// When that was.
    #[serde(default)]
    delivered_at: Option<Timestamp>,
    /// The delivery that the agent last said it has taken.
    #[serde(default)]
    taken: Option<Taken>,
    /// How often each drift was repaired and soon came back.
    #[serde(default)]
    repaired: BTreeMap<Level, Repairs>,
}

/// A delivery that the agent has taken, and its words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) delivered: Delivered,
    pub(super) said: ReloadEvidence,
}

impl EvidenceBook {
    /// What was known when agm last stopped. It is checked again at once; what costs money to find out is not lost.
    pub(crate) async fn load(store: &Store) -> Self {
        let entries = match store.object_get(OBJECT).await {
            Ok(Some((value, _))) => serde_json::from_value(value).unwrap_or_default(),
            Ok(None) => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(%error, "earlier evidence cannot be read; it is gathered anew");
                BTreeMap::new()
            }
        };
        Self { entries: Mutex::new(entries), newest: AtomicU64::default() }
    }

    /// Keeps what is known. It is a cache of facts: losing it loses no configuration.
    pub(crate) async fn save(&self, store: &Store) {
        let Ok(value) = serde_json::to_value(&*self.entries()) else { return };
        let saved = match store.object_get(OBJECT).await {
            Ok(Some((old, _))) if old == value => return,
            Ok(found) => store.object_put(OBJECT, value, found.as_ref().map(|(_, tag)| tag)).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = saved {
            tracing::warn!(%error, "evidence could not be saved");
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<AgentId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Where an agent's evidence began; to be given with what is found out from now on.
    pub(super) fn beginning(&self, agent: &AgentId) -> u64 {
        self.entries().get(agent).map_or(0, |entry| entry.beginning)
    }

    /// What is known of an agent.
    pub(crate) fn of(&self, agent: &AgentId) -> Evidence {
        self.entries().get(agent).map(|e| e.evidence.clone()).unwrap_or_default()
    }

    /// Everything known about an agent, to be put back if what is about to happen fails.
    pub(crate) fn entry(&self, agent: &AgentId) -> Option<Entry> {
        self.entries().get(agent).cloned()
    }

    /// Puts back what was known.
    pub(crate) fn put_back(&self, agent: &AgentId, entry: Option<Entry>) {
        match entry {
            Some(entry) => drop(self.entries().insert(agent.clone(), Entry { beginning: self.next(), ..entry })),
            None => self.forget(agent),
        }
    }

    /// Forgets everything about an agent.
    pub(crate) fn forget(&self, agent: &AgentId) {
        self.entries().remove(agent);
    }

    /// A switch was delivered: earlier proofs are about something else.
    pub(super) fn begin(&self, agent: &AgentId, now: Timestamp, reachable: Option<Proof>) {
        let mut entries = self.entries();
        let entry = entries.entry(agent.clone()).or_default();
        entry.beginning = self.next();
        entry.evidence = Evidence::default();
        entry.since = Some(now);
        entry.repaired.clear();
        if let Some(proof) = reachable {
            entry.evidence.put(proof);
        }
    }

    /// Puts proofs and drift in place of what was known about these levels, and says what but their age changed. Drift that was not looked
    /// for stays. What was found out about an earlier beginning, or is no longer about what is `in_force`, is refused.
    pub(super) fn put(&self, agent: &AgentId, found: Found, in_force: impl FnOnce() -> bool) -> Option<Change> {
        let Found { beginning, proofs, drift } = found;
        let mut entries = self.entries();
        if entries.get(agent).map_or(0, |entry| entry.beginning) != beginning || !in_force() {
            return None;
        }
        let entry = entries.entry(agent.clone()).or_default();
        // Neither its age nor the number of the revision that it was read from is news.
        let gist = |e: &Evidence| -> Vec<_> { e.proofs.iter().map(|p| (p.level, p.verdict, p.fact.clone())).collect() };
        let before = (gist(&entry.evidence), entry.evidence.drift.clone());
        for proof in proofs {
            entry.evidence.put(proof);
        }
        if let Some(drift) = drift {
            entry.evidence.drift = drift;
        }
        Some(Change { proofs: before.0 != gist(&entry.evidence), drift: before.1 != entry.evidence.drift })
    }

    /// When the last switch delivered.
    pub(super) fn since(&self, agent: &AgentId) -> Option<Timestamp> {
        self.entries().get(agent).and_then(|e| e.since)
    }

    /// The delivery that changed the agent's file.
    pub(crate) fn delivered(&self, agent: &AgentId) -> Option<Delivered> {
        self.entries().get(agent).and_then(|e| e.delivered.clone())
    }

    /// What was proven by a request is no longer known to hold.
    /// Says whether it was proven until now.
    pub(crate) fn doubt_reachable(&self, agent: &AgentId, fact: &str) -> bool {
        let mut entries = self.entries();
        let proofs = entries.get_mut(agent).into_iter().flat_map(|entry| &mut entry.evidence.proofs);
        let Some(proof) = { proofs }.find(|p| p.level == Level::Reachable && p.verdict == Verdict::Proven) else { return false };
        proof.verdict = Verdict::Unknown;
        fact.clone_into(&mut proof.fact);
        true
    }

    pub(crate) fn delivered_now(&self, agent: &AgentId, delivered: Delivered, now: Timestamp) {
        let mut entries = self.entries();
        let entry = entries.entry(agent.clone()).or_default();
        entry.beginning = self.next();
        (entry.delivered, entry.delivered_at) = (Some(delivered), Some(now));
    }

    /// When the agent's file was changed last.
    pub(super) fn delivered_at(&self, agent: &AgentId) -> Option<Timestamp> {
        self.entries().get(agent).and_then(|e| e.delivered_at)
    }

    /// The agent said that it has taken a delivery.
    pub(super) fn taken_now(&self, agent: &AgentId, delivered: Delivered, said: ReloadEvidence) {
        self.entries().entry(agent.clone()).or_default().taken = Some(Taken { delivered, said });
    }

    /// The delivery that the agent last said it has taken.
    pub(super) fn taken(&self, agent: &AgentId) -> Option<Taken> {
        self.entries().get(agent).and_then(|e| e.taken.clone())
    }

    pub(crate) fn not_delivered(&self, agent: &AgentId) {
        if let Some(entry) = self.entries().get_mut(agent) {
            entry.beginning = self.next();
            entry.delivered = None;
        }
    }

    /// Counts a repair of this level. One that held for a while was not undone by whoever fights it: counting begins anew.
    pub(super) fn count_repair(&self, agent: &AgentId, level: Level, now: Timestamp) {
        let mut entries = self.entries();
        let repaired = &mut entries.entry(agent.clone()).or_default().repaired;
        let before = repaired.get(&level).filter(|repairs| now.duration_since(repairs.last) < HOLDS).map_or(0, |repairs| repairs.count);
        repaired.insert(level, Repairs { count: before + 1, last: now });
    }

    /// How often this level was repaired since the last switch, each time soon after the one before.
    pub(super) fn repairs(&self, agent: &AgentId, level: Level) -> u32 {
        self.entries().get(agent).and_then(|e| e.repaired.get(&level)).map_or(0, |repairs| repairs.count)
    }
}
