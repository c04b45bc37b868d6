//! Everything about the gateway that is not in the document.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use jiff::Timestamp;

/// Tells the time. Passed in, so that a test can say what it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Why a body broke off.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a page's answer.
pub type PageBody = UnsyncBoxBody<Bytes, BoxError>;

type PageFuture = Pin<Box<dyn Future<Output = Response<PageBody>> + Send>>;

/// Settings of the gateway. [`Settings::default`] is what the specification asks for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that serve requests. 0 means one for each core.
    pub workers: usize,
    /// What a client may ask of it.
    pub limits: Limits,
    /// How long it waits for whom.
    pub timeouts: Timeouts,
    /// Idle connections kept for each provider and worker.
    pub idle_connections: usize,
    /// Certificates, in PEM, that are trusted beside the system's.
    pub extra_ca_file: Option<PathBuf>,
    /// What answers under `/agm/` and for [`Settings::page_hosts`].
    pub page: Option<Page>,
    /// Hosts, in lower case and without port, whose every path is the page's.
    pub page_hosts: BTreeSet<String>,
    /// Requests kept in the log in memory.
    pub log_capacity: usize,
}

/// What a client may ask of the gateway.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request body. Beyond: 413. Of all bodies in memory together: ten times as much. Beyond: 503.
    pub body: usize,
    /// Bytes of a request body that are read before the caller is known. Beyond: 401.
    pub anonymous_body: usize,
    /// Bytes of a request's head. Beyond: 431.
    pub header_bytes: usize,
    /// Headers of a request. Beyond: 431.
    pub headers: usize,
    /// Open client connections. Beyond: they wait to be accepted.
    pub connections: usize,
    /// Requests of one consumer at the same time. Beyond: 429.
    pub requests_per_consumer: u32,
}

/// How long the gateway waits for whom.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For the head of a request, from when its connection has nothing else to do: also how long an unused connection is kept.
    pub header: Duration,
    /// For the next piece of a request's body. Beyond: 408.
    pub body: Duration,
    /// For a connection to a provider, name resolution and TLS included.
    pub connect: Duration,
    /// For the head of a provider's answer, where the route sets no shorter limit. Beyond: 504.
    pub first_byte: Duration,
    /// For the next piece of a provider's answer, and for a client to take anything of it. Beyond: the answer is cut.
    pub idle: Duration,
    /// For which an unused connection to a provider is kept.
    pub keep: Duration,
}

/// The management page and API, as far as the gateway's listener serves them. Its handler runs on the gateway's threads: long work belongs on
/// a runtime of its own.
#[derive(Clone)]
pub struct Page(Arc<dyn Fn(Request<Incoming>) -> PageFuture + Send + Sync>);

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 0,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            idle_connections: 256,
            extra_ca_file: None,
            page: None,
            page_hosts: BTreeSet::new(),
            log_capacity: 4096,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 100 << 20,
            anonymous_body: 1 << 20,
            header_bytes: 64 << 10,
            headers: 100,
            connections: 10_000,
            requests_per_consumer: 1_000,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(75),
            body: Duration::from_mins(1),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(10),
            idle: Duration::from_mins(3),
            keep: Duration::from_secs(30),
        }
    }
}

impl Page {
    /// A page answered by `handler`.
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<PageBody>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(handler(request))))
    }

    pub(crate) fn answer(&self, request: Request<Incoming>) -> PageFuture {
        (self.0)(request)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page")
    }
}

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}
