//! The running gateway, seen from outside.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::name::ProviderName;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::runtime::LocalRuntime;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::local::LocalTasks;
use crate::meters::{Gauge, Meter, encode};
use crate::probe::ProbeMark;
use crate::seen::{LastSeen, Seen};
use crate::settings::{Clock, Settings};
use crate::shared::Shared;
use crate::upstream::{Pools, Roots, RootsError};
use crate::worker::Accepted;
use crate::{acceptor, health, thread, worker};

/// A running gateway. Dropping it cuts what is in flight; [`Gateway::shutdown`] drains.
#[derive(Debug)]
pub struct Gateway {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// How its threads say that they ended: the workers, then the one that accepts.
    done: Mutex<Vec<oneshot::Receiver<()>>>,
}

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
    #[error(transparent)]
    CaFile(#[from] RootsError),
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

/// How long a part of the gateway may take to notice that it ended.
const LAST_WAIT: Duration = Duration::from_secs(2);
/// Accepted connections that may wait for their worker.
const HANDED: usize = 256;

impl Gateway {
    /// Listens on `listen` and serves `document`. Everything in it that cannot be served is left out and reported by
    /// [`Gateway::diagnostics`].
    pub fn start(settings: Settings, listen: SocketAddr, document: &Document, clock: Clock) -> Result<Self, StartError> {
        let roots = Roots::new(settings.extra_ca_file.as_deref())?;
        let count = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let shared = Arc::new(Shared::new(settings, clock, roots, document, count));
        let mut this = Self { addr: listen, shared: Arc::clone(&shared), done: Mutex::default() };
        let mut workers = Vec::with_capacity(count);
        for number in 0..count {
            let (sender, accepted) = mpsc::channel(HANDED);
            workers.push(sender);
            let (shared, seed) = (Arc::clone(&shared), seed());
            this.thread(format!("agm-gateway-{number}"), move |runtime| worker::run(runtime, shared, number, seed, accepted))?;
        }
        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        this.thread("agm-gateway".to_owned(), move |runtime| control(runtime, &shared, listen, workers, &ready))?;
        this.addr = is_ready
            .recv()
            .map_err(|_| StartError::Thread(io::Error::other("the accepting thread ended")))?
            .map_err(|cause| StartError::Listen { addr: listen, cause })?;
        Ok(this)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves this document from now on: requests that begin after the return see it, those in flight finish on the one they began with.
    /// What cannot be served is left out, harms nothing else, and is reported.
    pub fn apply(&self, document: &Document) -> Vec<Diagnostic> {
        self.shared.apply(document)
    }

    /// What of the document in force cannot be served.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.shared.snapshot.load().diagnostics.clone()
    }

    /// Gives the model lists that were fetched from the providers, for `GET /v1/models`.
    pub fn set_provider_models(&self, lists: HashMap<ProviderName, Vec<String>>) {
        self.shared.model_lists.store(Arc::new(lists));
    }

    /// The mark our own probes carry.
    pub fn probe_mark(&self) -> ProbeMark {
        self.shared.mark.clone()
    }

    /// The newest request of this consumer for each API and model, newest first.
    pub fn last_seen(&self, consumer: &str) -> Vec<LastSeen> {
        let mut newest: HashMap<(&'static str, Arc<str>), LastSeen> = HashMap::new();
        for last in self.shared.meters.iter().flat_map(|meters| meters.last(consumer)) {
            let known = newest.entry((last.api, Arc::clone(&last.model))).or_insert_with(|| last.clone());
            if known.seq < last.seq {
                *known = last;
            }
        }
        let mut all: Vec<LastSeen> = newest.into_values().collect();
        all.sort_by_key(|last| std::cmp::Reverse(last.seq));
        all
    }

    /// The newest request of this consumer for which a provider was asked.
    pub fn newest(&self, consumer: &str) -> Option<LastSeen> {
        self.shared.meters.iter().filter_map(|meters| meters.newest(consumer)).max_by_key(|last| last.seq)
    }

    /// Requests of this consumer being answered now.
    pub fn in_flight_of(&self, consumer: &str) -> u32 {
        self.shared.gauges().get(consumer)
    }

    /// Requests being answered now, by consumer; consumers without one are absent.
    pub fn in_flight(&self) -> BTreeMap<String, u32> {
        let gauges = self.shared.gauges();
        let now = gauges.iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed)));
        now.filter(|(_, count)| *count > 0).collect()
    }

    /// Up to `limit` requests with a number greater than `after_seq`, oldest first.
    pub fn recent_requests(&self, after_seq: u64, limit: usize) -> Vec<Arc<Seen>> {
        self.shared.log.after(after_seq, limit)
    }

    /// The newest request of the playground with this id.
    pub fn playground_request(&self, id: &str) -> Option<Arc<Seen>> {
        self.shared.log.newest(|seen| seen.playground.as_deref() == Some(id))
    }

    /// Finished requests as they come, in small batches. A reader that is too slow misses some (`RecvError::Lagged` says how many) and never
    /// slows a request down.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Seen>> {
        self.shared.log.subscribe()
    }

    /// Finished requests that left the log before the readers of [`Gateway::subscribe`] were told.
    pub fn untold(&self) -> u64 {
        self.shared.log.dropped()
    }

    /// Counts since the start.
    pub fn totals(&self) -> Totals {
        self.sums().0
    }

    /// Requests in the last minute, probes left out.
    pub fn rpm(&self) -> u64 {
        self.sums().1
    }

    /// Open client connections.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Every key of every provider, by provider and place.
    pub fn token_health(&self) -> Vec<TokenHealth> {
        let snapshot = self.shared.snapshot.load();
        let mut all = Vec::new();
        for (name, provider) in snapshot.providers() {
            all.extend(provider.tokens.list().iter().map(|token| {
                let health = token.state.health();
                TokenHealth {
                    provider: name.clone(),
                    index: token.index,
                    mask: token.state.mask.clone(),
                    failures: health.failures,
                    out: health.out.map(|(since, status)| TokenOut { since, status }),
                }
            }));
        }
        all.sort_by(|a, b| (&a.provider, a.index).cmp(&(&b.provider, b.index)));
        all
    }

    /// Appends all metric families in Prometheus' text format.
    pub fn encode_metrics(&self, out: &mut String) {
        let shared = &self.shared;
        let one = |name, help, kind, value| Gauge { name, help, kind, samples: vec![(Vec::new(), value)] };
        let in_flight = self.in_flight().into_iter().map(|(consumer, n)| (vec![("consumer", consumer)], u64::from(n))).collect();
        let keys = self.token_health().into_iter().map(|t| {
            let labels = vec![("provider", t.provider.to_string()), ("key", t.index.to_string())];
            (labels, u64::from(t.out.is_some()))
        });
        let gauges = [
            Gauge { name: "agm_gateway_requests_in_flight", help: "Requests being answered", kind: "gauge", samples: in_flight },
            Gauge { name: "agm_gateway_key_out", help: "Whether a provider's key is out of use", kind: "gauge", samples: keys.collect() },
            one("agm_gateway_connections", "Open client connections", "gauge", self.connections() as u64),
            one(
                "agm_gateway_upstream_connections_total",
                "Connections opened to providers",
                "counter",
                shared.opened.load(Ordering::Relaxed),
            ),
            one("agm_gateway_events_dropped_total", "Requests that left the log before they were told", "counter", shared.log.dropped()),
            one("agm_gateway_panics_total", "Requests on which the gateway failed", "counter", shared.panics.load(Ordering::Relaxed)),
        ];
        encode(out, &self.meters(), &gauges);
    }

    /// Stops accepting at once, lets requests in flight finish for at most `drain`, cuts the rest. Returns how many connections were cut. A
    /// second call has nothing left to wait for.
    pub async fn shutdown(&self, drain: Duration) -> usize {
        self.shared.closing.cancel();
        let mut threads = std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(control) = threads.pop() else { return 0 };
        let mut workers = pin!(join_all(threads));
        let drained = tokio::time::timeout(drain, workers.as_mut()).await.is_ok();
        let cut = if drained { 0 } else { self.connections() };
        self.shared.ended.cancel();
        let rest = async {
            if !drained {
                workers.await;
            }
            drop(control.await);
        };
        drop(tokio::time::timeout(LAST_WAIT, rest).await);
        cut
    }

    fn thread(&self, name: String, main: impl FnOnce(&LocalRuntime) + Send + 'static) -> Result<(), StartError> {
        let end = thread::start(name, main).map_err(StartError::Thread)?;
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(end);
        Ok(())
    }

    fn meters(&self) -> Vec<Arc<Meter>> {
        self.shared.meters.iter().flat_map(|meters| meters.all()).collect()
    }

    fn sums(&self) -> (Totals, u64) {
        let mut totals = Totals::default();
        let second = self.shared.second();
        let minute = self.shared.meters.iter().map(|meters| meters.sums(&mut totals, second)).sum();
        (totals, minute)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        self.shared.ended.cancel();
    }
}

/// The thread that accepts, tells events and checks keys.
fn control(
    runtime: &LocalRuntime,
    shared: &Arc<Shared>,
    listen: SocketAddr,
    workers: Vec<mpsc::Sender<Accepted>>,
    ready: &std::sync::mpsc::SyncSender<io::Result<SocketAddr>>,
) {
    runtime.block_on(async {
        let listener = match acceptor::listen(listen).and_then(|listener| Ok((listener.local_addr()?, listener))) {
            Ok((addr, listener)) => {
                drop(ready.send(Ok(addr)));
                listener
            }
            Err(error) => {
                drop(ready.send(Err(error)));
                return;
            }
        };
        let settings = &shared.settings;
        let pools = Pools::new(Arc::clone(shared), settings.timeouts.clone(), 0, LocalTasks::default());
        tokio::select! {
            // Once nothing more is accepted there are still requests to tell of, until the end of them all.
            () = acceptor::accept(Arc::clone(shared), listener, workers).then(|()| std::future::pending()) => {}
            () = shared.log.tell() => {}
            () = health::watch(Arc::clone(shared), Rc::new(pools)) => {}
            () = shared.ended.cancelled() => {}
        }
        shared.log.flush();
    });
}

/// A start for a worker's random numbers.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_ne_bytes(bytes),
        // Load is then spread alike in every worker: no harm.
        Err(_) => 0x9e37_79b9_7f4a_7c15,
    }
}
