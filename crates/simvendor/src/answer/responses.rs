//! `POST …/responses`: text only.

use serde_json::{Value, json};

use super::{CREATED, Question, Reply, event};
use crate::body::Frame;
use crate::conversation::Conversation;
use crate::speech::Speech;
use crate::usage::Usage;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Reply {
    let talk = Conversation::of_responses(&question.json);
    let speech = Speech::new(question.script, question.model(), &talk.question, talk.max_tokens);
    let usage = Usage::new(talk.chars, speech.len(), question.script.cached_tokens);
    if question.json["stream"] == true {
        return stream(question, speech, usage, empty);
    }
    let output = if empty { json!([]) } else { json!([item(question, &speech.text(), true)]) };
    Reply::json(200, &response(question, &output, Some(usage), speech.cut_short))
}

/// The response object: complete once there is usage.
fn response(question: &Question<'_>, output: &Value, usage: Option<Usage>, cut_short: bool) -> Value {
    let (status, incomplete) = match (usage, cut_short) {
        (None, _) => ("in_progress", Value::Null),
        (Some(_), true) => ("incomplete", json!({ "reason": "max_output_tokens" })),
        (Some(_), false) => ("completed", Value::Null),
    };
    json!({
        "id": question.id("resp"),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": null,
        "incomplete_details": incomplete,
        "instructions": question.json["instructions"],
        "model": question.model(),
        "output": output,
        "parallel_tool_calls": true,
        "tool_choice": "auto",
        "tools": [],
        "metadata": {},
        "usage": usage.map(Usage::responses),
    })
}

fn item(question: &Question<'_>, text: &str, complete: bool) -> Value {
    let content = if complete { json!([part(text)]) } else { json!([]) };
    json!({
        "type": "message",
        "id": question.id("item"),
        "status": if complete { "completed" } else { "in_progress" },
        "role": "assistant",
        "content": content,
    })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [] })
}

fn stream(question: &Question<'_>, speech: Speech, usage: Usage, empty: bool) -> Reply {
    let text = speech.text();
    let id = question.id("item");
    let unfinished = response(question, &json!([]), None, false);
    let opening = [
        json!({ "type": "response.created", "response": unfinished }),
        json!({ "type": "response.in_progress", "response": unfinished }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": item(question, "", false) }),
        json!({ "type": "response.content_part.added", "item_id": id, "output_index": 0, "content_index": 0,
                "part": part("") }),
    ];
    let whole = item(question, &text, true);
    let output = if empty { json!([]) } else { json!([whole]) };
    let cut_short = speech.cut_short;
    let finished = response(question, &output, Some(usage), cut_short);
    let end = if cut_short { "response.incomplete" } else { "response.completed" };
    let closing = [
        json!({ "type": "response.output_text.done", "item_id": id, "output_index": 0, "content_index": 0,
                "text": text }),
        json!({ "type": "response.content_part.done", "item_id": id, "output_index": 0, "content_index": 0,
                "part": part(&text) }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": whole }),
    ];
    let deltas = speech.into_pieces().map(move |piece| {
        json!({ "type": "response.output_text.delta", "item_id": id, "output_index": 0, "content_index": 0,
                "delta": piece })
    });
    let begin = if empty { 2 } else { opening.len() };
    let content = (!empty).then(|| deltas.map(Kind::Delta).chain(closing.into_iter().map(Kind::Other)));
    let events = opening
        .into_iter()
        .take(begin)
        .map(Kind::Other)
        .chain(content.into_iter().flatten())
        .chain([Kind::End(json!({ "type": end, "response": finished }))]);
    Reply::events(events.enumerate().map(|(number, kind)| kind.numbered(number)))
}

/// An event before it has its place in the sequence.
enum Kind {
    Delta(Value),
    Other(Value),
    End(Value),
}

impl Kind {
    fn numbered(self, number: usize) -> Frame {
        let sent = |mut value: Value| {
            value["sequence_number"] = json!(number);
            event(&value)
        };
        match self {
            Self::Delta(value) => Frame::Piece(sent(value)),
            Self::Other(value) => Frame::Frill(sent(value)),
            Self::End(value) => Frame::Done(sent(value)),
        }
    }
}
