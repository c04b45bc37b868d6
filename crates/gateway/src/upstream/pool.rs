//! The connections of one worker, by destination.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use agm_domain::endpoint::{Destination, Scheme};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;

use super::connect::{self, Io};
use super::failure::{Failure, Kind};
use crate::body::outgoing::Outgoing;
use crate::local::LocalTasks;
use crate::settings::Timeouts;
use crate::shared::Shared;

/// Bytes that a connection holds in each direction, towards clients too: what a stream costs, however long it is.
pub(crate) const BUFFER: usize = 64 << 10;
/// Headers that an answer may have.
const MAX_HEADERS: usize = 200;

/// Every pool of one worker.
#[derive(Debug)]
pub(crate) struct Pools {
    by_destination: RefCell<HashMap<Destination, Rc<Pool>>>,
    gateway: Arc<Shared>,
    timeouts: Timeouts,
    max_idle: usize,
    tasks: LocalTasks,
}

/// The connections to one destination.
pub(crate) struct Pool {
    destination: Destination,
    idle: RefCell<Vec<Idle>>,
    shared: RefCell<Option<http2::SendRequest<Outgoing>>>,
    gateway: Arc<Shared>,
    timeouts: Timeouts,
    max_idle: usize,
    tasks: LocalTasks,
}

/// A connection of HTTP/1.1 with the half that sends on it.
pub(crate) struct Wire {
    pub(super) sender: http1::SendRequest<Outgoing>,
    pub(super) connection: http1::Connection<TokioIo<Io>, Outgoing>,
    /// Whether the connection ran to its end.
    pub(super) finished: bool,
    /// Whether it was used before: then it may have died unnoticed.
    pub(super) used: bool,
}

struct Idle {
    since: Instant,
    wire: Box<Wire>,
}

/// A connection to use.
pub(crate) enum Lease {
    /// Alone.
    Wire(Box<Wire>),
    /// Together with others.
    Shared {
        sender: http2::SendRequest<Outgoing>,
        /// Whether the connection was used before: then it may have died unnoticed.
        used: bool,
    },
}

impl Pools {
    pub(crate) fn new(gateway: Arc<Shared>, timeouts: Timeouts, max_idle: usize, tasks: LocalTasks) -> Self {
        Self { by_destination: RefCell::default(), gateway, timeouts, max_idle, tasks }
    }

    /// The pool of a destination, made when first asked for.
    pub(crate) fn get(&self, destination: &Destination) -> Rc<Pool> {
        let mut pools = self.by_destination.borrow_mut();
        if let Some(pool) = pools.get(destination) {
            return Rc::clone(pool);
        }
        let pool = Rc::new(Pool {
            destination: destination.clone(),
            idle: RefCell::default(),
            shared: RefCell::default(),
            gateway: Arc::clone(&self.gateway),
            timeouts: self.timeouts.clone(),
            max_idle: self.max_idle,
            tasks: self.tasks.clone(),
        });
        pools.insert(destination.clone(), Rc::clone(&pool));
        pool
    }

    /// Where its tasks run.
    pub(crate) fn tasks(&self) -> &LocalTasks {
        &self.tasks
    }

    /// Closes what was idle for too long or has died, and forgets destinations that nobody uses.
    pub(crate) fn sweep(&self) {
        let mut pools = self.by_destination.borrow_mut();
        pools.values().for_each(|pool| pool.sweep());
        pools.retain(|_, pool| Rc::strong_count(pool) > 1 || !pool.idle.borrow().is_empty() || pool.shared.borrow().is_some());
    }
}

impl Pool {
    /// A connection: an idle one, unless `fresh` is asked for, else a new one.
    pub(crate) async fn lease(&self, fresh: bool) -> Result<Lease, Failure> {
        let shared = self.shared.borrow().clone().filter(|s| !s.is_closed());
        if let Some(shared) = shared.filter(|_| !fresh) {
            return Ok(Lease::Shared { sender: shared, used: true });
        }
        if !fresh {
            while let Some(mut idle) = self.pop() {
                if idle.wire.is_alive() {
                    return Ok(Lease::Wire(idle.wire));
                }
            }
        }
        match tokio::time::timeout(self.timeouts.connect, self.open()).await {
            Ok(lease) => lease,
            Err(_) => Err(Failure::new(
                Kind::ConnectTimeout,
                format_args!("{}:{} within {:?}", self.destination.host, self.destination.port, self.timeouts.connect),
            )),
        }
    }

    /// Takes a connection back that has finished its exchange.
    pub(crate) fn give_back(&self, mut wire: Box<Wire>) {
        wire.used = true;
        // By being polled once more it learns of the end of the body and gets ready for the next request.
        if wire.is_alive() && wire.sender.is_ready() {
            let mut idle = self.idle.borrow_mut();
            if idle.len() < self.max_idle {
                idle.push(Idle { since: Instant::now(), wire });
            }
        }
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop()
    }

    async fn open(&self) -> Result<Lease, Failure> {
        self.gateway.opened.fetch_add(1, Ordering::Relaxed);
        let tls = (self.destination.scheme == Scheme::Https).then(|| self.gateway.roots.client());
        let (io, h2) = connect::open(&self.destination, tls)
            .await
            .map_err(|e| Failure::new(Kind::Connect, format_args!("{}:{}: {e}", self.destination.host, self.destination.port)))?;
        let no_handshake = |e: hyper::Error| Failure::new(Kind::Connect, e);
        if h2 {
            let builder = http2::Builder::new(self.tasks.clone());
            let (sender, connection) = builder.handshake(TokioIo::new(io)).await.map_err(no_handshake)?;
            self.tasks.spawn(async move {
                // Its end shows in the sender.
                drop(connection.await);
            });
            *self.shared.borrow_mut() = Some(sender.clone());
            return Ok(Lease::Shared { sender, used: false });
        }
        let (sender, connection) =
            http1::Builder::new().max_headers(MAX_HEADERS).max_buf_size(BUFFER).handshake(TokioIo::new(io)).await.map_err(no_handshake)?;
        Ok(Lease::Wire(Box::new(Wire { sender, connection, finished: false, used: false })))
    }

    fn sweep(&self) {
        let oldest = self.timeouts.keep;
        self.idle.borrow_mut().retain_mut(|idle| idle.since.elapsed() < oldest && idle.wire.is_alive());
        let mut shared = self.shared.borrow_mut();
        if shared.as_ref().is_some_and(http2::SendRequest::is_closed) {
            *shared = None;
        }
    }
}

impl Wire {
    /// Whether it can still be used, as far as one can tell without waiting.
    fn is_alive(&mut self) -> bool {
        if !self.finished {
            let mut cx = Context::from_waker(Waker::noop());
            self.finished = std::pin::Pin::new(&mut self.connection).poll(&mut cx).is_ready();
        }
        !self.finished && !self.sender.is_closed()
    }

    /// Lets it work.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.finished
            && let Poll::Ready(end) = std::pin::Pin::new(&mut self.connection).poll(cx)
        {
            self.finished = true;
            // Whoever waits for the answer or its body is told there.
            drop(end);
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("destination", &self.destination).finish_non_exhaustive()
    }
}

/// How long between two sweeps.
pub(crate) const SWEEP: Duration = Duration::from_secs(5);
