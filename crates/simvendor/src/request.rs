//! A request as the vendor saw it, and how its exchange went on.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::watch;

use crate::api::Api;

/// One request, as it came off the wire.
pub struct Request {
    /// Counts from 1, in order of arrival.
    pub number: u64,
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query, without its `?`.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// When the body had arrived.
    pub at: Instant,
    /// The API it is for, if the vendor has it.
    pub api: Option<Api>,
    /// The model it names.
    pub model: Option<String>,
    /// Whether it wants a stream.
    pub stream: bool,
    /// The key it came with, whichever header carried it.
    pub key: Option<String>,
    pub(crate) life: Arc<Life>,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The whole answer was handed to the connection.
    Answered,
    /// A refusal or scripted error was handed to the connection.
    Refused,
    /// The vendor broke the connection on purpose.
    Cut,
    /// The other side left first, or the vendor was stopped.
    Abandoned,
}

/// How much of an answer was handed to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Body frames.
    pub frames: u64,
    /// Body bytes.
    pub bytes: u64,
}

impl Request {
    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value, if present and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Waits until the exchange is over.
    pub async fn ended(&self) -> Ending {
        let mut ending = self.life.ending.subscribe();
        let ended = ending.wait_for(Option::is_some).await.map(|ending| *ending);
        ended.ok().flatten().unwrap_or(Ending::Abandoned)
    }

    /// How far the answer has got.
    pub fn progress(&self) -> Progress {
        Progress { frames: self.life.frames.load(Ordering::Relaxed), bytes: self.life.bytes.load(Ordering::Relaxed) }
    }
}

/// Without headers, key and body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("number", &self.number)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("api", &self.api)
            .field("model", &self.model)
            .field("stream", &self.stream)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What the rest of an exchange writes down.
pub(crate) struct Life {
    ending: watch::Sender<Option<Ending>>,
    frames: AtomicU64,
    bytes: AtomicU64,
}

impl Life {
    pub(crate) fn begin() -> (Arc<Self>, Ticket) {
        let life = Arc::new(Self { ending: watch::Sender::new(None), frames: AtomicU64::new(0), bytes: AtomicU64::new(0) });
        let ticket = Ticket { life: Arc::clone(&life), open: true };
        (life, ticket)
    }
}

/// Held by whoever works on the exchange; dropped early, it tells that the other side has left.
pub(crate) struct Ticket {
    life: Arc<Life>,
    open: bool,
}

impl Ticket {
    pub(crate) fn sent(&self, bytes: usize) {
        self.life.frames.fetch_add(1, Ordering::Relaxed);
        self.life.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn end(&mut self, ending: Ending) {
        if std::mem::take(&mut self.open) {
            self.life.ending.send_replace(Some(ending));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(Ending::Abandoned);
    }
}
