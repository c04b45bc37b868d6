//! One request and the head of its answer.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{Request, Uri, response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::failure::{Failure, Kind};
use super::patience::Patience;
use super::pool::{Lease, Pool, Stream, Wire};
use crate::body::outgoing::Outgoing;

/// The head of an answer and where its body comes from.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Status and headers.
    pub head: response::Parts,
    /// The body.
    pub source: Source,
}

/// Where the body of an answer comes from. Dropping it cancels the call.
pub(crate) struct Source {
    body: Incoming,
    /// The connection, until it goes back to its pool; none when it is shared.
    wire: Option<(Box<Wire>, Rc<Pool>)>,
    /// The place on a shared one.
    _stream: Option<Stream>,
}

/// A request that failed; it comes back when nothing of it was sent.
struct Unanswered {
    failure: Failure,
    unsent: Option<Request<Outgoing>>,
    /// Whether the connection had been idle before: it may have died unnoticed.
    stale: bool,
}

impl Pool {
    /// Sends a request and waits for the head of its answer. An idle connection that turns out dead is replaced by a new one when nothing was
    /// sent on it; `again` makes the request anew when it may have been sent, and is asked only where that is allowed.
    pub(crate) async fn send(
        self: &Rc<Self>,
        request: Request<Outgoing>,
        patience: &Patience,
        again: impl Fn() -> Option<Request<Outgoing>>,
    ) -> Result<Answered, Failure> {
        let unanswered = match self.on(self.lease(false).await?, request, patience).await {
            Ok(answered) => return Ok(answered),
            Err(unanswered) => unanswered,
        };
        let retry = unanswered.unsent.or_else(|| if unanswered.stale && unanswered.failure.kind == Kind::Broken { again() } else { None });
        let Some(request) = retry else { return Err(unanswered.failure) };
        self.on(self.lease(true).await?, request, patience).await.map_err(|u| u.failure)
    }

    async fn on(self: &Rc<Self>, lease: Lease, request: Request<Outgoing>, patience: &Patience) -> Result<Answered, Unanswered> {
        match lease {
            Lease::Wire(wire) => self.on_wire(wire, request, patience).await,
            Lease::Shared(stream) => self.on_stream(stream, absolute(request), patience).await,
        }
    }

    async fn on_wire(
        self: &Rc<Self>,
        mut wire: Box<Wire>,
        request: Request<Outgoing>,
        patience: &Patience,
    ) -> Result<Answered, Unanswered> {
        let stale = wire.used;
        let exchange = async {
            let mut answer = pin!(wire.sender.try_send_request(request));
            // Only the connection can bring the answer about, and it is polled right here: nobody else needs to be woken.
            let mut unwoken = Context::from_waker(Waker::noop());
            poll_fn(|cx| {
                if !wire.finished && Pin::new(&mut wire.connection).poll(cx).is_ready() {
                    wire.finished = true;
                }
                answer.as_mut().poll(&mut unwoken)
            })
            .await
        };
        match patience.limit(exchange).await {
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                let mut source = Source { body, wire: Some((wire, Rc::clone(self))), _stream: None };
                if source.body.is_end_stream() {
                    source.release();
                }
                Ok(Answered { head, source })
            }
            Ok(Err(mut error)) => {
                let unsent = error.take_message();
                let mut failure = Failure::sent(error.error());
                if unsent.is_some() && failure.kind == Kind::Broken {
                    failure.kind = Kind::Connect;
                }
                Err(Unanswered { failure, unsent, stale })
            }
            Err(late) => Err(Unanswered { failure: late, unsent: None, stale: false }),
        }
    }

    async fn on_stream(&self, stream: Stream, request: Request<Outgoing>, patience: &Patience) -> Result<Answered, Unanswered> {
        let (mut sender, stale) = (stream.sender(), stream.was_used());
        let exchange = async {
            if let Err(error) = sender.ready().await {
                return Err(Unanswered { failure: Failure::new(Kind::Connect, error), unsent: Some(request), stale });
            }
            sender.try_send_request(request).await.map_err(|mut error| {
                let unsent = error.take_message();
                Unanswered { failure: Failure::sent(error.error()), unsent, stale }
            })
        };
        match patience.limit(exchange).await {
            Ok(Ok(response)) => {
                stream.answered();
                let (head, body) = response.into_parts();
                Ok(Answered { head, source: Source { body, wire: None, _stream: Some(stream) } })
            }
            Ok(Err(unanswered)) => Err(unanswered),
            Err(late) => {
                // Slow or dead, nobody can tell; whoever comes next does not have to find out.
                self.forget(&stream);
                Err(Unanswered { failure: late, unsent: None, stale: false })
            }
        }
    }
}

/// HTTP/2 wants scheme and host in the address, HTTP/1.1 only the path.
fn absolute(mut request: Request<Outgoing>) -> Request<Outgoing> {
    if let Some(host) = request.headers_mut().remove(HOST) {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTPS);
        parts.authority = Authority::try_from(host.as_bytes()).ok();
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
    request
}

impl Source {
    /// The next piece of the body.
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some((wire, _)) = &mut self.wire else { return Pin::new(&mut self.body).poll_frame(cx) };
        // As in `on_wire`: the connection is the only one who can make this body progress.
        let mut unwoken = Context::from_waker(Waker::noop());
        let mut frame = Pin::new(&mut self.body).poll_frame(&mut unwoken);
        if frame.is_pending() {
            wire.drive(cx);
            frame = Pin::new(&mut self.body).poll_frame(&mut unwoken);
        }
        if matches!(frame, Poll::Ready(None)) || (matches!(frame, Poll::Ready(Some(Ok(_)))) && self.body.is_end_stream()) {
            self.release();
        }
        frame
    }

    /// How much is still to come.
    pub(crate) fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    /// Whether nothing more is to come.
    pub(crate) fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    fn release(&mut self) {
        if let Some((wire, pool)) = self.wire.take() {
            pool.give_back(wire);
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("body", &self.body).field("shared", &self.wire.is_none()).finish_non_exhaustive()
    }
}
