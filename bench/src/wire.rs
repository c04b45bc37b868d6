//! The least HTTP/1.1 client that notices everything: one connection, one buffer, answers piece by piece.
//!
//! What a client library forgives is an error here: an answer that breaks off, a chunk without its end, bytes after the end.

use std::io;
use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MOST_HEADERS: usize = 64;

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// The head of an answer.
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Whether the connection can be used again after the body.
    pub(crate) keeps: bool,
    pub(crate) body: Body,
}

/// What is still to come of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// So many bytes.
    Length(usize),
    /// Chunks; so many bytes of the one begun, its line end included.
    Chunked {
        left: usize,
    },
    /// Everything until the connection closes.
    UntilClosed,
    Done,
}

impl Connection {
    pub(crate) async fn open(target: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(16 << 10) })
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        if self.buffer.is_empty() { self.stream.write_all(request).await } else { Err(broken("there are bytes after the answer's end")) }
    }

    /// The next answer's head.
    pub(crate) async fn head(&mut self) -> io::Result<Head> {
        loop {
            if let Some((head, length)) = parse_head(&self.buffer)? {
                self.buffer.advance(length);
                return Ok(head);
            }
            self.more().await?;
        }
    }

    /// The next piece of the body, as soon as it is there; `None` after the last.
    pub(crate) async fn piece(&mut self, body: &mut Body) -> io::Result<Option<Bytes>> {
        loop {
            if *body == Body::Done {
                return Ok(None);
            }
            if let Some(piece) = take(&mut self.buffer, body)? {
                return Ok(Some(piece));
            }
            if *body != Body::Done && self.more().await.or_else(|error| body.ends_with(error))? == 0 {
                *body = Body::Done;
            }
        }
    }

    /// Reads the body to its end and says how long it was.
    pub(crate) async fn drain(&mut self, mut body: Body) -> io::Result<usize> {
        let mut length = 0;
        while let Some(piece) = self.piece(&mut body).await? {
            length += piece.len();
        }
        Ok(length)
    }

    async fn more(&mut self) -> io::Result<usize> {
        self.buffer.reserve(4 << 10);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

impl Body {
    /// Only one kind of body may end with its connection.
    fn ends_with(self, error: io::Error) -> io::Result<usize> {
        if self == Self::UntilClosed && error.kind() == io::ErrorKind::UnexpectedEof { Ok(0) } else { Err(error) }
    }
}

/// The head at the start of `bytes` and its length, once all of it is there.
fn parse_head(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = answer.parse(bytes).map_err(|error| broken(&format!("the head cannot be read: {error}")))?
    else {
        return Ok(None);
    };
    let mut head = Head { status: answer.code.unwrap_or_default(), keeps: answer.version == Some(1), body: Body::UntilClosed };
    for header in answer.headers.iter() {
        let value = String::from_utf8_lossy(header.value);
        if header.name.eq_ignore_ascii_case("content-length") {
            let length: usize = value.trim().parse().map_err(|_| broken("the length is no number"))?;
            head.body = if length == 0 { Body::Done } else { Body::Length(length) };
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            head.body = Body::Chunked { left: 0 };
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.keeps = !value.eq_ignore_ascii_case("close");
        }
    }
    head.keeps &= head.body != Body::UntilClosed;
    Ok(Some((head, length)))
}

/// The next piece of the body out of what was read so far.
fn take(buffer: &mut BytesMut, body: &mut Body) -> io::Result<Option<Bytes>> {
    match body {
        Body::Done => Ok(None),
        _ if buffer.is_empty() => Ok(None),
        Body::UntilClosed => Ok(Some(buffer.split().freeze())),
        Body::Length(left) => {
            let piece = buffer.split_to(buffer.len().min(*left)).freeze();
            *left -= piece.len();
            if *left == 0 {
                *body = Body::Done;
            }
            Ok(Some(piece))
        }
        Body::Chunked { .. } => take_chunk(buffer, body),
    }
}

/// A piece of a chunk, without the line ends around it. `left` counts the two bytes of the line end that closes a chunk.
fn take_chunk(buffer: &mut BytesMut, body: &mut Body) -> io::Result<Option<Bytes>> {
    loop {
        let Body::Chunked { left } = body else { return Ok(None) };
        if *left > 2 {
            let piece = buffer.split_to(buffer.len().min(*left - 2)).freeze();
            *left -= piece.len();
            return Ok((!piece.is_empty()).then_some(piece));
        }
        if *left > 0 {
            if buffer.len() < 2 {
                return Ok(None);
            }
            if buffer.split_to(2) != b"\r\n"[..] {
                return Err(broken("a chunk does not end where it should"));
            }
            *left = 0;
        }
        match httparse::parse_chunk_size(buffer) {
            Ok(httparse::Status::Complete((line, 0))) => {
                if buffer.len() < line + 2 {
                    return Ok(None);
                }
                buffer.advance(line + 2);
                *body = Body::Done;
                return Ok(None);
            }
            Ok(httparse::Status::Complete((line, size))) => {
                buffer.advance(line);
                *left = usize::try_from(size).map_err(|_| broken("a chunk is too long"))?.saturating_add(2);
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(broken("a chunk's length cannot be read")),
        }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
