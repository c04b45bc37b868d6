//! What handlers work with.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use agm_ops::{Access, Agm};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::idempotency::Answers;
use crate::metrics::Counters;
use crate::settings::ServerSettings;
use crate::ticker::Ticker;

/// Everything handlers work with; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) agm: Agm,
    pub(crate) access: Access,
    pub(crate) settings: ServerSettings,
    /// Answered requests, for `/metrics`.
    pub(crate) counters: Counters,
    /// Answers kept for requests that are sent twice.
    pub(crate) answers: Answers,
    /// The state of the host, once a second, while somebody looks.
    pub(crate) ticker: Ticker,
    /// Readers of the stream of events.
    pub(crate) readers: Arc<()>,
    /// Whether no new work should be sent here.
    pub(crate) draining: AtomicBool,
    /// Ends what would never end by itself: streams of events.
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl App {
    pub(crate) fn new(agm: Agm, access: Access, settings: ServerSettings) -> Self {
        Self(Arc::new(Inner {
            ticker: Ticker::default(),
            answers: Answers::default(),
            counters: Counters::default(),
            readers: Arc::default(),
            draining: AtomicBool::new(false),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            agm,
            access,
            settings,
        }))
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
