//! The body of an answer: whole, or frame by frame on a schedule that may break off.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body, Frame as BodyFrame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::request::{Ending, Ticket};
use crate::wire::ResetFlag;

/// One step of a streamed answer.
#[derive(Debug)]
pub(crate) enum Frame {
    /// Before or after the content.
    Frill(Bytes),
    /// Content; the next frame is a gap later.
    Piece(Bytes),
    /// The mark that says the stream is complete.
    Done(Bytes),
}

/// The frames of a streamed answer, made as they are sent.
pub(crate) type Frames = Box<dyn Iterator<Item = Frame> + Send>;

/// How a body departs from a faithful one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Break {
    None,
    /// Reset after this many content frames.
    Cut(usize),
    /// Silence after this many content frames.
    Stall(usize),
    /// This event after so many content frames, then a clean end.
    Error(usize, Bytes),
    /// No end mark.
    NoDone,
}

/// The connection is broken off on purpose.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script of the vendor cuts this connection")
    }
}

impl std::error::Error for Cut {}

/// What hyper sends.
pub(crate) struct AnswerBody {
    content: Content,
    ticket: Ticket,
    ending: Ending,
}

enum Content {
    Whole(Option<Bytes>),
    Streamed(Pin<Box<dyn Stream<Item = Result<Bytes, Cut>> + Send>>),
}

impl AnswerBody {
    pub(crate) fn whole(bytes: Bytes, ticket: Ticket, ending: Ending) -> Self {
        Self { content: Content::Whole(Some(bytes)), ticket, ending }
    }

    pub(crate) fn streamed(stream: impl Stream<Item = Result<Bytes, Cut>> + Send + 'static, ticket: Ticket) -> Self {
        Self { content: Content::Streamed(Box::pin(stream)), ticket, ending: Ending::Answered }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<BodyFrame<Bytes>, Cut>>> {
        let body = self.get_mut();
        let next = match &mut body.content {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Content::Streamed(stream) => stream.as_mut().poll_next(cx),
        };
        match &next {
            Poll::Ready(Some(Ok(bytes))) => {
                body.ticket.sent(bytes.len());
                if matches!(body.content, Content::Whole(_)) {
                    body.ticket.end(body.ending);
                }
            }
            Poll::Ready(Some(Err(Cut))) => body.ticket.end(Ending::Cut),
            Poll::Ready(None) => body.ticket.end(body.ending),
            Poll::Pending => {}
        }
        next.map(|item| item.map(|result| result.map(BodyFrame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Content::Streamed(_) => SizeHint::default(),
        }
    }
}

/// Where a paced stream stands.
struct Walk {
    frames: Frames,
    gap: Duration,
    breaks: Break,
    reset: ResetFlag,
    draining: CancellationToken,
    /// When the next frame is due, once content has begun.
    due: Option<Instant>,
    pieces: usize,
    over: bool,
}

/// Sends `frames` with `gap` between content frames, broken off as told.
pub(crate) fn paced(
    frames: Frames,
    gap: Duration,
    breaks: Break,
    reset: ResetFlag,
    draining: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Cut>> + Send {
    let walk = Walk { frames, gap, breaks, reset, draining, due: None, pieces: 0, over: false };
    futures_util::stream::unfold(walk, |mut walk| async move {
        let item = walk.step().await?;
        Some((item, walk))
    })
}

impl Walk {
    async fn step(&mut self) -> Option<Result<Bytes, Cut>> {
        if self.over {
            return None;
        }
        if let Some(due) = self.due.filter(|_| !self.gap.is_zero()) {
            tokio::time::sleep_until(due).await;
        }
        match &self.breaks {
            Break::Cut(after) if self.pieces >= *after => {
                self.over = true;
                return Some(Err(cut(&self.reset).await));
            }
            Break::Stall(after) if self.pieces >= *after => {
                self.draining.cancelled().await;
                self.over = true;
                return Some(Err(Cut));
            }
            Break::Error(after, event) if self.pieces >= *after => {
                self.over = true;
                return Some(Ok(event.clone()));
            }
            _ => {}
        }
        match self.frames.next()? {
            Frame::Done(_) if self.breaks == Break::NoDone => None,
            Frame::Frill(bytes) | Frame::Done(bytes) => Some(Ok(bytes)),
            Frame::Piece(bytes) => {
                self.pieces += 1;
                self.due = Some(self.due.unwrap_or_else(Instant::now) + self.gap);
                Some(Ok(bytes))
            }
        }
    }
}

/// Lets what was sent reach the wire, then asks for a reset.
pub(crate) async fn cut(reset: &ResetFlag) -> Cut {
    // hyper flushes when a body has nothing to give; without this pause the reset would overtake the last frames.
    tokio::task::yield_now().await;
    reset.raise();
    Cut
}
