//! One request from its first byte to the body of its answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use crate::answer::{self, Question, Reply};
use crate::api::Api;
use crate::behaviour::Behaviour;
use crate::body::{AnswerBody, Break, Cut, cut, paced};
use crate::refusal::{Refusal, masked};
use crate::request::{Ending, Life, Request, Ticket};
use crate::script::Script;
use crate::vendor::Shared;
use crate::wire::ResetFlag;

/// Larger request bodies break the connection.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// A form's field that starts later than this is not found.
const FORM_SCAN: usize = 1024 * 1024;

/// What one exchange needs at hand.
struct Exchange {
    shared: Arc<Shared>,
    script: Arc<Script>,
    request: Arc<Request>,
    reset: ResetFlag,
}

/// Answers one request as the script says.
pub(crate) async fn serve(shared: Arc<Shared>, reset: ResetFlag, request: http::Request<Incoming>) -> Result<Response<AnswerBody>, Cut> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Cut)?.to_bytes();
    let script = shared.script();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (life, ticket) = Life::begin();
    let request = shared.ledger.enter(script.record, |number| {
        let path = head.uri.path().to_owned();
        Request {
            number,
            api: Api::of(&head.method, &path),
            query: head.uri.query().map(str::to_owned),
            model: json["model"].as_str().map(str::to_owned).or_else(|| form_field(&body, "model")),
            stream: json["stream"].as_bool().unwrap_or(false),
            key: key_of(&head.headers),
            method: head.method,
            path,
            headers: head.headers,
            body,
            at: Instant::now(),
            life,
        }
    });
    let exchange = Exchange { shared, script, request, reset };
    exchange.answer(json, ticket).await
}

impl Exchange {
    async fn answer(self, json: Value, mut ticket: Ticket) -> Result<Response<AnswerBody>, Cut> {
        if !self.script.accepts(self.request.key.as_deref()) {
            return Ok(self.refuse(&self.wrong_key(), ticket));
        }
        let behaviour = self.shared.behaviour(&self.request);
        match &behaviour {
            Behaviour::Error { status, body, retry_after } => {
                return Ok(self.scripted_error(*status, body.as_deref(), *retry_after, ticket));
            }
            Behaviour::CutBeforeHeaders => {
                ticket.end(Ending::Cut);
                return Err(Cut);
            }
            Behaviour::Hang => {
                self.shared.draining.cancelled().await;
                return Err(Cut);
            }
            Behaviour::SlowFirstByte(wait) => {
                tokio::select! {
                    () = tokio::time::sleep(*wait) => {}
                    () = self.shared.draining.cancelled() => return Err(Cut),
                }
            }
            Behaviour::NotJson => {
                let page = Reply::page(200, "<!doctype html><title>Welcome</title><p>Please sign in to the network.</p>");
                return Ok(self.send(page, &Behaviour::Answer, Ending::Answered, ticket));
            }
            Behaviour::Redirect { location } => {
                let mut moved = self.send(Reply::json(307, &Value::Null), &behaviour, Ending::Refused, ticket);
                if let Ok(location) = HeaderValue::from_str(location) {
                    moved.headers_mut().insert(LOCATION, location);
                }
                return Ok(moved);
            }
            _ => {}
        }
        let question = Question { script: &self.script, request: &self.request, json };
        match answer::to(&question, &behaviour) {
            Ok(reply) => Ok(self.send(reply, &behaviour, Ending::Answered, ticket)),
            Err(refusal) => Ok(self.refuse(&refusal, ticket)),
        }
    }

    fn wrong_key(&self) -> Refusal {
        let key = self.request.key.as_deref().unwrap_or_default();
        Refusal::Key { quoted: if self.script.echo_key { key.to_owned() } else { masked(key) } }
    }

    fn refuse(&self, refusal: &Refusal, ticket: Ticket) -> Response<AnswerBody> {
        let (status, body) = refusal.told_by(self.script.flavour, self.request.number);
        self.send(Reply::json(status, &body), &Behaviour::Answer, Ending::Refused, ticket)
    }

    fn scripted_error(&self, status: u16, body: Option<&str>, retry_after: Option<u32>, ticket: Ticket) -> Response<AnswerBody> {
        let mut response = match body {
            None => self.refuse(&Refusal::Status(status), ticket),
            Some(body) if body.starts_with('<') => self.send(Reply::page(status, body), &Behaviour::Answer, Ending::Refused, ticket),
            Some(body) => {
                let reply = Reply::Whole { status, content_type: "application/json", body: Bytes::copy_from_slice(body.as_bytes()) };
                self.send(reply, &Behaviour::Answer, Ending::Refused, ticket)
            }
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    fn send(&self, reply: Reply, behaviour: &Behaviour, ending: Ending, ticket: Ticket) -> Response<AnswerBody> {
        let mut headers = HeaderMap::new();
        if let Ok(name) = HeaderValue::from_str(&self.script.name) {
            headers.insert("x-vendor", name);
        }
        let (status, content_type, body) = match reply {
            Reply::Whole { status, content_type, body } => {
                let body = match broken_in_the_middle(&body, behaviour) {
                    None => AnswerBody::whole(body, ticket, ending),
                    Some(broken) => {
                        headers.insert(CONTENT_LENGTH, broken.declared.into());
                        self.broken(broken, ticket)
                    }
                };
                (status, content_type, body)
            }
            Reply::Stream { content_type, frames } => {
                let breaks = break_of(behaviour, &self.script, self.request.api, self.request.number);
                let (reset, draining) = (self.reset.clone(), self.shared.draining.clone());
                let stream = paced(frames, self.script.pacing.gap, breaks, reset, draining);
                (200, content_type, AnswerBody::streamed(stream, ticket))
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        response
    }

    fn broken(&self, broken: Broken, ticket: Ticket) -> AnswerBody {
        let reset = self.reset.clone();
        let last = futures_util::stream::once(async move {
            if broken.reset {
                return Err(cut(&reset).await);
            }
            tokio::task::yield_now().await;
            Err(Cut)
        });
        let first = futures_util::stream::iter([Ok(broken.sent)]);
        AnswerBody::streamed(futures_util::StreamExt::chain(first, last), ticket)
    }
}

/// A body that ends before its declared length.
struct Broken {
    declared: usize,
    sent: Bytes,
    reset: bool,
}

fn broken_in_the_middle(body: &Bytes, behaviour: &Behaviour) -> Option<Broken> {
    match behaviour {
        Behaviour::CutMidBody | Behaviour::CutStream { .. } => {
            Some(Broken { declared: body.len(), sent: body.slice(..body.len() / 2), reset: true })
        }
        Behaviour::WrongContentLength => Some(Broken { declared: body.len() + 64, sent: body.clone(), reset: false }),
        _ => None,
    }
}

fn break_of(behaviour: &Behaviour, script: &Script, api: Option<Api>, number: u64) -> Break {
    match behaviour {
        Behaviour::CutMidBody => Break::Cut(1),
        Behaviour::CutStream { after_frames } => Break::Cut(*after_frames),
        Behaviour::StallStream { after_frames } => Break::Stall(*after_frames),
        Behaviour::ErrorInStream { after_frames } => {
            let (_, error) = Refusal::Status(503).told_by(script.flavour, number);
            let name = if api == Some(Api::Messages) { "event: error\n" } else { "" };
            Break::Error(*after_frames, Bytes::from(format!("{name}data: {error}\n\n")))
        }
        Behaviour::StreamWithoutDone => Break::NoDone,
        _ => Break::None,
    }
}

/// The key, wherever vendors look for one.
fn key_of(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let key = text("x-api-key").or_else(|| text("api-key")).or_else(|| {
        let value = text("authorization")?;
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        if scheme.is_empty() || scheme.eq_ignore_ascii_case("bearer") { Some(rest.trim()) } else { None }
    });
    key.filter(|key| !key.is_empty()).map(str::to_owned)
}

/// A short text field of a multipart form.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    if !body.starts_with(b"--") {
        return None;
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(FORM_SCAN)]);
    let after_name = text.split_once(&format!("name=\"{name}\""))?.1;
    let value = after_name.split_once("\r\n\r\n")?.1.split_once("\r\n")?.0;
    Some(value.to_owned())
}
