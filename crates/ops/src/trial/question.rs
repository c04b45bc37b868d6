//! What a probe asks: the shortest answer there is.

use serde_json::{Value, json};

/// A chat request that costs next to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Question(Limit);

/// How the length of the answer is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Limit {
    /// `max_tokens: 1`.
    #[default]
    Usual,
    /// `max_completion_tokens: 1`: models that reason refuse the former.
    Completion,
    /// The same with room for some reasoning: some vendors answer 400 when the limit is used up before the first word.
    Room,
}

/// Tokens with [`Limit::Room`].
const ROOM: u32 = 256;

impl Question {
    /// The request's body.
    pub(crate) fn body(self, model: &str, stream: bool) -> Value {
        let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "ping" }] });
        let (member, limit) = match self.0 {
            Limit::Usual => ("max_tokens", 1),
            Limit::Completion => ("max_completion_tokens", 1),
            Limit::Room => ("max_completion_tokens", ROOM),
        };
        body[member] = json!(limit);
        if stream {
            body["stream"] = json!(true);
        }
        body
    }

    /// How to ask again where the vendor refused nothing but the limit.
    pub(crate) fn other(self, status: u16, body: &[u8]) -> Option<Self> {
        if !matches!(status, 400 | 422) {
            return None;
        }
        let text = String::from_utf8_lossy(body).to_lowercase();
        let next = match self.0 {
            Limit::Usual if text.contains("max_completion_tokens") => Limit::Completion,
            Limit::Usual | Limit::Completion if too_short(&text) => Limit::Room,
            _ => return None,
        };
        Some(Self(next))
    }
}

/// Whether the vendor says that one token is not enough.
fn too_short(text: &str) -> bool {
    let limit = text.contains("max_tokens") || text.contains("max_completion_tokens") || text.contains("max_output_tokens");
    limit
        && ["limit was reached", "minimum value", "below minimum", "at least", "greater than", "too small"].iter().any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(from: Question, status: u16, message: &str) -> Option<Question> {
        from.other(status, json!({ "error": { "message": message } }).to_string().as_bytes())
    }

    #[test]
    fn asks_again_only_about_the_limit() {
        let first = Question::default();
        let refused = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        let second = next(first, 400, refused);
        assert_eq!(second, Some(Question(Limit::Completion)));
        let used_up = "Could not finish the message because max_tokens or model output limit was reached.";
        assert_eq!(next(Question(Limit::Completion), 400, used_up), Some(Question(Limit::Room)));
        assert_eq!(next(Question(Limit::Room), 400, used_up), None, "asking ends");
        assert_eq!(next(Question(Limit::Completion), 400, refused), None, "a vendor that refuses both");
        assert_eq!(next(first, 400, "The model `x` does not exist"), None);
        assert_eq!(next(first, 401, refused), None);
    }

    #[test]
    fn the_body_has_one_limit() {
        assert_eq!(Question::default().body("m", false)["max_tokens"], 1);
        let body = Question(Limit::Room).body("m", true);
        assert_eq!((&body["max_completion_tokens"], &body["stream"]), (&json!(ROOM), &json!(true)));
        assert_eq!(body.get("max_tokens"), None);
    }
}
