//! Answers, one file per API.

mod chat;
mod completions;
mod embeddings;
mod messages;
mod models;
mod rerank;
mod responses;
mod transcriptions;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::api::Api;
use crate::behaviour::Behaviour;
use crate::body::{Frame, Frames};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::script::{Pacing, Script, ToolUse};

/// When everything was created; a clock would make answers differ from run to run.
const CREATED: u64 = 1_700_000_000;

/// Stands where a huge text goes.
const HUGE: &str = "@huge@";

/// Text of a huge answer is made in pieces of this size.
const HUGE_PIECE: usize = 64 * 1024;

/// What is asked, and of whom.
pub(crate) struct Question<'a> {
    pub(crate) script: &'a Script,
    pub(crate) request: &'a Request,
    /// The request's body; `Null` if it is not JSON.
    pub(crate) json: Value,
}

/// What is sent back.
pub(crate) enum Reply {
    Whole { status: u16, content_type: &'static str, body: Bytes },
    Stream { content_type: &'static str, frames: Frames },
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Whole { status, content_type: "application/json", body: Bytes::from(body.to_string()) }
    }

    pub(crate) fn page(status: u16, html: &str) -> Self {
        let body = Bytes::copy_from_slice(html.as_bytes());
        Self::Whole { status, content_type: "text/html; charset=utf-8", body }
    }

    fn events(frames: impl Iterator<Item = Frame> + Send + 'static) -> Self {
        Self::Stream { content_type: "text/event-stream; charset=utf-8", frames: Box::new(frames) }
    }
}

impl Question<'_> {
    /// The model asked for; empty where the API needs none.
    fn model(&self) -> &str {
        self.request.model.as_deref().unwrap_or_default()
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.script.name, self.request.number)
    }
}

/// Answers `question`; of `behaviour` only what changes the content counts here.
pub(crate) fn to(question: &Question<'_>, behaviour: &Behaviour) -> Result<Reply, Refusal> {
    let Some(api) = question.request.api else {
        return Err(Refusal::Path(format!("{} {}", question.request.method, question.request.path)));
    };
    let empty = *behaviour == Behaviour::EmptyChoices;
    if api == Api::Models {
        return models::answer(question, empty);
    }
    check_model(question, api)?;
    if let Behaviour::HugeBody { bytes } = behaviour {
        return huge(question, api, *bytes);
    }
    inference(question, api, empty)
}

fn inference(question: &Question<'_>, api: Api, empty: bool) -> Result<Reply, Refusal> {
    match api {
        Api::Chat => chat::answer(question, empty),
        Api::Completions => Ok(completions::answer(question, empty)),
        Api::Embeddings => embeddings::answer(question, empty),
        Api::Models => models::answer(question, empty),
        Api::Responses => Ok(responses::answer(question, empty)),
        Api::Messages => messages::answer(question, empty),
        Api::Rerank => rerank::answer(question, empty),
        Api::Transcriptions => Ok(transcriptions::answer(question, empty)),
    }
}

fn check_model(question: &Question<'_>, api: Api) -> Result<(), Refusal> {
    if api != Api::Transcriptions && !question.json.is_object() {
        let message = "The request's body must be a JSON object.".to_owned();
        return Err(Refusal::Malformed { param: None, message });
    }
    match question.request.model.as_deref() {
        None | Some("") => Err(Refusal::malformed("model", "you must provide a model parameter")),
        Some(model) if !question.script.serves(model) => Err(Refusal::Model(model.to_owned())),
        Some(_) => Ok(()),
    }
}

/// The answer that is no stream, made longer by `bytes` bytes that are never held in memory.
fn huge(question: &Question<'_>, api: Api, bytes: u64) -> Result<Reply, Refusal> {
    let mut script = question.script.clone().text(HUGE).tools(ToolUse::Never);
    script.pacing = Pacing::default();
    let mut json = question.json.clone();
    json["stream"] = Value::Bool(false);
    if json["messages"].is_array() {
        json["messages"] = json!([{ "role": "user", "content": "" }]);
    }
    for limit in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
        if json[limit].is_number() {
            json[limit] = json!(u32::MAX);
        }
    }
    let small = Question { script: &script, request: question.request, json };
    let Reply::Whole { body, .. } = inference(&small, api, false)? else {
        return Err(Refusal::Status(500));
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    // An answer without a text is filled up with blanks, which JSON allows at its end.
    let (before, after, filler) = match body.split_once(HUGE) {
        Some((before, after)) => (before, after, b'x'),
        None => (body.as_str(), "", b' '),
    };
    let piece = Bytes::from(vec![filler; HUGE_PIECE]);
    let whole_pieces = bytes / HUGE_PIECE as u64;
    let rest = piece.slice(..usize::try_from(bytes % HUGE_PIECE as u64).unwrap_or(0));
    let text = (0..whole_pieces).map(move |_| piece.clone());
    let before = Bytes::copy_from_slice(before.as_bytes());
    let after = Bytes::copy_from_slice(after.as_bytes());
    let frames = std::iter::once(before).chain(text).chain([rest, after]);
    let frames = frames.filter(|bytes| !bytes.is_empty()).map(Frame::Frill);
    Ok(Reply::Stream { content_type: "application/json", frames: Box::new(frames) })
}

/// `data: …`
fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

/// `event: …` and `data: …`, the event's name being the value's `type`.
fn event(value: &Value) -> Bytes {
    let name = value["type"].as_str().unwrap_or("message");
    Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
}

/// The end mark of OpenAI's streams.
fn done() -> Frame {
    Frame::Done(Bytes::from_static(b"data: [DONE]\n\n"))
}
