//! Takes connections in and hands them to the workers in turn.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
    let loop_ = async {
        for worker in workers.iter().cycle() {
            let Ok(permit) = Arc::clone(&allowed).acquire_owned().await else { return };
            let stream = loop {
                match listener.accept().await {
                    Ok((stream, _)) => break stream,
                    // A connection that died in the queue, or no file descriptor left: later ones may do better.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            };
            let Ok(stream) = stream.into_std() else { continue };
            if worker.send((stream, permit)).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = loop_ => {}
        () = shared.closing.cancelled() => {}
    }
}
