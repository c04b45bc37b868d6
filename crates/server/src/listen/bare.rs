//! hyper refuses by itself what is no HTTP, or has too large a head: with a bare status. It says so in our words instead.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use agm_domain::code::Code;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::edge;
use crate::error::ApiError;

/// A connection whose bare refusals are filled in.
pub(super) struct Filled<S> {
    stream: S,
    /// What is written in place of a bare refusal, and how much of it was.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Filled<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, instead: None }
    }
}

/// The status of a refusal that did not come from us: a head and nothing else, without what is in each of our answers.
fn bare_status(written: &[u8]) -> Option<u16> {
    let head = written.strip_suffix(b"\r\n\r\n").filter(|head| head.starts_with(b"HTTP/1.") && head.get(8..10) == Some(b" 4"))?;
    let head = std::str::from_utf8(head).ok()?;
    let ours = head.contains(edge::VERSION.as_str()) || head.contains("\r\n\r\n");
    if ours { None } else { head[9..].get(..3)?.parse().ok() }
}

fn filled(status: u16) -> Vec<u8> {
    let (reason, message) = match status {
        431 => ("Request Header Fields Too Large", "the head of the request is larger than 32 KiB"),
        414 => ("URI Too Long", "the path of the request is too long"),
        _ => ("Bad Request", "this is no request that HTTP knows"),
    };
    let error = ApiError::new(Code::MalformedRequest, message).hint("send it again as HTTP/1.1");
    let body = serde_json::to_vec(&error.body()).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
    for (name, value) in edge::refuse(&error).headers() {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    // Its own length stands among the headers only once the body was sent by hyper.
    text.extend_from_slice(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
    text.extend_from_slice(&body);
    text
}

impl<S: AsyncWrite + Unpin> Filled<S> {
    /// Writes what stands in place of a bare refusal; hyper is told that its own was written.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((text, written)) = &mut self.instead {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &text[*written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *written += more,
            }
            if *written == text.len() {
                self.instead = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Filled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            let Some(status) = bare_status(buf) else { return Pin::new(&mut self.stream).poll_write(cx, buf) };
            self.instead = Some((filled(status), 0));
        }
        ready!(self.poll_instead(cx))?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match bufs {
            [only] => self.poll_write(cx, only),
            // A head with a body behind it.
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Filled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}
