//! A request body on its way to a provider.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::splice::Pieces;
use crate::settings::BoxError;

/// A body that can be sent.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// In memory, so that it can be sent again.
    Held(Held),
    /// As the client sends it.
    Passing(Passing),
}

/// A body in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pieces: Vec<Bytes>,
    next: usize,
}

/// A body that passes through.
#[derive(Debug)]
pub(crate) struct Passing {
    body: Incoming,
    left: u64,
    patience: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
    upload: Rc<Upload>,
}

/// What became of a passing body: it is with the connection by the time somebody asks.
#[derive(Debug)]
pub(crate) struct Upload {
    fault: Cell<Option<PassingFault>>,
    /// The client is waited for.
    waiting: Cell<bool>,
    last: Cell<Instant>,
}

/// Why a passing body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PassingFault {
    /// The client broke off.
    #[error("the client broke off its body")]
    Broken,
    /// Longer than allowed.
    #[error("the request body is too long")]
    TooLong,
    /// Nothing came for too long.
    #[error("the client sends its body too slowly")]
    TooSlow,
}

impl Held {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { pieces: if body.is_empty() { Vec::new() } else { vec![body] }, next: 0 }
    }
}

impl From<Pieces> for Held {
    fn from(Pieces(pieces): Pieces) -> Self {
        Self { pieces, next: 0 }
    }
}

impl Passing {
    pub(crate) fn new(body: Incoming, limit: usize, patience: Duration) -> Self {
        Self { body, left: limit as u64, patience, deadline: None, upload: Rc::default() }
    }

    /// Where to learn what became of it.
    pub(crate) fn upload(&self) -> Rc<Upload> {
        Rc::clone(&self.upload)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.upload.waiting.set(frame.is_pending());
        self.upload.last.set(Instant::now());
        match frame {
            Poll::Ready(frame) => {
                self.deadline = None;
                let Some(frame) = frame else { return Poll::Ready(None) };
                let Ok(frame) = frame else { return self.fail(PassingFault::Broken) };
                let length = frame.data_ref().map_or(0, |d| d.len() as u64);
                if length > self.left {
                    return self.fail(PassingFault::TooLong);
                }
                self.left -= length;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Pending => {
                let patience = self.patience;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                if deadline.as_mut().poll(cx).is_ready() { self.fail(PassingFault::TooSlow) } else { Poll::Pending }
            }
        }
    }

    fn fail(&self, fault: PassingFault) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.upload.fault.set(Some(fault));
        Poll::Ready(Some(Err(fault.into())))
    }
}

impl Upload {
    /// Why it broke off, if it did.
    pub(crate) fn fault(&self) -> Option<PassingFault> {
        self.fault.get()
    }

    /// Since when it is the provider's turn; now, while the client is waited for.
    pub(crate) fn last_word(&self) -> Instant {
        if self.waiting.get() { Instant::now() } else { self.last.get() }
    }
}

impl Default for Upload {
    fn default() -> Self {
        Self { fault: Cell::new(None), waiting: Cell::new(false), last: Cell::new(Instant::now()) }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut *self {
            Self::Held(held) => {
                let piece = held.pieces.get(held.next).cloned();
                held.next += 1;
                Poll::Ready(piece.map(|p| Ok(Frame::data(p))))
            }
            Self::Passing(passing) => passing.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Held(held) => held.next >= held.pieces.len(),
            Self::Passing(passing) => passing.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Held(held) => SizeHint::with_exact(held.pieces.iter().skip(held.next).map(|p| p.len() as u64).sum()),
            Self::Passing(passing) => passing.body.size_hint(),
        }
    }
}
