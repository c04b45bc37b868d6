//! One request on one connection: for what is asked once, and timed by whoever asks.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer here takes, in the slowest gateway.
const PATIENCE: Duration = Duration::from_secs(20);

/// The chat request that every gateway here can answer.
pub(super) const CHAT: &str = r#"{"model":"bench-model","messages":[{"role":"user","content":"Are you there?"}]}"#;

pub(super) struct Answer {
    pub(super) status: u16,
    /// Head and body as they came.
    pub(super) text: String,
}

/// Sends a JSON body to a loopback port and reads until the connection closes.
pub(super) fn call(port: u16, method: &str, path: &str, headers: &[String], body: &str) -> io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for header in headers {
        write!(request, "{header}\r\n").map_err(io::Error::other)?;
    }
    write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).map_err(io::Error::other)?;
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer { status: status.ok_or(io::ErrorKind::InvalidData)?, text })
}
