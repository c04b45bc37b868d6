//! What a vendor says about a refusal, found in any of the shapes that vendors use, and shown without keys.

use agm_domain::redact::redact_text;
use agm_domain::secret::Secret;
use serde_json::Value;

/// Longest quotation, in characters.
const MAX_QUOTED: usize = 300;

/// A vendor's words about a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// For people; empty where there are none.
    pub(crate) message: String,
    /// For programs: its code and type, as it spells them.
    pub(crate) codes: Vec<String>,
}

impl Words {
    /// Finds them in a body: JSON in any known shape, or short plain text.
    pub(crate) fn find(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Self::plain(&String::from_utf8_lossy(body)) };
        // Gemini's answers are a list of one.
        let value = value.get(0).unwrap_or(&value);
        // `error`: OpenAI and most others; `base_resp`: MiniMax; `header`: Spark.
        let nested = ["error", "base_resp", "header"].into_iter().filter_map(|name| value.get(name)).find(|v| !v.is_null());
        let mut words = Self::default();
        for place in nested.into_iter().chain([value]) {
            words.take(place);
        }
        words
    }

    fn take(&mut self, place: &Value) {
        const MESSAGES: [&str; 8] = ["message", "error_description", "msg", "error_msg", "errorMessage", "status_msg", "detail", "error"];
        const CODES: [&str; 6] = ["code", "type", "status", "error_code", "status_code", "reason"];
        if self.message.is_empty() {
            let direct = place.as_str().map(str::to_owned);
            let member = || MESSAGES.into_iter().filter_map(|name| place.get(name)).find_map(text);
            self.message = direct.or_else(member).unwrap_or_default();
        }
        self.codes.extend(CODES.into_iter().filter_map(|name| place.get(name)).filter_map(text));
    }

    fn plain(body: &str) -> Self {
        let message = if looks_like_html(body) { String::new() } else { body.trim().to_owned() };
        Self { message, codes: Vec::new() }
    }

    /// What people may read: one line, at most 300 characters, without control characters and keys.
    pub(crate) fn shown(&self, secrets: &[Secret]) -> String {
        shown(&self.message, secrets)
    }
}

/// Any text of a vendor as people may read it. Keys are masked before it is cut, so that no half of one is left.
pub(crate) fn shown(text: &str, secrets: &[Secret]) -> String {
    let masked = redact_text(text, secrets.iter().map(Secret::expose));
    let mut line = String::new();
    for word in masked.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !turns_text_around(*c)));
    }
    match line.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether this is a web page.
pub(crate) fn looks_like_html(body: &str) -> bool {
    let start: String = body.trim_start().chars().take(15).flat_map(char::to_lowercase).collect();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head") || start.starts_with("<?xml")
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // FastAPI's `detail` and GraphQL-like `errors` are lists.
        Value::Array(items) => items.first().and_then(|item| item.as_str().map(str::to_owned).or_else(|| text(item.get("msg")?))),
        _ => None,
    }
}

/// Unicode's marks that change the direction of the text around them.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, message: &str, codes: &[&str]) {
        let words = Words::find(body.as_bytes());
        assert_eq!(
            (words.message.as_str(), words.codes.iter().map(String::as_str).collect::<Vec<_>>()),
            (message, codes.to_vec()),
            "{body}"
        );
    }

    #[test]
    fn every_shape() {
        check(
            r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            "Incorrect API key",
            &["invalid_api_key", "invalid_request_error"],
        );
        check(r#"{"error":{"code":"1211","message":"模型不存在"}}"#, "模型不存在", &["1211"]);
        check(r#"{"error":"model 'x' not found"}"#, "model 'x' not found", &[]);
        check(r#"{"code":20012,"message":"Model does not exist."}"#, "Model does not exist.", &["20012"]);
        check(
            r#"[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}]"#,
            "API key not valid",
            &["400", "INVALID_ARGUMENT"],
        );
        check(r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, "login fail", &["1004"]);
        check(r#"{"detail":[{"msg":"field required"}]}"#, "field required", &[]);
        check("upstream timed out\n", "upstream timed out", &[]);
        check("<!DOCTYPE html><h1>Hello</h1>", "", &[]);
        check("", "", &[]);
    }

    #[test]
    fn a_quotation_is_one_bounded_line_without_keys() {
        let key = Secret::from("sk-planted-0123456789abcdef");
        let words = Words { message: format!("bad\r\n\u{1b}[31mkey\t{}\u{202e} !", key.expose()), codes: vec![] };
        assert_eq!(words.shown(std::slice::from_ref(&key)), "bad [31mkey sk-…cdef !");
        let long = Words { message: format!("{}{}", "x".repeat(MAX_QUOTED - 10), key.expose()), codes: vec![] };
        let shown = long.shown(std::slice::from_ref(&key));
        assert!(!shown.contains("planted"), "no half of a key is left: {shown}");
        assert!(shown.chars().count() <= MAX_QUOTED + 1);
    }
}
