//! Reads an event stream line by line, however it is cut into pieces.

use memchr::memmem;

use super::json::Scan;
use super::usage::Reading;

/// Enough of a line to know what it is: the longest of [`GOODBYES`].
const HEAD: usize = 32;

/// Lines by which a stream says that it is complete.
const GOODBYES: [&[u8]; 6] = [
    b"data: [DONE]",
    b"data:[DONE]",
    b"event: message_stop",
    b"event: response.completed",
    b"event: response.incomplete",
    b"event: response.failed",
];

/// The reader.
#[derive(Debug, Default)]
pub(crate) struct Events {
    scan: Scan,
    reading: Reading,
    goodbye: bool,
    head: [u8; HEAD],
    /// Bytes of the unfinished line so far; 0 between lines.
    seen: usize,
    /// Whether the unfinished line is data and goes to the scanner.
    data: bool,
}

impl Events {
    /// What was read so far.
    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Whether the stream said that it is complete.
    pub(crate) fn said_goodbye(&self) -> bool {
        self.goodbye
    }

    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if self.seen == 0 {
                self.line(&rest[..end]);
            } else {
                self.part(&rest[..end]);
                self.finish();
            }
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.part(rest);
        }
    }

    /// A line that came in one piece. Most of them carry nothing to read, and a search for one word tells.
    fn line(&mut self, line: &[u8]) {
        self.note(line);
        let Some(data) = line.strip_prefix(b"data:") else { return };
        if self.reading.model().is_none() || memmem::find(data, b"\"usage\"").is_some() {
            self.scan.restart();
            self.scan.feed(data, &mut self.reading);
        }
    }

    /// A part of a line.
    fn part(&mut self, part: &[u8]) {
        let mut rest = part;
        if self.seen < HEAD {
            let taken = rest.len().min(HEAD - self.seen);
            self.head[self.seen..self.seen + taken].copy_from_slice(&rest[..taken]);
            let before = self.seen;
            self.seen += taken;
            if before < 5 && self.seen >= 5 {
                self.data = self.head.starts_with(b"data:");
                self.scan.restart();
                rest = &rest[5 - before..];
            } else if self.seen < 5 {
                return;
            }
        }
        if self.data {
            self.scan.feed(rest, &mut self.reading);
        }
    }

    /// The end of a line that came in parts.
    fn finish(&mut self) {
        let head = self.head;
        self.note(&head[..self.seen.min(HEAD)]);
        self.seen = 0;
        self.data = false;
    }

    fn note(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.goodbye |= GOODBYES.contains(&line);
    }
}
