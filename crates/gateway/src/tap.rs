//! Reads usage out of an answer as it passes, in constant memory, without holding anything back.

mod json;
mod sse;
mod swallow;
mod usage;

use bytes::Bytes;

pub(crate) use sse::Events;
pub(crate) use swallow::Swallow;
pub(crate) use usage::Reading;

/// What watches one answer.
#[derive(Debug)]
pub(crate) enum Tap {
    /// Not an answer that names usage.
    Blind,
    /// A JSON document.
    Document(Box<json::Scan>, Reading),
    /// A stream of events, of which one may be ours to take out.
    Events(Box<Events>, Option<Swallow>),
}

impl Tap {
    /// For a JSON body.
    pub(crate) fn document() -> Self {
        Self::Document(Box::default(), Reading::default())
    }

    /// For an event stream; `swallow` takes out the usage chunk that the client did not ask for.
    pub(crate) fn events(swallow: bool) -> Self {
        Self::Events(Box::default(), swallow.then(Swallow::default))
    }

    /// Takes a piece of the answer and gives what the client gets in its place; it may be empty.
    pub(crate) fn pass(&mut self, piece: Bytes) -> Bytes {
        match self {
            Self::Blind => piece,
            Self::Document(scan, reading) => {
                scan.feed(&piece, reading);
                piece
            }
            Self::Events(events, swallow) => {
                events.feed(&piece);
                match swallow {
                    None => piece,
                    Some(swallow) => swallow.pass(piece),
                }
            }
        }
    }

    /// What was held back, when nothing more comes.
    pub(crate) fn rest(&mut self) -> Bytes {
        match self {
            Self::Events(_, Some(swallow)) => swallow.rest(),
            _ => Bytes::new(),
        }
    }

    /// Whether the answer itself says that it is complete: a stream by its end mark, a document by its last bracket. Nothing is known of others.
    pub(crate) fn said_goodbye(&self) -> Option<bool> {
        match self {
            Self::Events(events, _) => Some(events.said_goodbye()),
            Self::Document(scan, _) => Some(scan.is_closed()),
            Self::Blind => None,
        }
    }

    /// What was read so far.
    pub(crate) fn reading(&self) -> Option<&Reading> {
        match self {
            Self::Blind => None,
            Self::Document(_, reading) => Some(reading),
            Self::Events(events, _) => Some(events.reading()),
        }
    }
}

#[cfg(test)]
mod tests;
