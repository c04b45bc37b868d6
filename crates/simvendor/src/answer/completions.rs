//! `POST …/completions`

use serde_json::{Value, json};

use super::{CREATED, Question, Reply, data, done};
use crate::body::Frame;
use crate::conversation::Conversation;
use crate::speech::Speech;
use crate::usage::Usage;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Reply {
    let talk = Conversation::of_prompt(&question.json);
    let speech = Speech::new(question.script, question.model(), &talk.question, talk.max_tokens);
    let usage = Usage::new(talk.chars, speech.len(), question.script.cached_tokens);
    let usage = usage.openai(question.script.flavour);
    let finish = if speech.cut_short { "length" } else { "stop" };
    let mut base = json!({
        "id": question.id("cmpl"),
        "object": "text_completion",
        "created": CREATED,
        "model": question.model(),
        "choices": [],
    });
    if question.json["stream"] == true {
        let asked = question.json["stream_options"]["include_usage"] == true;
        let mut own = base.clone();
        own["usage"] = usage;
        let own = asked.then(|| Frame::Frill(data(&own)));
        let last = Frame::Frill(data(&with_text(&base, "", Some(finish))));
        let pieces = if empty { None } else { Some(speech.into_pieces()) };
        let content = pieces.into_iter().flatten();
        let content = content.map(move |piece| Frame::Piece(data(&with_text(&base, &piece, None))));
        let tail = (!empty).then_some(last).into_iter().chain(own).chain([done()]);
        return Reply::events(content.chain(tail));
    }
    if !empty {
        base = with_text(&base, &speech.text(), Some(finish));
    }
    base["usage"] = usage;
    Reply::json(200, &base)
}

fn with_text(base: &Value, text: &str, finish: Option<&str>) -> Value {
    let mut completion = base.clone();
    completion["choices"] = json!([{ "index": 0, "text": text, "logprobs": null, "finish_reason": finish }]);
    completion
}
