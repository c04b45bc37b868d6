//! The list of a vendor's models, in the shapes that vendors use.

use std::collections::{HashMap, HashSet};

use agm_domain::catalog::{Listed, Modality};
use agm_domain::check;
use serde_json::Value;

use super::exchange::Heard;
use crate::trial::Failure;
use crate::trial::classify::{self, Subject};

/// Pages that are read at most. Anthropic's have 20 entries.
pub(super) const MAX_PAGES: usize = 20;
/// Models that are kept: aggregators list several hundred.
const MAX_MODELS: usize = 5_000;
/// The most tokens that a list is believed.
const LARGEST: u64 = 1_000_000_000;

/// A vendor's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VendorList {
    /// Ids, in the vendor's order.
    pub(crate) models: Vec<String>,
    /// What the list says of them beside that; few vendors say anything.
    pub(crate) cards: HashMap<String, Listed>,
}

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) list: VendorList,
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
    let said = entries.iter().filter_map(|entry| Some((id(entry)?.to_owned(), said(entry))));
    let cards = said.filter(|(_, listed)| *listed != Listed::default()).collect();
    let more = value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let next = value.get("last_id").and_then(Value::as_str).filter(|_| more).map(str::to_owned);
    Some(Page { list: VendorList { models, cards }, next })
}

fn id(entry: &Value) -> Option<&str> {
    let named = ["id", "name", "model"].into_iter().find_map(|member| entry.get(member)?.as_str());
    named.or(entry.as_str())
}

/// What an entry says of its model, under the names that vendors use. A number that cannot be one says nothing.
fn said(entry: &Value) -> Listed {
    let number =
        |pointers: &[&str]| pointers.iter().find_map(|pointer| entry.pointer(pointer)?.as_u64().filter(|n| (1..=LARGEST).contains(n)));
    let texts = |pointer: &str| Some(entry.pointer(pointer)?.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let input = texts("/architecture/input_modalities").map(|kinds| kinds.into_iter().filter_map(modality).collect::<Vec<_>>());
    Listed {
        // OpenRouter, Moonshot and Together; Groq; Mistral; vLLM.
        context_window: number(&["/context_length", "/context_window", "/max_context_length", "/max_model_len"]),
        // OpenRouter; Groq.
        max_tokens: number(&["/top_provider/max_completion_tokens", "/max_completion_tokens", "/max_output_tokens"]),
        // OpenRouter.
        reasoning: texts("/supported_parameters").map(|names| names.contains(&"reasoning")),
        input: input.filter(|input| input.contains(&Modality::Text)),
    }
}

fn modality(name: &str) -> Option<Modality> {
    serde_json::from_value(name.into()).ok()
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
pub(super) fn tidy(list: VendorList) -> VendorList {
    let VendorList { models, mut cards } = list;
    let mut seen = HashSet::new();
    let fit = models.into_iter().filter(|id| check::model_id(id).is_none() && seen.insert(id.clone()));
    let models: Vec<String> = fit.take(MAX_MODELS).collect();
    cards.retain(|id, _| seen.contains(id));
    VendorList { models, cards }
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
            let list = VendorList { models: vec!["a".into(), "b".into()], cards: HashMap::new() };
            assert_eq!(parse(&value).unwrap(), Page { list, next: None }, "{value}");
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
        assert_eq!(tidy(VendorList { models: listed, cards: HashMap::new() }).models, ["a", "vendor/b:free"]);
    }

    #[test]
    fn what_lists_say_of_models() {
        let value = json!({"data": [
            {"id": "router", "context_length": 32_000, "architecture": {"input_modalities": ["text", "image", "file"]},
                "top_provider": {"context_length": 32_000, "max_completion_tokens": 8_000}, "supported_parameters": ["tools", "reasoning"]},
            {"id": "kimi", "context_length": 262_144, "max_completion_tokens": null},
            {"id": "llama", "max_model_len": 8_192, "supported_parameters": []},
            {"id": "odd", "context_length": "many", "context_window": 0, "max_model_len": -3, "architecture": {"input_modalities": ["smell"]}},
            {"id": "plain"}
        ]});
        let cards = parse(&value).unwrap().list.cards;
        let both = vec![Modality::Text, Modality::Image];
        let router = Listed { context_window: Some(32_000), max_tokens: Some(8_000), reasoning: Some(true), input: Some(both) };
        assert_eq!(cards["router"], router);
        assert_eq!(cards["kimi"], Listed { context_window: Some(262_144), ..Listed::default() });
        assert_eq!(cards["llama"], Listed { context_window: Some(8_192), reasoning: Some(false), ..Listed::default() });
        assert_eq!(cards.len(), 3);
    }
}
