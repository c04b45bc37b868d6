//! A TCP proxy that misbehaves on demand, in front of anything.

mod relay;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const BACKLOG: u32 = 4096;

/// What is done to the connections; the default does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Every byte arrives this much later, in both directions; throughput stays.
    pub latency: Duration,
    /// Breaks each connection off.
    pub cut: Option<Cut>,
    /// Does not read from this side, so that its sender feels back-pressure.
    pub stop_reading: Option<Side>,
    /// Refuses new connections, as a port does that nobody listens on.
    pub refuse: bool,
}

/// When and how connections break off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// So many bytes still pass, counted per connection from the moment the fault was set.
    pub after: u64,
    /// Whose bytes are counted.
    pub side: Side,
    /// What both ends see.
    pub how: How,
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who connected to the proxy.
    Client,
    /// Whom the proxy stands in front of.
    Target,
}

/// What a broken connection looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A reset.
    Reset,
    /// An end of stream in the wrong place.
    Close,
}

/// A proxy on a loopback port. Dropping it cuts everything.
pub struct ChaosProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// Bound but never listening: keeps the port ours while connections are refused.
    _hold: TcpSocket,
}

pub(crate) struct Shared {
    target: SocketAddr,
    faults: watch::Sender<Faults>,
    door: watch::Sender<Door>,
    /// Counts up to cut what is open.
    cuts: watch::Sender<u64>,
    open: watch::Sender<usize>,
    accepted: AtomicU64,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// Whether new connections get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
    /// The port could not be listened on again.
    Stuck,
}

impl ChaosProxy {
    /// Starts in front of `target`.
    // Asynchronous because a listener can only be made inside a runtime.
    #[allow(clippy::unused_async)]
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let hold = TcpSocket::new_v4()?;
        hold.set_reuseaddr(true)?;
        hold.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let addr = hold.local_addr()?;
        let listener = listen(addr)?;
        let shared = Arc::new(Shared {
            target,
            faults: watch::Sender::new(Faults::default()),
            door: watch::Sender::new(Door::Open),
            cuts: watch::Sender::new(0),
            open: watch::Sender::new(0),
            accepted: AtomicU64::new(0),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        shared.tasks.spawn(accept(listener, addr, Arc::clone(&shared)));
        Ok(Self { addr, shared, _hold: hold })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Changes what is done to new and to open connections; in force when it returns.
    pub async fn set(&self, faults: Faults) -> io::Result<()> {
        self.shared.faults.send_replace(faults);
        let wanted = if faults.refuse { Door::Shut } else { Door::Open };
        let mut door = self.shared.door.subscribe();
        let door = door.wait_for(|door| *door == wanted || *door == Door::Stuck).await.map(|door| *door);
        match door {
            Ok(door) if door == wanted => Ok(()),
            _ => Err(io::Error::other(format!("{} cannot be listened on again", self.addr))),
        }
    }

    /// Connections that are open now.
    pub fn open_connections(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// Waits until exactly this many connections are open.
    pub async fn wait_for_open(&self, count: usize) {
        let mut open = self.shared.open.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _seen = open.wait_for(|open| *open == count).await.is_ok();
    }

    /// Connections ever accepted.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Resets every open connection.
    pub fn cut_all(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Cuts everything and waits until nothing is left.
    pub async fn stop(self) {
        self.shared.stopping.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
    }
}

impl fmt::Debug for ChaosProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosProxy").field("addr", &self.addr).field("target", &self.shared.target).finish_non_exhaustive()
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, addr: SocketAddr, shared: Arc<Shared>) {
    let mut faults = shared.faults.subscribe();
    let mut listener = Some(listener);
    loop {
        let refuse = faults.borrow_and_update().refuse;
        if refuse {
            drop(listener.take());
            until_refused(addr, &shared.stopping).await;
        } else if listener.is_none() {
            listener = listen(addr).ok();
        }
        shared.door.send_replace(match (&listener, refuse) {
            (Some(_), _) => Door::Open,
            (None, true) => Door::Shut,
            (None, false) => Door::Stuck,
        });
        let next = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = next => if let Ok((client, _)) = accepted {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                shared.tasks.spawn(relay::connection(client, Arc::clone(&shared)));
            },
            _ = faults.changed() => {}
            () = shared.stopping.cancelled() => return,
        }
    }
}

/// A process that is being started at this moment holds a copy of every socket until it has become another program;
/// while it does, a closed listener still takes connections.
async fn until_refused(addr: SocketAddr, stopping: &CancellationToken) {
    while !stopping.is_cancelled() && TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
