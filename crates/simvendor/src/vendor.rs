//! A running vendor: from its port to its end.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::behaviour::{Behaviour, On};
use crate::exchange;
use crate::ledger::Ledger;
use crate::request::Request;
use crate::script::{Script, Step};
use crate::wire::{ResetFlag, Wire};

/// Connections that may wait to be accepted; a short queue shows as one-second delays under load.
const BACKLOG: u32 = 4096;

/// How long `stop` waits for answers that are under way.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How often `stop` looks whether the port refuses; somebody else may have taken it by then.
const CLOSE_CHECKS: usize = 100;

/// A vendor on a loopback port. Dropping it cuts everything; [`Vendor::stop`] lets answers finish.
pub struct Vendor {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

/// What every connection of a vendor sees.
pub(crate) struct Shared {
    script: Mutex<Arc<Script>>,
    pub(crate) ledger: Ledger,
    /// No new requests; whoever waits for nothing gives up.
    pub(crate) draining: CancellationToken,
    /// Everything ends now.
    killed: CancellationToken,
    tasks: TaskTracker,
    open: AtomicUsize,
    accepted: AtomicU64,
}

impl Vendor {
    /// Starts on a free loopback port.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::start_on(0, script).await
    }

    /// Starts on this loopback port, for a vendor that comes back where it was.
    // Asynchronous because a listener can only be made inside a runtime.
    #[allow(clippy::unused_async)]
    pub async fn start_on(port: u16, script: Script) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let listener = socket.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(script)),
            ledger: Ledger::default(),
            draining: CancellationToken::new(),
            killed: CancellationToken::new(),
            tasks: TaskTracker::new(),
            open: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
        });
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and the address; any path prefix may follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Replaces the script for requests that arrive from now on.
    pub fn set(&self, script: Script) {
        self.update(|current| *current = script);
    }

    /// Changes the script for requests that arrive from now on.
    pub fn update(&self, change: impl FnOnce(&mut Script)) {
        let mut script = self.shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut script));
    }

    /// Treats one more inference request like this.
    pub fn push(&self, behaviour: Behaviour) {
        self.push_on(On::Inference, behaviour);
    }

    /// Treats one more of these requests like this.
    pub fn push_on(&self, on: On, behaviour: Behaviour) {
        self.update(|script| script.queue.push_back(Step { on, behaviour }));
    }

    /// The requests it remembers, oldest first.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.shared.ledger.all()
    }

    /// How many requests came, remembered or not.
    pub fn request_count(&self) -> u64 {
        self.shared.ledger.count()
    }

    /// The next request that this method has not given out yet; waits for it.
    pub async fn next_request(&self) -> Arc<Request> {
        self.shared.ledger.next().await
    }

    /// Waits until this many requests have come.
    pub async fn wait_for_count(&self, count: u64) {
        self.shared.ledger.wait_for_count(count).await;
    }

    /// Connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Connections ever accepted.
    pub fn accepted_connections(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Stops listening, lets answers finish for two seconds, then cuts the rest. When it returns, the port refuses.
    pub async fn stop(self) {
        self.shared.draining.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(STOP_GRACE, self.shared.tasks.wait()).await.is_err() {
            self.shared.killed.cancel();
            self.shared.tasks.wait().await;
        }
        // A process that is being started at this moment holds a copy of every socket until it has become another
        // program; while it does, a closed listener still takes connections.
        for _ in 0..CLOSE_CHECKS {
            if TcpStream::connect(self.addr).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.shared.draining.cancel();
        self.shared.killed.cancel();
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vendor").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn script(&self) -> Arc<Script> {
        Arc::clone(&self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the behaviour that `request` meets, out of the queue if it stands there.
    pub(crate) fn behaviour(&self, request: &Request) -> Behaviour {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let queued = script.queued(request);
        match queued.and_then(|place| Arc::make_mut(&mut script).queue.remove(place)) {
            Some(step) => step.behaviour,
            None => script.standing(request),
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.draining.cancelled() => return,
        };
        // A connection that failed while it waited in the queue concerns nobody else.
        let Ok((stream, _)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        shared.accepted.fetch_add(1, Ordering::Relaxed);
        shared.open.fetch_add(1, Ordering::Relaxed);
        shared.tasks.spawn(connection(stream, Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let _open = OpenConnection(Arc::clone(&shared));
    let _gone = stream.set_nodelay(true);
    let reset = ResetFlag::default();
    let wire = Wire::new(stream, reset.clone());
    let service = service_fn(|request| exchange::serve(Arc::clone(&shared), reset.clone(), request));
    let builder = auto::Builder::new(TrackedExecutor(shared.tasks.clone()));
    let mut served = pin!(builder.serve_connection(wire, service));
    // How a connection ended is in the records of its exchanges.
    let _ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = shared.draining.cancelled() => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                ended = served.as_mut() => ended,
                () = shared.killed.cancelled() => return,
            }
        }
    };
}

/// Counts a connection for as long as it lives, however it ends.
struct OpenConnection(Arc<Shared>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs the streams of an HTTP/2 connection as tracked tasks.
#[derive(Clone)]
struct TrackedExecutor(TaskTracker);

impl<F> hyper::rt::Executor<F> for TrackedExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        drop(self.0.spawn(future));
    }
}
