//! `POST …/chat/completions`

use serde_json::{Value, json};

use super::{CREATED, Question, Reply, data, done};
use crate::body::Frame;
use crate::conversation::Conversation;
use crate::flavour::StreamUsage;
use crate::refusal::Refusal;
use crate::turn::Turn;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Result<Reply, Refusal> {
    check(question)?;
    let talk = Conversation::of_chat(&question.json);
    let turn = Turn::take(question.script, question.model(), question.request.number, &talk);
    let usage = turn.usage(question.script, &talk).openai(question.script.flavour);
    if question.json["stream"] == true { Ok(stream(question, turn, &usage, empty)) } else { Ok(whole(question, &turn, &usage, empty)) }
}

fn check(question: &Question<'_>) -> Result<(), Refusal> {
    let json = &question.json;
    if json["messages"].as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::malformed("messages", "'messages' must be a list with at least one message"));
    }
    if question.script.refuse_max_tokens && !json["max_tokens"].is_null() {
        let message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.".to_owned();
        return Err(Refusal::Unsupported { param: "max_tokens", message });
    }
    if question.script.refuse_stream_options && !json["stream_options"].is_null() {
        let message = "Unsupported parameter: 'stream_options'.".to_owned();
        return Err(Refusal::Unsupported { param: "stream_options", message });
    }
    Ok(())
}

fn finish_reason(turn: &Turn) -> &'static str {
    match turn {
        Turn::Call(_) => "tool_calls",
        Turn::Speak(speech) if speech.cut_short => "length",
        Turn::Speak(_) => "stop",
    }
}

fn whole(question: &Question<'_>, turn: &Turn, usage: &Value, empty: bool) -> Reply {
    let message = match turn {
        Turn::Speak(speech) => json!({ "role": "assistant", "content": speech.text(), "refusal": null }),
        Turn::Call(call) => json!({
            "role": "assistant",
            "content": null,
            "tool_calls": [{
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments.to_string() },
            }],
        }),
    };
    let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(turn) });
    let choices = if empty { json!([]) } else { json!([choice]) };
    Reply::json(
        200,
        &json!({
            "id": question.id("chatcmpl"),
            "object": "chat.completion",
            "created": CREATED,
            "model": question.model(),
            "choices": choices,
            "usage": usage,
        }),
    )
}

fn stream(question: &Question<'_>, turn: Turn, usage: &Value, empty: bool) -> Reply {
    let asked = question.json["stream_options"]["include_usage"] == true;
    let place = question.script.flavour.stream_usage();
    let mut base = json!({
        "id": question.id("chatcmpl"),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": question.model(),
        "choices": [],
    });
    if asked {
        base["usage"] = Value::Null;
    }
    let mut own = base.clone();
    own["usage"] = usage.clone();
    let own = asked.then(|| Frame::Frill(data(&own)));
    if empty {
        let nothing = Frame::Frill(data(&base));
        return Reply::events([nothing].into_iter().chain(own).chain([done()]));
    }

    let mut last = chunk(&base, &json!({}), Some(finish_reason(&turn)));
    match place {
        StreamUsage::OnRequest => {}
        StreamUsage::LastFrame => last["usage"] = usage.clone(),
        StreamUsage::LastChoice => last["choices"][0]["usage"] = usage.clone(),
    }
    let first = chunk(&base, &json!({ "role": "assistant", "content": "" }), None);
    let content = deltas(turn).map(move |delta| Frame::Piece(data(&chunk(&base, &delta, None))));
    let head = [Frame::Frill(data(&first))];
    let tail = [Frame::Frill(data(&last))];
    Reply::events(head.into_iter().chain(content).chain(tail).chain(own).chain([done()]))
}

fn chunk(base: &Value, delta: &Value, finish: Option<&str>) -> Value {
    let mut chunk = base.clone();
    chunk["choices"] = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    chunk
}

/// The deltas that carry content: words, or a tool call whose arguments come in pieces.
fn deltas(turn: Turn) -> Box<dyn Iterator<Item = Value> + Send> {
    match turn {
        Turn::Speak(speech) => Box::new(speech.into_pieces().map(|piece| json!({ "content": piece }))),
        Turn::Call(call) => {
            let arguments = call.argument_pieces();
            let opening = json!({ "tool_calls": [{
                "index": 0,
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": "" },
            }] });
            let pieces = arguments.into_iter().map(|piece| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": piece } }] }));
            Box::new([opening].into_iter().chain(pieces))
        }
    }
}
