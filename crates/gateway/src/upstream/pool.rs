//! The connections of one worker, by destination.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use agm_domain::endpoint::{Destination, Scheme};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};

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
    shared: RefCell<Vec<Rc<Multi>>>,
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

type MultiConnection = http2::Connection<TokioIo<Io>, Outgoing, LocalTasks>;

/// A connection of HTTP/2, which many use at the same time.
struct Multi {
    sender: http2::SendRequest<Outgoing>,
    streams: Cell<usize>,
    /// Knows how many of them the provider allows. None once it has ended: kept, it would take requests that nobody sends.
    connection: Rc<RefCell<Option<MultiConnection>>>,
    /// Whether it was used before: then it may have died unnoticed.
    used: Cell<bool>,
    idle_since: Cell<Instant>,
}

/// One place on a connection of HTTP/2, for as long as it lives.
pub(crate) struct Stream(Rc<Multi>);

struct Idle {
    since: Instant,
    wire: Box<Wire>,
}

/// A connection to use.
pub(crate) enum Lease {
    /// Alone.
    Wire(Box<Wire>),
    /// Together with others.
    Shared(Stream),
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
        pools.retain(|_, pool| Rc::strong_count(pool) > 1 || !pool.idle.borrow().is_empty() || !pool.shared.borrow().is_empty());
    }
}

impl Pool {
    /// A connection: an idle one, unless `fresh` is asked for, else a new one.
    pub(crate) async fn lease(&self, fresh: bool) -> Result<Lease, Failure> {
        if !fresh {
            if let Some(stream) = self.stream() {
                return Ok(Lease::Shared(stream));
            }
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

    /// A place on a connection that has one left.
    fn stream(&self) -> Option<Stream> {
        let shared = self.shared.borrow();
        let has_room = |multi: &&Rc<Multi>| !multi.sender.is_closed() && multi.streams.get() < multi.room();
        shared.iter().find(has_room).map(Stream::on)
    }

    /// Gives no more places on this connection: it does not answer. Those who have one keep it.
    pub(super) fn forget(&self, stream: &Stream) {
        self.shared.borrow_mut().retain(|multi| !Rc::ptr_eq(multi, &stream.0));
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop()
    }

    async fn open(&self) -> Result<Lease, Failure> {
        self.gateway.opened.fetch_add(1, Ordering::Relaxed);
        let tls = (self.destination.scheme == Scheme::Https).then(|| self.gateway.roots.client()).transpose();
        let tls = tls.map_err(|e| Failure::new(Kind::Connect, e))?;
        let (io, h2) = connect::open(&self.destination, tls, self.timeouts.connect)
            .await
            .map_err(|e| Failure::new(Kind::Connect, format_args!("{}:{}: {e}", self.destination.host, self.destination.port)))?;
        let no_handshake = |e: hyper::Error| Failure::new(Kind::Connect, e);
        if h2 {
            let mut builder = http2::Builder::new(self.tasks.clone());
            builder
                .timer(TokioTimer::new())
                .initial_stream_window_size(u32::try_from(BUFFER).ok())
                // A connection that died without a word is noticed before a request has to wait for it.
                .keep_alive_interval(Some(self.timeouts.keep / 2))
                .keep_alive_timeout(self.timeouts.connect)
                .keep_alive_while_idle(true);
            let (sender, connection) = builder.handshake(TokioIo::new(io)).await.map_err(no_handshake)?;
            let connection = Rc::new(RefCell::new(Some(connection)));
            let driven = Rc::clone(&connection);
            self.tasks.spawn(async move {
                let drive = |cx: &mut Context<'_>| {
                    let mut connection = driven.borrow_mut();
                    connection.as_mut().map_or(Poll::Ready(Ok(())), |connection| std::pin::Pin::new(connection).poll(cx))
                };
                // However it ended: it ended.
                drop(poll_fn(drive).await);
                let ended = driven.borrow_mut().take();
                drop(ended);
            });
            let multi =
                Rc::new(Multi { sender, connection, streams: Cell::new(0), used: Cell::new(false), idle_since: Cell::new(Instant::now()) });
            let stream = Stream::on(&multi);
            self.shared.borrow_mut().push(multi);
            return Ok(Lease::Shared(stream));
        }
        let (sender, connection) =
            http1::Builder::new().max_headers(MAX_HEADERS).max_buf_size(BUFFER).handshake(TokioIo::new(io)).await.map_err(no_handshake)?;
        Ok(Lease::Wire(Box::new(Wire { sender, connection, finished: false, used: false })))
    }

    fn sweep(&self) {
        let oldest = self.timeouts.keep;
        self.idle.borrow_mut().retain_mut(|idle| idle.since.elapsed() < oldest && idle.wire.is_alive());
        let unused = |multi: &Multi| multi.streams.get() == 0 && multi.idle_since.get().elapsed() >= oldest;
        self.shared.borrow_mut().retain(|multi| !multi.sender.is_closed() && !unused(multi));
    }
}

impl Multi {
    fn room(&self) -> usize {
        let connection = self.connection.try_borrow();
        connection.ok().and_then(|connection| Some(connection.as_ref()?.current_max_send_streams())).unwrap_or(0)
    }
}

impl Stream {
    fn on(multi: &Rc<Multi>) -> Self {
        multi.streams.set(multi.streams.get() + 1);
        Self(Rc::clone(multi))
    }

    pub(super) fn sender(&self) -> http2::SendRequest<Outgoing> {
        self.0.sender.clone()
    }

    /// Whether its connection has answered before, and may have died since.
    pub(super) fn was_used(&self) -> bool {
        self.0.used.get()
    }

    /// An answer has begun on it.
    pub(super) fn answered(&self) {
        self.0.used.set(true);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get() - 1);
        self.0.idle_since.set(Instant::now());
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
