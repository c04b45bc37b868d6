//! Server-sent events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) seq: u64,
    #[serde(default)]
    pub(crate) time: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) revision: u64,
    #[serde(default)]
    pub(crate) data: Value,
}

/// The events of a running agm, as they come.
pub(crate) struct EventStream {
    response: reqwest::Response,
    frames: Frames,
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        Self { response, frames: Frames::default() }
    }

    /// The next event; none when the server ends the stream or the connection breaks.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(frame) = self.frames.next() {
                if let Some(event) = event(&frame) {
                    return Some(event);
                }
                continue;
            }
            let chunk = self.response.chunk().await.ok()??;
            self.frames.push(&chunk);
        }
    }
}

/// Cuts bytes into frames, wherever they were cut before.
#[derive(Debug, Default)]
struct Frames {
    buffer: Vec<u8>,
}

impl Frames {
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes.iter().filter(|byte| **byte != b'\r'));
    }

    fn next(&mut self) -> Option<String> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let rest = self.buffer.split_off(end + 2);
        let frame = std::mem::replace(&mut self.buffer, rest);
        Some(String::from_utf8_lossy(&frame).into_owned())
    }
}

/// The event of a frame; none for comments, which keep the connection alive.
fn event(frame: &str) -> Option<Event> {
    let mut data = String::new();
    let mut kind = None;
    for line in frame.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
            }
            "event" => kind = Some(value.to_owned()),
            _ => {}
        }
    }
    if data.is_empty() && kind.is_none() {
        return None;
    }
    let mut event: Event = serde_json::from_str(&data).unwrap_or_default();
    if event.kind.is_empty() {
        event.kind = kind.unwrap_or_default();
    }
    Some(event)
}

#[cfg(test)]
mod tests;
