//! The list of a vendor's models, in the shapes that vendors use.

use std::collections::HashSet;

use agm_domain::check;
use serde_json::Value;

use super::exchange::Heard;
use crate::trial::Failure;
use crate::trial::classify::{self, Subject};

/// Pages that are read at most. Anthropic's have 20 entries.
pub(super) const MAX_PAGES: usize = 20;
/// Models that are kept: aggregators list several hundred.
const MAX_MODELS: usize = 5_000;

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) models: Vec<String>,
    /// The id after which the next one begins.
    pub(super) next: Option<String>,
}

/// Reads a page.
pub(super) fn page(heard: &Heard, subject: &Subject) -> Result<Page, Failure> {
    let value = classify::json(heard.status, heard.content_type(), &heard.body, subject)?;
    parse(&value).ok_or_else(|| classify::not_a_list(subject))
}

fn parse(value: &Value) -> Option<Page> {
    // `data`: OpenAI; `models`: Ollama, Cohere and Google; a bare list: Together and GitHub.
    let entries = [value.get("data"), value.get("models"), Some(value)].into_iter().flatten().find_map(Value::as_array)?;
    let models = entries.iter().filter_map(id).map(str::to_owned).collect();
    let more = value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let next = value.get("last_id").and_then(Value::as_str).filter(|_| more).map(str::to_owned);
    Some(Page { models, next })
}

fn id(entry: &Value) -> Option<&str> {
    let named = ["id", "name", "model"].into_iter().find_map(|member| entry.get(member)?.as_str());
    named.or(entry.as_str())
}

/// The target of the page after `last` (Anthropic's paging).
pub(super) fn after(path: &str, last: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    let encoded: String = last.bytes().map(encode).collect();
    format!("{path}{separator}after_id={encoded}")
}

fn encode(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// Each id once, in the vendor's order, without those that could not be asked for.
pub(super) fn tidy(models: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let fit = models.into_iter().filter(|id| check::model_id(id).is_none() && seen.insert(id.clone()));
    fit.take(MAX_MODELS).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape() {
        for value in [
            json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}),
            json!({"models": [{"name": "a", "model": "a"}, {"name": "b"}]}),
            json!([{"id": "a"}, {"name": "b"}]),
            json!({"data": ["a", "b"]}),
        ] {
            assert_eq!(parse(&value).unwrap(), Page { models: vec!["a".into(), "b".into()], next: None }, "{value}");
        }
        assert_eq!(parse(&json!({"error": "x"})), None);
        assert_eq!(parse(&json!({"data": []})), Some(Page::default()), "an empty list is a list");
    }

    #[test]
    fn pages() {
        let page = parse(&json!({"data": [{"id": "a"}], "has_more": true, "last_id": "a b"})).unwrap();
        assert_eq!(after("/v1/models", &page.next.unwrap()), "/v1/models?after_id=a%20b");
        assert_eq!(after("/v1/models?limit=2", "x"), "/v1/models?limit=2&after_id=x");
        assert_eq!(parse(&json!({"data": [], "has_more": false, "last_id": "a"})).unwrap().next, None);
    }

    #[test]
    fn what_cannot_be_asked_for_is_left_out() {
        let listed = ["a", "a", "", "two words", "b\u{0}", "vendor/b:free"].map(str::to_owned).to_vec();
        assert_eq!(tidy(listed), ["a", "vendor/b:free"]);
    }
}
