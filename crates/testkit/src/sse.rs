//! A client of event streams that knows when every frame came and how the stream ended.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::http::{AnswerReader, Ending, Head, Request};

/// A stream that is read only when asked: not asking for frames is back-pressure.
pub struct SseStream {
    head: Head,
    reader: AnswerReader,
    sent: Instant,
    /// Body bytes that do not make a frame yet.
    rest: Vec<u8>,
    /// When the last of them came.
    last_read: (Instant, SystemTime),
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name, if it has one.
    pub event: Option<String>,
    /// Its data; several lines are joined by line ends.
    pub data: String,
    /// When its last byte was read.
    pub at: Instant,
    /// The same on the clock that other processes share.
    pub wall: SystemTime,
}

impl Frame {
    /// The data as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }

    /// From the stamp `"t=<microseconds since 1970> ` in the data, which the scripted vendor writes when it makes a
    /// frame, until the frame was read here.
    pub fn delay(&self) -> Option<Duration> {
        let digits = self.data.split_once("\"t=")?.1;
        let micros: u64 = digits.split_once(' ')?.0.parse().ok()?;
        self.wall.duration_since(UNIX_EPOCH + Duration::from_micros(micros)).ok()
    }
}

/// A stream that was read to its end.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// Status and headers.
    pub head: Head,
    /// The frames, with those that were read one by one left out.
    pub frames: Vec<Frame>,
    /// How the body ended.
    pub ending: Ending,
    /// What came after the last whole frame.
    pub unfinished: String,
    /// When the request had been written.
    pub sent: Instant,
    /// When the first byte of the answer was read.
    pub first_byte: Option<Instant>,
}

impl Transcript {
    /// From one frame to the next.
    pub fn gaps(&self) -> Vec<Duration> {
        self.frames.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }

    /// From the request to the first frame.
    pub fn time_to_first_frame(&self) -> Option<Duration> {
        self.frames.first().map(|frame| frame.at - self.sent)
    }

    /// Whether the end mark of OpenAI's streams came.
    pub fn saw_done(&self) -> bool {
        self.frames.iter().any(|frame| frame.data == "[DONE]")
    }

    /// The text of a streamed chat.
    pub fn text(&self) -> String {
        let texts = self.frames.iter().map(|frame| frame.json()["choices"][0]["delta"]["content"].clone());
        texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }
}

impl SseStream {
    /// Sends `request` and reads the answer's head.
    pub async fn open(addr: SocketAddr, request: &Request) -> io::Result<Self> {
        Self::begin(TcpStream::connect(addr).await?, addr, request).await
    }

    /// The same with a small receive buffer, so that a pause is felt by the server soon.
    pub async fn open_with_buffer(addr: SocketAddr, request: &Request, receive_buffer: u32) -> io::Result<Self> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_recv_buffer_size(receive_buffer)?;
        Self::begin(socket.connect(addr).await?, addr, request).await
    }

    async fn begin(mut stream: TcpStream, addr: SocketAddr, request: &Request) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.write_all(&request.to_bytes(&addr.to_string())).await?;
        let sent = Instant::now();
        let (head, reader) = AnswerReader::open(stream, false).await?;
        Ok(Self { head, reader, sent, rest: Vec::new(), last_read: (sent, SystemTime::now()) })
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The next frame; `None` once the body has ended, cleanly or not. Comments are passed over.
    pub async fn next_frame(&mut self) -> Option<Frame> {
        loop {
            while let Some(lines) = take_block(&mut self.rest) {
                if let Some(frame) = self.frame(&lines) {
                    return Some(frame);
                }
            }
            let bytes = self.reader.next().await?;
            self.last_read = (Instant::now(), SystemTime::now());
            self.rest.extend_from_slice(&bytes);
        }
    }

    /// Reads the rest.
    pub async fn finish(mut self) -> Transcript {
        let mut frames = Vec::new();
        while let Some(frame) = self.next_frame().await {
            frames.push(frame);
        }
        Transcript {
            head: self.head,
            frames,
            ending: self.reader.ending(),
            unfinished: String::from_utf8_lossy(&self.rest).into_owned(),
            sent: self.sent,
            first_byte: self.reader.first_byte(),
        }
    }

    /// Leaves in the middle of the stream, as a client does that was closed.
    pub fn leave(self) {
        drop(self);
    }

    /// Leaves in the middle of the stream with a reset, as a client does that crashed.
    pub fn reset(self) -> io::Result<()> {
        self.reader.into_stream().set_zero_linger()
    }

    fn frame(&self, lines: &str) -> Option<Frame> {
        let field = |line: &str, name: &str| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            Some(value.strip_prefix(' ').unwrap_or(value).to_owned())
        };
        let data: Vec<String> = lines.lines().filter_map(|line| field(line, "data")).collect();
        let event = lines.lines().filter_map(|line| field(line, "event")).next_back();
        let (at, wall) = self.last_read;
        (event.is_some() || !data.is_empty()).then(|| Frame { event, data: data.join("\n"), at, wall })
    }
}

/// Takes the lines up to the first empty one.
fn take_block(rest: &mut Vec<u8>) -> Option<String> {
    let ends = [b"\n\n".as_slice(), b"\r\n\r\n".as_slice()];
    let found = ends.iter().filter_map(|end| rest.windows(end.len()).position(|window| window == *end).map(|at| at + end.len()));
    let size = found.min()?;
    let block: Vec<u8> = rest.drain(..size).collect();
    Some(String::from_utf8_lossy(&block).into_owned())
}
