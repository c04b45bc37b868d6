//! Takes connections in and hands them to the workers in turn.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, mpsc};

use crate::shared::Shared;
use crate::worker::Accepted;

/// Connections that may wait to be accepted. Fewer, and a burst of streams meets a second of delay.
const BACKLOG: u32 = 4096;

/// Opens the listening socket.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Accepts until the gateway closes.
pub(crate) async fn accept(shared: Arc<Shared>, listener: TcpListener, workers: Vec<mpsc::Sender<Accepted>>) {
    let allowed = Arc::new(Semaphore::new(shared.settings.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut turns = Turns { workers, next: 0 };
    let accepting = async {
        loop {
            let Ok(permit) = Arc::clone(&allowed).acquire_owned().await else { return };
            let stream = loop {
                match listener.accept().await {
                    Ok((stream, _)) => break stream,
                    // A connection that died in the queue, or no file descriptor left: later ones may do better.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            };
            let Ok(stream) = stream.into_std() else { continue };
            if !turns.hand_on((stream, permit)).await {
                return;
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = shared.closing.cancelled() => {}
    }
    // What the system took in before the end was promised an answer; closing the socket would reset it.
    for _ in 0..BACKLOG {
        tokio::task::yield_now().await;
        let Some(Ok((stream, _))) = listener.accept().now_or_never() else { return };
        let (Ok(stream), Ok(permit)) = (stream.into_std(), Arc::clone(&allowed).try_acquire_owned()) else { return };
        if !turns.hand_on((stream, permit)).await {
            return;
        }
    }
}

/// Whose turn it is.
struct Turns {
    workers: Vec<mpsc::Sender<Accepted>>,
    next: usize,
}

impl Turns {
    /// Gives a connection to the next worker; one that has ended is passed over. Says whether there was one to take it.
    async fn hand_on(&mut self, mut accepted: Accepted) -> bool {
        while !self.workers.is_empty() {
            let at = self.next % self.workers.len();
            match self.workers[at].send(accepted).await {
                Ok(()) => {
                    self.next = at + 1;
                    return true;
                }
                Err(mpsc::error::SendError(back)) => {
                    accepted = back;
                    drop(self.workers.remove(at));
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
