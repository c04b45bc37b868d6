//! What all threads of the gateway share. Nothing in it is locked for the length of a request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::name::ProviderName;
use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::log::Log;
use crate::meters::Meters;
use crate::probe::ProbeMark;
use crate::settings::{Clock, Settings};
use crate::snapshot::{Gauges, Snapshot};
use crate::upstream::Roots;

/// Model lists fetched from the providers.
pub(crate) type ModelLists = HashMap<ProviderName, Vec<String>>;

/// The gateway's common state.
pub(crate) struct Shared {
    pub settings: Settings,
    pub clock: Clock,
    pub started: Instant,
    pub mark: ProbeMark,
    pub snapshot: ArcSwap<Snapshot>,
    pub model_lists: ArcSwap<ModelLists>,
    pub log: Log,
    pub meters: Vec<Arc<Meters>>,
    pub roots: Arc<Roots>,
    pub connections: AtomicUsize,
    /// Bytes of request bodies in memory.
    pub held: Arc<AtomicUsize>,
    /// Connections opened to providers.
    pub opened: AtomicU64,
    pub panics: AtomicU64,
    /// A key went out: the health checks have work.
    pub token_out: Notify,
    /// No new connections, and those that are idle end.
    pub closing: CancellationToken,
    /// Everything ends.
    pub ended: CancellationToken,
    gauges: Mutex<Gauges>,
    /// One configuration change at a time: each is compiled against the one before.
    changing: Mutex<()>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, clock: Clock, roots: Roots, document: &Document, workers: usize) -> Self {
        let mut gauges = Gauges::default();
        let snapshot = Snapshot::compile(document, None, &mut |name| gauges.of(name), clock().as_second());
        Self {
            log: Log::new(settings.log_capacity),
            started: Instant::now(),
            mark: ProbeMark::generate(),
            snapshot: ArcSwap::from_pointee(snapshot),
            model_lists: ArcSwap::default(),
            meters: (0..workers).map(|_| Arc::default()).collect(),
            roots: Arc::new(roots),
            connections: AtomicUsize::new(0),
            held: Arc::default(),
            opened: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            token_out: Notify::new(),
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
            gauges: Mutex::new(gauges),
            changing: Mutex::new(()),
            settings,
            clock,
        }
    }

    /// Puts a document in force.
    pub(crate) fn apply(&self, document: &Document) -> Vec<Diagnostic> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.snapshot.load_full();
        let next = Snapshot::compile(document, Some(&before), &mut |name| self.gauges().of(name), (self.clock)().as_second());
        let diagnostics = next.diagnostics.clone();
        self.snapshot.store(Arc::new(next));
        // Keys that were out stay out; their checks follow the new configuration.
        self.token_out.notify_one();
        diagnostics
    }

    /// Counters of consumers.
    pub(crate) fn gauges(&self) -> MutexGuard<'_, Gauges> {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the start.
    pub(crate) fn second(&self) -> u64 {
        self.started.elapsed().as_secs()
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}
