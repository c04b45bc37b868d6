//! Server-sent events out of a stream of bytes, however it is cut.

/// The longest event. No vendor's comes near it; one that does is not held.
const LONGEST: usize = 1 << 20;

/// Bytes on their way to become events.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// What has not been a whole line yet.
    rest: Vec<u8>,
    /// The data of the event that has begun.
    data: Option<String>,
}

/// An event was longer than anything a vendor sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Frames {
    /// The data of the events that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        self.rest.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut begin = 0;
        while let Some(length) = self.rest[begin..].iter().position(|byte| *byte == b'\n') {
            let line = self.rest[begin..begin + length].strip_suffix(b"\r").unwrap_or(&self.rest[begin..begin + length]);
            if line.is_empty() {
                events.extend(self.data.take());
            } else if let Some(data) = line.strip_prefix(b"data:") {
                let text = String::from_utf8_lossy(data.strip_prefix(b" ").unwrap_or(data));
                match &mut self.data {
                    Some(data) => data.extend(["\n", &text]),
                    None => self.data = Some(text.into_owned()),
                }
            }
            begin += length + 1;
        }
        self.rest.drain(..begin);
        let held = self.rest.len() + self.data.as_ref().map_or(0, String::len);
        if held > LONGEST { Err(TooLong) } else { Ok(events) }
    }

    /// The event that the stream's end completes: some vendors end without an empty line.
    pub(super) fn end(&mut self) -> Option<String> {
        let last = self.push(b"\n\n").ok()?;
        last.into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": hello\n\ndata: {\"a\":\"ä\"}\n\nevent: x\r\ndata:{\"b\":1}\r\nid: 7\r\n\r\ndata: one\ndata: two\n\n\n\ndata: [DONE]\n\ndata: last";

    fn whole(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<String> {
        let mut frames = Frames::default();
        let mut events: Vec<String> = pieces.flat_map(|piece| frames.push(&piece).unwrap()).collect();
        events.extend(frames.end());
        events
    }

    #[test]
    fn events_are_their_data() {
        let events = whole(std::iter::once(STREAM.as_bytes().to_vec()));
        assert_eq!(events, ["{\"a\":\"ä\"}", "{\"b\":1}", "one\ntwo", "[DONE]", "last"]);
    }

    #[test]
    fn what_never_ends_is_not_held() {
        let mut frames = Frames::default();
        assert_eq!(frames.push(&vec![b'x'; LONGEST + 1]), Err(TooLong));
        let mut frames = Frames::default();
        let line = format!("data: {}\n", "x".repeat(1 << 16));
        assert!((0..20).any(|_| frames.push(line.as_bytes()) == Err(TooLong)));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(cuts in proptest::collection::vec(1..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|at| STREAM.as_bytes()[at[0]..at[1]].to_vec());
            prop_assert_eq!(whole(pieces), whole(std::iter::once(STREAM.as_bytes().to_vec())));
        }
    }
}
