//! Takes the usage chunk out of a stream whose client did not ask for it.
//!
//! Works on whole events: the beginning of an event that is not complete yet is of no use to a client, so holding it back delays nothing.

use bytes::{Bytes, BytesMut};
use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// Longest event that is held back or looked at. The usage chunk has a few hundred bytes.
const MAX_EVENT: usize = 64 << 10;

/// The filter.
#[derive(Debug, Default)]
pub(crate) struct Swallow {
    /// The event that is not complete yet.
    held: BytesMut,
    /// The current event is too long to be held: it goes through as it comes.
    oversize: bool,
    /// The last bytes of an oversize event, in which its end may begin.
    tail: Vec<u8>,
}

/// As much of a chat chunk as decides.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<IgnoredAny>,
    usage: Map<String, Value>,
}

impl Swallow {
    /// Takes a piece and gives what can go on now.
    pub(crate) fn pass(&mut self, piece: Bytes) -> Bytes {
        // The usual case: whole events, none of them about usage.
        if self.held.is_empty() && !self.oversize && ends_event(&piece) && memmem::find(&piece, b"\"usage\"").is_none() {
            return piece;
        }
        let mut out = BytesMut::with_capacity(self.held.len() + piece.len());
        let mut rest = &piece[..];
        if self.oversize {
            rest = self.pass_oversize(rest, &mut out);
        }
        if !rest.is_empty() {
            self.held.extend_from_slice(rest);
            self.release(&mut out);
        }
        out.freeze()
    }

    /// What is still held, when nothing more comes.
    pub(crate) fn rest(&mut self) -> Bytes {
        let held = self.held.split();
        if is_usage_only(&held) { Bytes::new() } else { held.freeze() }
    }

    /// Lets every complete event go that is not the usage chunk.
    fn release(&mut self, out: &mut BytesMut) {
        while let Some(end) = event_end(&self.held) {
            let event = self.held.split_to(end);
            if !is_usage_only(&event) {
                out.extend_from_slice(&event);
            }
        }
        if self.held.len() > MAX_EVENT {
            self.oversize = true;
            self.tail = self.held[self.held.len() - 3..].to_vec();
            out.extend_from_slice(&self.held.split());
        }
    }

    /// Lets an oversize event go up to its end and gives what comes behind it.
    fn pass_oversize<'a>(&mut self, rest: &'a [u8], out: &mut BytesMut) -> &'a [u8] {
        let before = self.tail.len();
        let mut window = std::mem::take(&mut self.tail);
        window.extend_from_slice(rest);
        let end = event_end(&window).map_or(rest.len(), |end| {
            self.oversize = false;
            end - before
        });
        out.extend_from_slice(&rest[..end]);
        if self.oversize {
            self.tail = window[window.len().saturating_sub(3)..].to_vec();
        }
        &rest[end..]
    }
}

fn ends_event(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n") || bytes.ends_with(b"\r\n\r\n")
}

/// Where the first event ends: behind its blank line.
fn event_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Whether an event is a chat chunk without choices that reports usage.
fn is_usage_only(event: &[u8]) -> bool {
    if event.len() > MAX_EVENT || memmem::find(event, b"\"usage\"").is_none() {
        return false;
    }
    let Some(data) = event.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"data:")) else { return false };
    serde_json::from_slice::<Chunk>(data).is_ok_and(|chunk| chunk.choices.is_empty() && !chunk.usage.is_empty())
}
