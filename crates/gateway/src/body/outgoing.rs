//! A request body on its way to a provider.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

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
}

/// Why a passing body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassingFault {
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
        Self { body, left: limit as u64, patience, deadline: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.deadline = None;
                let Some(Ok(frame)) = frame else { return Poll::Ready(frame.map(|f| f.map_err(Into::into))) };
                let length = frame.data_ref().map_or(0, |d| d.len() as u64);
                if length > self.left {
                    return Poll::Ready(Some(Err(PassingFault::TooLong.into())));
                }
                self.left -= length;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Pending => {
                let patience = self.patience;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                deadline.as_mut().poll(cx).map(|()| Some(Err(PassingFault::TooSlow.into())))
            }
        }
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
