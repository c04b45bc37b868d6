//! What happens, as it happens.

mod kind;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use agm_gateway::Seen;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio::sync::broadcast;

pub use self::kind::EventKind;
use crate::requests::RequestView;
use crate::time::stamp;

/// Events kept for readers that come back.
const KEPT: usize = 1024;

/// Something that happened.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Event {
    /// Grows by one with every event. A process begins with the time of its start in microseconds, beyond whatever the one before has counted
    /// to.
    pub seq: u64,
    /// RFC 3339, UTC.
    #[serde(serialize_with = "stamped")]
    #[schema(value_type = String)]
    pub time: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// What it is about: a name or id.
    pub subject: String,
    /// The revision in force.
    pub revision: u64,
    /// More; no secrets.
    #[schema(value_type = Value)]
    pub data: EventData,
}

/// What an event says beside its kind.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum EventData {
    /// As its kind defines it.
    Json(Value),
    /// A request that went through the gateway. Most are never read: only who reads one pays for its text.
    #[serde(serialize_with = "viewed")]
    Request(Arc<Seen>),
}

impl From<Value> for EventData {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

/// What a reader that comes back finds.
#[derive(Debug)]
pub enum Resumed {
    /// Everything it missed.
    Events(Vec<Arc<Event>>),
    /// Too much was missed: it has to read the state anew.
    Lost,
}

/// The stream of events. Readers that are too slow lose events and are told so; nobody waits for them.
#[derive(Debug)]
pub struct Events {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Arc<Event>>,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    ring: VecDeque<Arc<Event>>,
}

impl Events {
    /// The stream of a process that starts now. Its numbers are no other process's: who comes back with one of those has missed something.
    pub(crate) fn since(start: Timestamp) -> Self {
        let last = u64::try_from(start.as_microsecond()).unwrap_or_default();
        Self { kept: Mutex::new(Kept { last, ring: VecDeque::new() }), sender: broadcast::channel(KEPT).0 }
    }

    /// Tells everybody.
    pub(crate) fn publish(&self, time: Timestamp, kind: EventKind, subject: impl Into<String>, revision: u64, data: EventData) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = Arc::new(Event { seq: kept.last, time, kind, subject: subject.into(), revision, data });
        if kept.ring.len() == KEPT {
            kept.ring.pop_front();
        }
        kept.ring.push_back(event.clone());
        // Nobody listening is fine. Sent under the lock, so that the order is the order of the numbers.
        drop(self.sender.send(event));
    }

    /// Events from now on, and what came after `last_seen`.
    pub fn subscribe(&self, last_seen: Option<u64>) -> (Resumed, broadcast::Receiver<Arc<Event>>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let Some(last_seen) = last_seen else { return (Resumed::Events(Vec::new()), receiver) };
        let first = kept.ring.front().map_or(kept.last + 1, |e| e.seq);
        // A number from the future belongs to an earlier process.
        if last_seen > kept.last || last_seen + 1 < first {
            return (Resumed::Lost, receiver);
        }
        (Resumed::Events(kept.ring.iter().filter(|e| e.seq > last_seen).cloned().collect()), receiver)
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// The number of the newest event.
    pub fn last(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).last
    }
}

fn stamped<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&stamp(*time))
}

fn viewed<S: Serializer>(seen: &Seen, serializer: S) -> Result<S::Ok, S::Error> {
    RequestView::of(seen).serialize(serializer)
}

#[cfg(test)]
mod tests;
