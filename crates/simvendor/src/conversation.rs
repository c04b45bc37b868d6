//! What a request says, whichever API it came by.

use serde_json::Value;

/// The part of a request that decides the answer.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    /// Text of the last user message.
    pub(crate) question: String,
    /// Characters of all messages.
    pub(crate) chars: usize,
    /// Tools on offer.
    pub(crate) tools: Vec<Tool>,
    /// The last message, if it is a tool's result.
    pub(crate) tool_result: Option<String>,
    pub(crate) max_tokens: Option<u64>,
}

/// A tool on offer.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// JSON schema of its arguments.
    pub(crate) schema: Value,
}

impl Conversation {
    /// `POST …/chat/completions`
    pub(crate) fn of_chat(body: &Value) -> Self {
        let mut talk = Self {
            tools: tools(body, |tool| (&tool["function"]["name"], &tool["function"]["parameters"])),
            max_tokens: limit(body, &["max_completion_tokens", "max_tokens"]),
            ..Self::default()
        };
        for message in list(&body["messages"]) {
            let text = text_of(&message["content"]);
            match message["role"].as_str() {
                Some("tool") => talk.hear_tool(text),
                role => talk.hear(role, text),
            }
        }
        talk
    }

    /// `POST …/messages`
    pub(crate) fn of_messages(body: &Value) -> Self {
        let mut talk = Self {
            tools: tools(body, |tool| (&tool["name"], &tool["input_schema"])),
            max_tokens: limit(body, &["max_tokens"]),
            chars: text_of(&body["system"]).chars().count(),
            ..Self::default()
        };
        for message in list(&body["messages"]) {
            let result = list(&message["content"]).iter().rev().find(|block| block["type"] == "tool_result");
            match result {
                Some(block) => talk.hear_tool(text_of(&block["content"])),
                None => talk.hear(message["role"].as_str(), text_of(&message["content"])),
            }
        }
        talk
    }

    /// `POST …/responses`
    pub(crate) fn of_responses(body: &Value) -> Self {
        let mut talk = Self {
            max_tokens: limit(body, &["max_output_tokens"]),
            chars: text_of(&body["instructions"]).chars().count(),
            ..Self::default()
        };
        if body["input"].is_string() {
            talk.hear(Some("user"), text_of(&body["input"]));
        }
        for item in list(&body["input"]) {
            talk.hear(item["role"].as_str(), text_of(&item["content"]));
        }
        talk
    }

    /// `POST …/completions`
    pub(crate) fn of_prompt(body: &Value) -> Self {
        let mut talk = Self { max_tokens: limit(body, &["max_tokens"]), ..Self::default() };
        talk.hear(Some("user"), text_of(&body["prompt"]));
        talk
    }

    fn hear(&mut self, role: Option<&str>, text: String) {
        self.chars += text.chars().count();
        self.tool_result = None;
        if role == Some("user") {
            self.question = text;
        }
    }

    fn hear_tool(&mut self, text: String) {
        self.chars += text.chars().count();
        self.tool_result = Some(text);
    }
}

/// Content is a string, a list of strings, or a list of parts with a `text`.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.as_str().or_else(|| part["text"].as_str()));
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

fn tools<'a>(body: &'a Value, read: impl Fn(&'a Value) -> (&'a Value, &'a Value)) -> Vec<Tool> {
    let named = list(&body["tools"]).iter().filter_map(|tool| {
        let (name, schema) = read(tool);
        Some(Tool { name: name.as_str()?.to_owned(), schema: schema.clone() })
    });
    named.collect()
}

fn limit(body: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| body[*name].as_u64())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
