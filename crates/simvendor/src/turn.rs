//! What the vendor does in its turn: it speaks, or it calls a tool.

use serde_json::{Map, Value, json};

use crate::conversation::{Conversation, Tool};
use crate::script::{Script, ToolUse};
use crate::speech::Speech;
use crate::usage::Usage;

/// Pieces that a tool call's arguments are streamed in, in bytes.
const ARGUMENT_PIECE: usize = 8;

#[derive(Debug)]
pub(crate) enum Turn {
    Speak(Speech),
    Call(ToolCall),
}

#[derive(Debug)]
pub(crate) struct ToolCall {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Fits the tool's schema.
    pub(crate) arguments: Value,
}

impl Turn {
    pub(crate) fn take(script: &Script, model: &str, number: u64, talk: &Conversation) -> Self {
        if let Some(result) = &talk.tool_result {
            let text = format!("{} heard from the tool: {result}", script.name);
            return Self::Speak(Speech::of(&text, script.pacing, talk.max_tokens));
        }
        match wanted_tool(script.tools, talk) {
            Some(tool) => Self::Call(ToolCall { id: format!("call_{number}"), name: tool.name.clone(), arguments: sample(&tool.schema) }),
            None => Self::Speak(Speech::new(script, model, &talk.question, talk.max_tokens)),
        }
    }

    pub(crate) fn usage(&self, script: &Script, talk: &Conversation) -> Usage {
        let completion = match self {
            Self::Speak(speech) => speech.len(),
            Self::Call(call) => call.argument_pieces().len(),
        };
        Usage::new(talk.chars, completion, script.cached_tokens)
    }
}

impl ToolCall {
    /// The arguments as text, in the pieces they are streamed in.
    pub(crate) fn argument_pieces(&self) -> Vec<String> {
        let text = self.arguments.to_string();
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(ARGUMENT_PIECE).map(|piece| piece.iter().collect()).collect()
    }
}

fn wanted_tool(when: ToolUse, talk: &Conversation) -> Option<&Tool> {
    match when {
        ToolUse::Never => None,
        ToolUse::Always => talk.tools.first(),
        ToolUse::WhenNamed => {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            let mut words = talk.question.split(|c| !is_part(c));
            words.find_map(|word| talk.tools.iter().find(|tool| tool.name == word))
        }
    }
}

/// A small value of a JSON schema: every property, each in its type's simplest form.
fn sample(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("sample"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        _ => {
            let properties = schema["properties"].as_object();
            let members = properties.into_iter().flatten().map(|(name, of)| (name.clone(), sample(of)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests;
