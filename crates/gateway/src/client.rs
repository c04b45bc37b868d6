//! A client's end of a connection: how long it may take nothing, and how it is closed.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What is known of the client at the other end.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its address.
    pub peer: Option<SocketAddr>,
    reset: Cell<bool>,
}

/// Its socket.
#[derive(Debug)]
pub(crate) struct ClientIo {
    stream: TcpStream,
    client: Rc<Client>,
    /// How long it may take nothing of what is written.
    patience: Duration,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Client {
    /// The client behind this socket.
    pub(crate) fn of(stream: &TcpStream) -> Rc<Self> {
        Rc::new(Self { peer: stream.peer_addr().ok(), reset: Cell::new(false) })
    }

    /// From now on the connection ends with a reset. A client of HTTP/1.0 takes any other end for that of its answer.
    pub(crate) fn reset_at_end(&self) {
        self.reset.set(true);
    }
}

impl ClientIo {
    pub(crate) fn new(stream: TcpStream, client: Rc<Client>, patience: Duration) -> Self {
        Self { stream, client, patience, stuck: None }
    }

    fn written(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_ready() {
            self.stuck = None;
            return result;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stuck.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ClientIo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, result)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.client.reset.get() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for ClientIo {
    fn drop(&mut self) {
        if self.client.reset.get() {
            // Fails when the client is gone, which is as good.
            self.stream.set_zero_linger().ok();
        }
    }
}
