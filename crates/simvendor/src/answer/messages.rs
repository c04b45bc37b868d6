//! `POST …/messages`: Anthropic's own API.

use serde_json::{Value, json};

use super::{Question, Reply, event};
use crate::body::Frame;
use crate::conversation::Conversation;
use crate::flavour::Flavour;
use crate::refusal::Refusal;
use crate::turn::Turn;
use crate::usage::Usage;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Result<Reply, Refusal> {
    check(question)?;
    let talk = Conversation::of_messages(&question.json);
    let turn = Turn::take(question.script, question.model(), question.request.number, &talk);
    let usage = turn.usage(question.script, &talk);
    if question.json["stream"] == true { Ok(stream(question, turn, usage, empty)) } else { Ok(whole(question, &turn, usage, empty)) }
}

fn check(question: &Question<'_>) -> Result<(), Refusal> {
    if question.script.flavour == Flavour::Anthropic && question.request.header("anthropic-version").is_none() {
        return Err(Refusal::malformed("anthropic-version", "anthropic-version: header is required"));
    }
    if question.json["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        return Err(Refusal::malformed("max_tokens", "max_tokens: a positive number is required"));
    }
    if question.json["messages"].as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::malformed("messages", "messages: at least one message is required"));
    }
    Ok(())
}

fn stop_reason(turn: &Turn) -> &'static str {
    match turn {
        Turn::Call(_) => "tool_use",
        Turn::Speak(speech) if speech.cut_short => "max_tokens",
        Turn::Speak(_) => "end_turn",
    }
}

fn message(question: &Question<'_>, content: &Value, stop: Option<&str>, usage: &Value) -> Value {
    json!({
        "id": question.id("msg"),
        "type": "message",
        "role": "assistant",
        "model": question.model(),
        "content": content,
        "stop_reason": stop,
        "stop_sequence": null,
        "usage": usage,
    })
}

fn whole(question: &Question<'_>, turn: &Turn, usage: Usage, empty: bool) -> Reply {
    let block = match turn {
        Turn::Speak(speech) => json!({ "type": "text", "text": speech.text() }),
        Turn::Call(call) => {
            json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments })
        }
    };
    let content = if empty { json!([]) } else { json!([block]) };
    let usage = usage.anthropic(usage.completion);
    Reply::json(200, &message(question, &content, Some(stop_reason(turn)), &usage))
}

fn stream(question: &Question<'_>, turn: Turn, usage: Usage, empty: bool) -> Reply {
    let start = json!({
        "type": "message_start",
        "message": message(question, &json!([]), None, &usage.anthropic(1)),
    });
    let end = json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(&turn), "stop_sequence": null },
        "usage": usage.anthropic(usage.completion),
    });
    let open = match &turn {
        Turn::Speak(_) => json!({ "type": "text", "text": "" }),
        Turn::Call(call) => json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": {} }),
    };
    let block = (!empty).then(|| {
        let opening = json!({ "type": "content_block_start", "index": 0, "content_block": open });
        let closing = json!({ "type": "content_block_stop", "index": 0 });
        let deltas = deltas(turn).map(|delta| Frame::Piece(event(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }))));
        let ping = json!({ "type": "ping" });
        frills(&[opening, ping]).into_iter().chain(deltas).chain(frills(&[closing]))
    });
    let stop = Frame::Done(event(&json!({ "type": "message_stop" })));
    Reply::events(frills(&[start]).into_iter().chain(block.into_iter().flatten()).chain(frills(&[end])).chain([stop]))
}

fn frills(events: &[Value]) -> Vec<Frame> {
    events.iter().map(|value| Frame::Frill(event(value))).collect()
}

fn deltas(turn: Turn) -> Box<dyn Iterator<Item = Value> + Send> {
    match turn {
        Turn::Speak(speech) => Box::new(speech.into_pieces().map(|piece| json!({ "type": "text_delta", "text": piece }))),
        Turn::Call(call) => {
            let pieces = call.argument_pieces().into_iter();
            Box::new(pieces.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })))
        }
    }
}
