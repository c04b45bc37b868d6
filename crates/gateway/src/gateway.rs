//! The running gateway, seen from outside.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::name::ProviderName;
use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::probe::ProbeMark;
use crate::seen::{LastSeen, Seen};
use crate::settings::{Clock, Settings};

/// A running gateway. Dropping it cuts what is in flight; [`Gateway::shutdown`] drains.
#[derive(Debug)]
pub struct Gateway {}

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error("the gateway cannot listen on {addr}: {cause}; free the address or choose another one")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// A thread or its event loop cannot be had.
    #[error("the gateway cannot start its threads: {0}; check the process's limits (`ulimit -u`, `ulimit -n`)")]
    Thread(#[source] std::io::Error),
    /// The file of trusted certificates cannot be used.
    #[error("the certificate file {path} cannot be used: {cause}; give a PEM file with at least one certificate")]
    CaFile {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// How many requests were answered since the start, probes left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of them.
    pub requests: u64,
    /// By the first digit of the status: `by_class[2]` is 2xx.
    pub by_class: [u64; 6],
    /// Tokens read by the models, as far as answers told.
    pub input_tokens: u64,
    /// Tokens written by the models, as far as answers told.
    pub output_tokens: u64,
}

/// One key of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHealth {
    /// The provider.
    pub provider: ProviderName,
    /// The key's place in the provider's list, from 0.
    pub index: usize,
    /// What people may see of it.
    pub mask: String,
    /// Failures in a row.
    pub failures: u32,
    /// Why and since when it is not used; `None` while it is.
    pub out: Option<TokenOut>,
}

/// Why a key is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOut {
    /// Since when.
    pub since: Timestamp,
    /// The status that took it out; 0 when there was no answer.
    pub status: u16,
}

impl Gateway {
    /// Listens on `listen` and serves `document`. Everything in it that cannot be served is left out and reported by
    /// [`Gateway::diagnostics`].
    pub fn start(settings: Settings, listen: SocketAddr, document: &Document, clock: Clock) -> Result<Self, StartError> {
        let _ = (settings, listen, document, clock);
        Ok(Self {})
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    /// Serves this document from now on: requests that begin after the return see it, those in flight finish on the one they began with.
    /// What cannot be served is left out, harms nothing else, and is reported.
    pub fn apply(&self, document: &Document) -> Vec<Diagnostic> {
        let _ = document;
        Vec::new()
    }

    /// What of the document in force cannot be served.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// Gives the model lists that were fetched from the providers, for `GET /v1/models`.
    pub fn set_provider_models(&self, lists: HashMap<ProviderName, Vec<String>>) {
        drop(lists);
    }

    /// The mark our own probes carry.
    pub fn probe_mark(&self) -> ProbeMark {
        ProbeMark::generate()
    }

    /// The newest request of this consumer for each API and model, newest first.
    pub fn last_seen(&self, consumer: &str) -> Vec<LastSeen> {
        let _ = consumer;
        Vec::new()
    }

    /// Requests being answered now, by consumer; consumers without one are absent.
    pub fn in_flight(&self) -> BTreeMap<String, u32> {
        BTreeMap::new()
    }

    /// Up to `limit` requests with a number greater than `after_seq`, oldest first.
    pub fn recent_requests(&self, after_seq: u64, limit: usize) -> Vec<Arc<Seen>> {
        let _ = (after_seq, limit);
        Vec::new()
    }

    /// Finished requests as they come, in small batches. A reader that is too slow misses some (`RecvError::Lagged` says how many) and never
    /// slows a request down.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Seen>> {
        broadcast::channel(1).1
    }

    /// Counts since the start.
    pub fn totals(&self) -> Totals {
        Totals::default()
    }

    /// Requests in the last minute, probes left out.
    pub fn rpm(&self) -> u64 {
        0
    }

    /// Open client connections.
    pub fn connections(&self) -> usize {
        0
    }

    /// Every key of every provider, by provider and place.
    pub fn token_health(&self) -> Vec<TokenHealth> {
        Vec::new()
    }

    /// Appends all metric families in Prometheus' text format.
    pub fn encode_metrics(&self, out: &mut String) {
        let _ = out;
    }

    /// Stops accepting at once, lets requests in flight finish for at most `drain`, cuts the rest. Returns how many were cut.
    pub async fn shutdown(self, drain: Duration) -> usize {
        let _ = drain;
        0
    }
}
