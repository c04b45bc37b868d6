//! Reads an answer off a socket, piece by piece and only when asked, so that not asking is back-pressure.

use std::io;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Ending, Head};

/// Longer heads, and longer chunk lines, are refused.
const HEAD_LIMIT: usize = 256 * 1024;

pub(crate) struct AnswerReader {
    stream: TcpStream,
    /// Read but not yet given out.
    buffer: Vec<u8>,
    framing: Framing,
    first_byte: Option<Instant>,
}

/// What the next bytes are.
enum Framing {
    /// So many more bytes of a declared length.
    Length(u64),
    /// A chunk's size line.
    ChunkSize,
    /// So many more bytes of a chunk.
    Chunk(u64),
    /// The line end after a chunk.
    ChunkEnd,
    /// Trailers, up to an empty line.
    Trailers,
    /// Everything until the close.
    Close,
    Over(Ending),
}

impl AnswerReader {
    /// Reads the head. Informational answers are skipped.
    pub(crate) async fn open(stream: TcpStream, no_body: bool) -> io::Result<(Head, Self)> {
        let mut reader = Self { stream, buffer: Vec::new(), framing: Framing::Close, first_byte: None };
        let head = loop {
            let head = reader.head().await?;
            if head.status >= 200 {
                break head;
            }
        };
        let length = head.header("content-length").and_then(|length| length.parse().ok());
        let chunked = head.header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked"));
        reader.framing = match length {
            _ if no_body || matches!(head.status, 204 | 304) => Framing::Over(Ending::Clean),
            _ if chunked => Framing::ChunkSize,
            Some(length) => Framing::Length(length),
            None => Framing::Close,
        };
        Ok((head, reader))
    }

    /// The next bytes of the body as they come; `None` once it has ended.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.framing {
                Framing::Over(_) => return None,
                Framing::Length(0) => self.framing = Framing::Over(Ending::Clean),
                Framing::Length(left) => {
                    let bytes = self.take(left).await?;
                    self.framing = Framing::Length(left - bytes.len() as u64);
                    return Some(bytes);
                }
                Framing::Close => {
                    if self.buffer.is_empty() && self.fill().await == Some(0) {
                        self.framing = Framing::Over(Ending::Clean);
                        return None;
                    }
                    if !self.buffer.is_empty() {
                        return Some(std::mem::take(&mut self.buffer));
                    }
                }
                Framing::ChunkSize => {
                    let line = self.line().await?;
                    let size = line.split(';').next().unwrap_or_default().trim();
                    self.framing = match u64::from_str_radix(size, 16) {
                        Ok(0) => Framing::Trailers,
                        Ok(size) => Framing::Chunk(size),
                        Err(_) => Framing::Over(Ending::Broken(format!("`{size}` is no chunk size"))),
                    };
                }
                Framing::Chunk(0) => self.framing = Framing::ChunkEnd,
                Framing::Chunk(left) => {
                    let bytes = self.take(left).await?;
                    self.framing = Framing::Chunk(left - bytes.len() as u64);
                    return Some(bytes);
                }
                Framing::ChunkEnd => {
                    let rest = self.line().await?;
                    self.framing = if rest.is_empty() {
                        Framing::ChunkSize
                    } else {
                        Framing::Over(Ending::Broken("a chunk is longer than its size".to_owned()))
                    };
                }
                Framing::Trailers => {
                    if self.line().await?.is_empty() {
                        self.framing = Framing::Over(Ending::Clean);
                    }
                }
            }
        }
    }

    /// How the body ended; broken as long as it has not.
    pub(crate) fn ending(&self) -> Ending {
        match &self.framing {
            Framing::Over(ending) => ending.clone(),
            _ => Ending::Broken("left before the end".to_owned()),
        }
    }

    /// When the first byte of the answer was read.
    pub(crate) fn first_byte(&self) -> Option<Instant> {
        self.first_byte
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    async fn head(&mut self) -> io::Result<Head> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer's head does not end"));
            }
            if self.read().await? == 0 {
                let message = "the connection closed before an answer";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
            }
        };
        let bytes: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|status| status.parse().ok());
        let Some(status) = status else {
            let message = format!("`{status_line}` is no status line of HTTP/1");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        };
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        Ok(Head { status, headers })
    }

    /// Up to `most` bytes; `None` after marking the body as broken.
    async fn take(&mut self, most: u64) -> Option<Vec<u8>> {
        if self.buffer.is_empty() && self.fill().await? == 0 {
            self.framing = Framing::Over(Ending::Broken("closed before its end".to_owned()));
            return None;
        }
        let size = usize::try_from(most).unwrap_or(usize::MAX).min(self.buffer.len());
        Some(self.buffer.drain(..size).collect())
    }

    /// A line without its end; `None` after marking the body as broken.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.buffer.len() > HEAD_LIMIT || self.fill().await? == 0 {
                self.framing = Framing::Over(Ending::Broken("closed between two chunks".to_owned()));
                return None;
            }
        }
    }

    /// Reads more; an error breaks the body and is `None`.
    async fn fill(&mut self) -> Option<usize> {
        match self.read().await {
            Ok(read) => Some(read),
            Err(error) => {
                self.framing = Framing::Over(Ending::Broken(error.to_string()));
                None
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        if read > 0 && self.first_byte.is_none() {
            self.first_byte = Some(Instant::now());
        }
        Ok(read)
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
