//! `POST …/audio/transcriptions`

use serde_json::json;

use super::{Question, Reply};
use crate::usage::Usage;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Reply {
    let script = question.script;
    let heard = script.text.clone().unwrap_or_else(|| format!("{} bytes of sound", question.request.body.len()));
    let text = if empty { String::new() } else { format!("{} heard as {}: {heard}", script.name, question.model()) };
    let usage = Usage::new(question.request.body.len(), text.split_whitespace().count(), 0);
    Reply::json(
        200,
        &json!({
            "text": text,
            "usage": {
                "type": "tokens",
                "input_tokens": usage.prompt,
                "output_tokens": usage.completion,
                "total_tokens": usage.prompt + usage.completion,
            },
        }),
    )
}
