//! One raw HTTP/1.1 exchange: well-formed, or malformed on purpose.

mod reader;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

pub(crate) use reader::AnswerReader;

/// A server that says nothing for this long fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that is written out by hand.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without headers or body; `target` is the path with its query.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header; nothing is checked, nothing replaced.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends these bytes.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this as JSON.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json").body(value.to_string())
    }

    /// The request as it goes over the wire. `host`, `content-length` and `connection: close` are added unless given.
    pub fn to_bytes(&self, host: &str) -> Vec<u8> {
        let length = self.body.len().to_string();
        let framed = self.has("transfer-encoding");
        let added = [("host", host), ("connection", "close"), ("content-length", length.as_str())].into_iter();
        let added = added.filter(|(name, _)| !(self.has(name) || framed && *name == "content-length"));
        let given = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let lines = added.chain(given).map(|(name, value)| format!("{name}: {value}\r\n"));
        let head = format!("{} {} HTTP/1.1\r\n{}\r\n", self.method, self.target, lines.collect::<Vec<_>>().concat());
        [head.into_bytes(), self.body.clone()].concat()
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

/// How a body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With its last chunk, its declared length, or the close that was its only end.
    Clean,
    /// Before that; says how.
    Broken(String),
}

/// The first line and the headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// The headers as they came, names in their own case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status and headers.
    pub head: Head,
    /// What came of the body.
    pub body: Vec<u8>,
    /// How the body ended.
    pub ending: Ending,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends `request` on a connection of its own and reads the answer.
pub async fn send(addr: SocketAddr, request: &Request) -> io::Result<Answer> {
    send_raw(addr, &request.to_bytes(&addr.to_string())).await
}

/// Sends these bytes, whatever they are, on a connection of their own and reads the answer.
///
/// A server that closes without an answer is an [`io::ErrorKind::UnexpectedEof`].
pub async fn send_raw(addr: SocketAddr, bytes: &[u8]) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        // A server may refuse and close before it has read everything; its answer still counts.
        let written = stream.write_all(bytes).await;
        let (head, mut reader) = match (AnswerReader::open(stream, bytes.starts_with(b"HEAD ")).await, written) {
            (Ok(opened), _) => opened,
            (Err(_), Err(unsent)) => return Err(unsent),
            (Err(unread), Ok(())) => return Err(unread),
        };
        let mut body = Vec::new();
        while let Some(bytes) = reader.next().await {
            body.extend_from_slice(&bytes);
        }
        Ok(Answer { status: head.status, head, body, ending: reader.ending() })
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("{addr} gave no whole answer in {PATIENCE:?}"))))
}
