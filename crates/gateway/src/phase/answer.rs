//! Phase 6: the answer, passed on piece by piece as it comes.

use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use agm_domain::api::Api;
use agm_domain::table::CompiledRoute;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, response};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::neighbours::{drop_named, drop_where};
use super::send::Won;
use super::{Account, Call, Reply, origin};
use crate::client::Client;
use crate::probe::{PROVIDER_HEADER, ROUTE_HEADER};
use crate::seen::Outcome;
use crate::settings::{BoxError, PageBody};
use crate::tap::Tap;
use crate::upstream::Source;

/// The body of an answer.
pub(crate) struct AnswerBody(Kind);

enum Kind {
    Fixed(Bytes),
    Page(PageBody),
    Passing(Box<Passing>),
}

/// A provider's body on its way to the client. Dropping it in mid-way cancels the call.
struct Passing {
    source: Source,
    tap: Tap,
    /// Whether what the tap reads is the request's cost; else only the answer's end is looked for.
    counts: bool,
    account: Account,
    /// A client that takes any end of the connection for that of its answer.
    trusting: Option<Rc<Client>>,
    /// Its end is the end of the connection, which looks the same when it is cut.
    ends_with_connection: bool,
    idle: Duration,
    last: Option<Instant>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// It broke off; the client is told after what came before has been written.
    cut: Option<Cut>,
    ended: bool,
}

/// Why the body of an answer broke off.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the provider's answer broke off")]
    Broken,
    #[error("the provider sent nothing for {0:?}")]
    Silent(Duration),
}

/// Begins the answer.
pub(crate) fn relay(call: &Call, route: &CompiledRoute, won: Won, account: &mut Account) -> Reply {
    let Won { answered, swallow } = won;
    let mut head = answered.head;
    let ends_with_connection = ends_with_connection(call, &head);
    let counts = tells_usage(call, &head);
    let tap = if counts || ends_with_connection { tap_for(&head, swallow && counts) } else { Tap::Blind };
    strip(&mut head.headers);
    if matches!(tap, Tap::Events(_, Some(_))) {
        head.headers.remove(CONTENT_LENGTH);
    }
    if let Some(plan) = call.view.snapshot.plans.get(route.index) {
        plan.response.apply(&mut head.headers);
    }
    mark(call, account, &mut head.headers);
    account.answered(head.status, counts && matches!(tap, Tap::Events(..)));
    let mut reply = Response::new(AnswerBody(Kind::Fixed(Bytes::new())));
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    let mut passing = Passing {
        source: answered.source,
        tap,
        counts,
        account: account.take(),
        trusting: (call.version < Version::HTTP_11).then(|| Rc::clone(&call.client)),
        ends_with_connection,
        idle: call.worker.shared.settings.timeouts.idle,
        last: None,
        deadline: None,
        cut: None,
        ended: false,
    };
    if passing.source.is_end() {
        passing.end(Outcome::Answered);
    } else {
        *reply.body_mut() = AnswerBody(Kind::Passing(Box::new(passing)));
    }
    reply
}

/// Tells of a fallback, as Higress does (Console contract 4.5), and tells agm itself who answered it.
pub(crate) fn mark(call: &Call, account: &Account, headers: &mut HeaderMap) {
    const FALLBACK: HeaderName = HeaderName::from_static("x-higress-fallback-from");
    if let Some(plan) = account.fallback_from() {
        headers.insert(FALLBACK, plan.fallback_from.clone());
    }
    origin::grant(call, account.plan(), headers);
    if !call.origin.is_ours() {
        return;
    }
    for (name, value) in [(ROUTE_HEADER, account.route()), (PROVIDER_HEADER, account.provider())] {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
            headers.insert(name, value);
        }
    }
}

/// Whether this is an answer that says what it cost.
fn tells_usage(call: &Call, head: &response::Parts) -> bool {
    let names_it = matches!(
        call.api,
        Some(Api::ChatCompletions | Api::Completions | Api::Embeddings | Api::Responses | Api::Messages | Api::Rerank | Api::Reranks)
    );
    names_it && head.status == StatusCode::OK
}

fn tap_for(head: &response::Parts, swallow: bool) -> Tap {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Tap::Blind;
    }
    let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    let ends = |suffix: &[u8]| kind.len().checked_sub(suffix.len()).is_some_and(|at| kind[at..].eq_ignore_ascii_case(suffix));
    if kind.eq_ignore_ascii_case(b"text/event-stream") {
        Tap::events(swallow)
    } else if kind.eq_ignore_ascii_case(b"application/json") || ends(b"+json") {
        Tap::document()
    } else {
        Tap::Blind
    }
}

/// Whether only the end of the connection ends this body.
fn ends_with_connection(call: &Call, head: &response::Parts) -> bool {
    head.version < Version::HTTP_2
        && call.method != Method::HEAD
        && !head.headers.contains_key(CONTENT_LENGTH)
        && !head.headers.contains_key(TRANSFER_ENCODING)
}

/// Removes what is between the provider and us.
fn strip(headers: &mut HeaderMap) {
    drop_named(headers);
    if headers.remove(TRANSFER_ENCODING).is_some() {
        // Beside it a length means nothing (RFC 9112, 6.3), and without it would come to mean something.
        headers.remove(CONTENT_LENGTH);
    }
    // A browser keeps cookies by host, whatever the port: a vendor's would lie beside those of agm's own page.
    drop_where(headers, |name| matches!(name, "set-cookie" | "set-cookie2" | "keep-alive" | "proxy-connection" | "upgrade"));
}

impl AnswerBody {
    /// A body that is known.
    pub(crate) fn fixed(bytes: Bytes) -> Self {
        Self(Kind::Fixed(bytes))
    }

    /// The page's.
    pub(crate) fn page(body: PageBody) -> Self {
        Self(Kind::Page(body))
    }
}

impl Passing {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(cut) = self.cut.take() {
            return Poll::Ready(Some(Err(cut.into())));
        }
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            match self.source.poll_frame(cx) {
                Poll::Pending => return self.wait(cx),
                Poll::Ready(Some(Err(_))) => return self.break_off(cx, Cut::Broken),
                Poll::Ready(None) => {
                    let goodbye = if self.ends_with_connection { self.tap.said_goodbye() } else { Some(true) };
                    let outcome = match goodbye {
                        Some(true) => Outcome::Answered,
                        Some(false) => return self.break_off(cx, Cut::Broken),
                        None => Outcome::EndUnknown,
                    };
                    let rest = self.tap.rest();
                    self.end(outcome);
                    if !rest.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(rest))));
                    }
                }
                Poll::Ready(Some(Ok(frame))) => {
                    self.last = None;
                    let Ok(piece) = frame.into_data() else { continue };
                    self.account.first_byte();
                    let mut out = self.tap.pass(piece);
                    if self.source.is_end() {
                        let rest = self.tap.rest();
                        if !rest.is_empty() {
                            out = [out, rest].concat().into();
                        }
                        self.end(Outcome::Answered);
                    }
                    if !out.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(out))));
                    }
                }
            }
        }
    }

    /// Nothing there yet: how long already?
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let idle = self.idle;
        let last = *self.last.get_or_insert_with(Instant::now);
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(last + idle)));
        // The timer is not moved with every piece; when it rings too early, it is set anew.
        while deadline.as_mut().poll(cx).is_ready() {
            if last.elapsed() >= idle {
                return self.break_off(cx, Cut::Silent(idle));
            }
            deadline.as_mut().reset(last + idle);
        }
        Poll::Pending
    }

    /// Breaks the client's body off too: a cut answer must not look complete. An error makes the connection drop what is not written yet, so
    /// it gets one turn to write that.
    fn break_off(&mut self, cx: &mut Context<'_>, cut: Cut) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.end(Outcome::CutByProvider);
        if let Some(client) = &self.trusting {
            client.reset_at_end();
        }
        self.cut = Some(cut);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn end(&mut self, outcome: Outcome) {
        self.ended = true;
        self.account.close(outcome, self.tap.reading().filter(|_| self.counts));
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Outcome::LeftByClient);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().0 {
            Kind::Fixed(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Fixed(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Page(page) => Pin::new(page).poll_frame(cx),
            Kind::Passing(passing) => passing.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Fixed(bytes) => bytes.is_empty(),
            Kind::Page(page) => page.is_end_stream(),
            Kind::Passing(passing) => passing.ended && passing.cut.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Fixed(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Page(page) => page.size_hint(),
            Kind::Passing(passing) if matches!(passing.tap, Tap::Events(_, Some(_))) => SizeHint::default(),
            Kind::Passing(passing) => passing.source.size_hint(),
        }
    }
}
