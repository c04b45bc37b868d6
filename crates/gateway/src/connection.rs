//! One client connection: HTTP/1.1 or HTTP/2, until it ends or the gateway closes.

mod streams;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use self::streams::Streams;
use crate::client::{Client, ClientIo};
use crate::phase;
use crate::upstream::BUFFER;
use crate::worker::Worker;

/// How every connection of HTTP/2 begins.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Streams of one connection of HTTP/2.
const MAX_STREAMS: u32 = 256;

/// For the first bytes of a connection that was accepted as the gateway closed.
const LAST_LOOK: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

/// One more open connection, while it lives.
struct Open<'a>(&'a Worker);

/// Serves a connection to its end.
pub(crate) async fn serve(worker: Rc<Worker>, stream: TcpStream, permit: OwnedSemaphorePermit) {
    let _open = Open::new(&worker);
    // Without it the last frame of a pause waits for the client's acknowledgement: 40 ms.
    let ready = stream.set_nodelay(true);
    let Some(version) = first_look(&worker, &stream).await else { return };
    let client = Client::of(&stream);
    // Errors of a connection are the client's: it broke off, or spoke no HTTP and was told so.
    match (ready, version) {
        (Ok(()), Version::Http1) => http1(&worker, client, stream).await,
        (Ok(()), Version::Http2) => http2(&worker, client, stream).await,
        (Err(_), _) => {}
    }
    drop(permit);
}

/// Waits for the first bytes. `None`: there are none.
async fn first_look(worker: &Worker, stream: &TcpStream) -> Option<Version> {
    let patience = worker.shared.settings.timeouts.header;
    let mut seen = std::pin::pin!(tokio::time::timeout(patience, version(stream)));
    let version = tokio::select! {
        biased;
        version = seen.as_mut() => version,
        // Whoever has asked already is answered; the event loop needs a turn to say so.
        () = worker.shared.closing.cancelled() => tokio::time::timeout(LAST_LOOK, seen).await.ok()?,
    };
    version.ok()?.ok()?
}

async fn http1(worker: &Rc<Worker>, client: Rc<Client>, stream: TcpStream) {
    let limits = &worker.shared.settings.limits;
    let io = ClientIo::new(stream, Rc::clone(&client), worker.shared.settings.timeouts.idle);
    let answering = Rc::clone(worker);
    let service = service_fn(move |request| {
        let (worker, client) = (Rc::clone(&answering), Rc::clone(&client));
        async move { Ok::<_, Infallible>(phase::answer(worker, client, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(worker.shared.settings.timeouts.header)
        .max_headers(limits.headers)
        .max_header_size(limits.header_bytes)
        // A head has to fit into the buffer.
        .max_buf_size(BUFFER.max(limits.header_bytes))
        .serve_connection(TokioIo::new(io), service);
    until_closing(worker, connection, http1::Connection::graceful_shutdown).await;
}

async fn http2(worker: &Rc<Worker>, client: Rc<Client>, stream: TcpStream) {
    let (limits, timeouts) = (&worker.shared.settings.limits, &worker.shared.settings.timeouts);
    let io = ClientIo::new(stream, Rc::clone(&client), timeouts.idle);
    let streams = Streams::new(worker.tasks.clone(), timeouts.idle);
    let (answering, telling) = (Rc::clone(worker), streams.clone());
    let service = service_fn(move |request| {
        let (worker, client, streams) = (Rc::clone(&answering), Rc::clone(&client), telling.clone());
        async move { Ok::<_, Infallible>(phase::answer(worker, client, request).await.map(|body| streams.tell(body))) }
    });
    let connection = http2::Builder::new(streams.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(timeouts.header))
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        () = until_closing(worker, connection.as_mut(), |connection| connection.as_deref_mut().graceful_shutdown()) => return,
        () = streams.unused(timeouts.header) => connection.as_mut().graceful_shutdown(),
    }
    // Who was told and goes on asking is answered; who takes no leave is left.
    tokio::select! {
        _ = connection => {}
        () = streams.unused(timeouts.header) => {}
    }
}

/// Runs a connection; once the gateway closes, it takes no further request.
async fn until_closing<C: Future>(worker: &Worker, connection: C, close: fn(Pin<&mut C>)) {
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = worker.shared.closing.cancelled() => close(connection.as_mut()),
    }
    drop(connection.await);
}

/// Looks at the first bytes without taking them. `None`: the client left.
async fn version(stream: &TcpStream) -> io::Result<Option<Version>> {
    let mut first = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        match count {
            0 => return Ok(None),
            _ if first[..count] != PREFACE[..count] => return Ok(Some(Version::Http1)),
            _ if count == PREFACE.len() => return Ok(Some(Version::Http2)),
            // Nobody tells when a peek would show more.
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

impl<'a> Open<'a> {
    fn new(worker: &'a Worker) -> Self {
        worker.shared.connections.fetch_add(1, Ordering::Relaxed);
        Self(worker)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.shared.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
