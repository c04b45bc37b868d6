//! What a human asks.

use std::fmt;

use agm_domain::check::model_id;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::OpError;

/// A chat request to be sent as an agent.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundRequest {
    /// With whose gateway key: `manager` or `worker:<name>`.
    #[serde(rename = "as")]
    pub agent: String,
    /// The model.
    pub model: String,
    /// The one message of a user; or `messages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// A whole conversation; or `prompt`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<PlaygroundMessage>,
    /// The longest answer, in tokens; the vendor's own limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_tokens: Option<u32>,
    /// Whether the vendor is to stream its answer. If not, it comes as one chunk.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub stream: bool,
}

/// A message of a conversation.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlaygroundMessage {
    /// Whose.
    pub role: Speaker,
    /// What they say.
    pub content: String,
}

/// Who says something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Who sets the rules.
    System,
    /// Who asks.
    User,
    /// Who answers.
    Assistant,
}

fn yes() -> bool {
    true
}

impl PlaygroundRequest {
    /// Refuses what cannot be sent, everything at once.
    pub(super) fn check(&self) -> Result<(), OpError> {
        let mut wrong: Vec<Diagnostic> = model_id(&self.model).into_iter().collect();
        let prompt = self.prompt.as_deref().map(str::trim);
        let both = "give a prompt or messages, one of the two";
        match (prompt, self.messages.is_empty()) {
            (Some("") | None, true) => {
                wrong.push(Diagnostic::hard(Code::ValidationFailed, "/prompt", "nothing is asked").hint(both));
            }
            (Some(_), false) => wrong.push(Diagnostic::hard(Code::ValidationFailed, "/messages", "there is a prompt too").hint(both)),
            _ => {}
        }
        if self.max_tokens == Some(0) {
            let what = "an answer has at least one token";
            wrong.push(Diagnostic::hard(Code::ValidationFailed, "/maxTokens", what).hint("leave it out for the vendor's own limit"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(OpError::refused("this cannot be asked", &wrong)) }
    }

    /// The body of the chat request, with the limit under this name.
    pub(super) fn body(&self, limit: &str) -> Value {
        let messages = match &self.prompt {
            Some(prompt) => json!([{ "role": Speaker::User, "content": prompt }]),
            None => json!(self.messages),
        };
        let mut body = json!({ "model": self.model, "messages": messages, "stream": self.stream });
        if let Some(max) = self.max_tokens {
            body[limit] = json!(max);
        }
        body
    }
}

// What is said is nobody else's to read, in no log either.
impl fmt::Debug for PlaygroundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaygroundRequest").field("agent", &self.agent).field("model", &self.model).finish_non_exhaustive()
    }
}

impl fmt::Debug for PlaygroundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaygroundMessage").field("role", &self.role).finish_non_exhaustive()
    }
}
