//! Accepting connections, and ending them.

mod bare;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use agm_ops::OpError;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Peer;
use crate::edge;

/// For the head of a request, from its connection's first idle moment.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// The same where more than half of the places are taken: who asks nothing must not keep others out.
const HEAD_HURRY: Duration = Duration::from_secs(2);
/// Bytes of a head.
const HEAD_BYTES: usize = 32 << 10;
/// Before accepting is tried again where the system refuses it (too many open files).
const BREATH: Duration = Duration::from_millis(100);

/// What accepting needs.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) router: Router,
    pub(crate) connections: usize,
    /// Ends accepting; connections finish what they are at.
    pub(crate) closing: CancellationToken,
    /// Ends everything at once.
    pub(crate) cutting: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Listening {
    pub(crate) async fn run(self) {
        let room = Arc::new(Semaphore::new(self.connections));
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&room) => accepted,
                () = self.closing.cancelled() => return,
            };
            let Some((stream, permit)) = accepted else { continue };
            let scarce = room.available_permits() < self.connections / 2;
            let patience = if scarce { HEAD_HURRY } else { HEAD_PATIENCE };
            let serving = serve(stream, patience, self.router.clone(), self.closing.clone(), self.tasks.clone());
            let cutting = self.cutting.clone();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = serving => {}
                    () = cutting.cancelled() => {}
                }
                drop(permit);
            });
        }
    }

    async fn accept(&self, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let permit = room.clone().acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some((stream, permit)),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                None
            }
        }
    }
}

/// Serves a connection to its end: the client's, or ours after the answers under way.
async fn serve(stream: TcpStream, patience: Duration, router: Router, closing: CancellationToken, tasks: TaskTracker) {
    // Without it the last frame of an event waits for the client's acknowledgement: 40 ms.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(peer) = stream.peer_addr() else { return };
    let asked = CancellationToken::new();
    let first = asked.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        first.cancel();
        let (router, tasks) = (router.clone(), tasks.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            let changes = !request.method().is_safe();
            let answer = edge::answer(router, request);
            if !changes {
                return Ok::<_, Infallible>(answer.await);
            }
            // A client that leaves takes no half of a change with it, nor its entry in the audit log.
            Ok(tasks.spawn(answer).await.unwrap_or_else(|_| edge::refuse(&OpError::internal("the request was cut off").into())))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BYTES);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(100).keep_alive_interval(Some(HEAD_PATIENCE));
    let connection = builder.serve_connection(TokioIo::new(bare::Filled::new(stream)), service);
    tokio::pin!(connection);
    // Errors of a connection are the client's: it broke off, or spoke no HTTP and was told so.
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        // hyper waits without end for the bytes by which it tells HTTP/1 from HTTP/2.
        () = silent(&asked, patience) => return,
        () = closing.cancelled() => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        drop(connection.await);
    }
}

/// Comes to its end where nothing was asked in time.
async fn silent(asked: &CancellationToken, patience: Duration) {
    if tokio::time::timeout(patience, asked.cancelled()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}
