//! Captures `usage` and `model` of a JSON document that comes in pieces, in constant memory.
//!
//! They stand at the top (OpenAI, Anthropic) or inside `response` (OpenAI's Responses events) or `message` (Anthropic's first event).

use super::usage::Reading;

/// Longest value that is captured. Real ones are a tenth of it.
const MAX_VALUE: usize = 8 << 10;
/// Room for a value as long as they usually are.
const USUAL_VALUE: usize = 256;
/// Longest key that is compared.
const MAX_KEY: usize = 16;

/// The scanner. `Default` is ready for a new document.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Open brackets.
    depth: u32,
    /// The depth at which the document is closed, once it has begun.
    floor: Option<u32>,
    /// Whether the object at depth 2 is one that is looked into.
    inner: bool,
    /// Whether the next string at a level that is looked into is a key.
    key_next: bool,
    text: Text,
    key: Key,
    /// What is being captured, and the depth of the object it is a member of.
    capture: Option<(Member, u32)>,
    value: Vec<u8>,
}

/// Where the scanner is in a string.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside {
        is_key: bool,
    },
    Escape {
        is_key: bool,
    },
}

#[derive(Debug, Default)]
struct Key {
    bytes: [u8; MAX_KEY],
    /// Greater than `MAX_KEY` when it is too long to matter.
    len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Usage,
    Model,
}

impl Scan {
    /// Starts over with a new document.
    pub(crate) fn restart(&mut self) {
        self.depth = 0;
        self.floor = None;
        self.inner = false;
        self.key_next = false;
        self.text = Text::Outside;
        self.key.len = 0;
        self.capture = None;
        self.value.clear();
    }

    /// Whether everything that was opened is closed again.
    pub(crate) fn is_closed(&self) -> bool {
        self.text == Text::Outside && self.floor.is_some_and(|floor| self.depth <= floor)
    }

    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8], reading: &mut Reading) {
        let mut rest = piece;
        while let Some((&byte, after)) = rest.split_first() {
            match self.text {
                Text::Inside { is_key } => rest = self.in_text(rest, is_key),
                Text::Escape { is_key } => {
                    self.keep(byte, is_key);
                    self.text = Text::Inside { is_key };
                    rest = after;
                }
                Text::Outside => {
                    self.outside(byte, reading);
                    rest = after;
                }
            }
        }
    }

    /// Runs to the end of the string or to a backslash.
    fn in_text<'a>(&mut self, rest: &'a [u8], is_key: bool) -> &'a [u8] {
        let Some(at) = memchr::memchr2(b'"', b'\\', rest) else {
            self.keep_all(rest, is_key);
            return &[];
        };
        self.keep_all(&rest[..at], is_key);
        if rest[at] == b'\\' {
            self.keep(b'\\', is_key);
            self.text = Text::Escape { is_key };
        } else {
            self.text = Text::Outside;
            if self.capture.is_some() {
                self.capture_byte(b'"');
            }
        }
        &rest[at + 1..]
    }

    fn outside(&mut self, byte: u8, reading: &mut Reading) {
        if let Some((member, depth)) = self.capture
            && depth == self.depth
            && matches!(byte, b',' | b'}')
        {
            self.capture = None;
            match member {
                Member::Usage => reading.take_usage(&self.value),
                Member::Model => reading.take_model(&self.value),
            }
            self.value.clear();
        }
        let looked_into = self.looked_into();
        match byte {
            b'"' => {
                let is_key = looked_into && self.key_next;
                if is_key {
                    self.key.len = 0;
                }
                self.text = Text::Inside { is_key };
            }
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.key_next = false;
                self.inner &= self.depth >= 2;
            }
            b',' if looked_into => self.key_next = true,
            b':' if looked_into && self.key_next => {
                self.key_next = false;
                self.capture = self.key.member().map(|member| (member, self.depth));
                if self.capture.is_some() {
                    self.value.reserve(USUAL_VALUE);
                }
                return;
            }
            _ => {}
        }
        if self.capture.is_some() {
            self.capture_byte(byte);
        }
    }

    fn open(&mut self, byte: u8) {
        self.depth += 1;
        let object = byte == b'{';
        if self.depth == 2 {
            self.inner = object && self.capture.is_none() && self.key.is_wrapper();
        }
        self.key_next = object && self.looked_into();
        // A list at the top has nothing to look for.
        if self.depth == 1 && !object {
            self.depth = 3;
        }
        self.floor.get_or_insert(self.depth - 1);
    }

    fn looked_into(&self) -> bool {
        self.depth == 1 || (self.depth == 2 && self.inner)
    }

    fn keep_all(&mut self, bytes: &[u8], is_key: bool) {
        if is_key {
            self.key.push(bytes);
        } else if self.capture.is_some() {
            let room = MAX_VALUE.saturating_sub(self.value.len());
            self.value.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn keep(&mut self, byte: u8, is_key: bool) {
        self.keep_all(&[byte], is_key);
    }

    fn capture_byte(&mut self, byte: u8) {
        if self.value.len() < MAX_VALUE {
            self.value.push(byte);
        }
    }
}

impl Key {
    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end.min(MAX_KEY + 1);
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn member(&self) -> Option<Member> {
        match self.text() {
            b"usage" => Some(Member::Usage),
            b"model" => Some(Member::Model),
            _ => None,
        }
    }

    fn is_wrapper(&self) -> bool {
        matches!(self.text(), b"response" | b"message")
    }
}
