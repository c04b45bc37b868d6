//! Model cards: what is known of a model.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelCard {
    /// Tokens it can read and write together.
    pub context_window: u64,
    /// Tokens it can write.
    pub max_tokens: u64,
    /// Whether it reasons.
    pub reasoning: bool,
    /// What it reads.
    pub input: Vec<Modality>,
    /// What it costs; absent where nobody said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub price: Option<Price>,
}

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Text.
    Text,
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Films.
    Video,
}

/// A price for a million tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// ISO 4217.
    #[serde(default = "dollars")]
    pub currency: String,
    /// For tokens read.
    pub input: f64,
    /// For tokens written.
    pub output: f64,
    /// For tokens read from the vendor's cache; absent where they cost the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cached_input: Option<f64>,
}

/// Where a card's numbers come from: the strongest of its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// This deployment's own card.
    Override,
    /// The table below.
    Catalog,
    /// The provider's own list.
    Provider,
    /// Nobody knows the model.
    Default,
}

/// A model of the table.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its id.
    pub id: &'static str,
    context_window: u64,
    max_tokens: u64,
    images: bool,
}

/// The models HiClaw and AgentTeams know (HiClaw contract 2.7). All of them reason.
pub const KNOWN: &[Known] = &[
    known("gpt-5.4", 1_050_000, 128_000, true),
    known("gpt-5.3-codex", 400_000, 128_000, true),
    known("gpt-5-mini", 400_000, 128_000, true),
    known("gpt-5-nano", 400_000, 128_000, true),
    known("claude-opus-4-6", 1_000_000, 128_000, true),
    known("claude-sonnet-4-6", 1_000_000, 64_000, true),
    known("claude-haiku-4-5", 200_000, 64_000, true),
    known("qwen3.6-plus", 200_000, 64_000, true),
    known("qwen3.5-plus", 200_000, 64_000, true),
    known("deepseek-chat", 256_000, 128_000, false),
    known("deepseek-reasoner", 256_000, 128_000, false),
    known("kimi-k2.5", 256_000, 128_000, true),
    known("glm-5", 200_000, 128_000, false),
    known("MiniMax-M2.7", 200_000, 128_000, false),
    known("MiniMax-M2.7-highspeed", 200_000, 128_000, false),
    known("MiniMax-M2.5", 200_000, 128_000, false),
];

const fn known(id: &'static str, context_window: u64, max_tokens: u64, images: bool) -> Known {
    Known { id, context_window, max_tokens, images }
}

impl Default for ModelCard {
    /// What is assumed of a model that nobody knows (HiClaw contract 2.7).
    fn default() -> Self {
        Self { context_window: 150_000, max_tokens: 128_000, reasoning: true, input: vec![Modality::Text], price: None }
    }
}

impl From<&Known> for ModelCard {
    fn from(known: &Known) -> Self {
        let input = if known.images { vec![Modality::Text, Modality::Image] } else { vec![Modality::Text] };
        Self { context_window: known.context_window, max_tokens: known.max_tokens, reasoning: true, input, price: None }
    }
}

/// What a provider's own list says of a model, beside its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Tokens it can read and write together.
    pub context_window: Option<u64>,
    /// Tokens it can write.
    pub max_tokens: Option<u64>,
    /// Whether it reasons.
    pub reasoning: Option<bool>,
    /// What it reads.
    pub input: Option<Vec<Modality>>,
}

/// [`card_listed`] where no provider's list is at hand.
pub fn card(id: &str, overrides: Option<&Value>) -> (ModelCard, Source) {
    card_listed(id, overrides, None)
}

/// The card of a model: the table's, what its provider lists, or the default one, with the members that this deployment gives in their place.
/// A member that does not hold what it should says nothing; see [`check_override`].
pub fn card_listed(id: &str, overrides: Option<&Value>, listed: Option<&Listed>) -> (ModelCard, Source) {
    let known = KNOWN.iter().find(|known| known.id == id);
    let listed = listed.filter(|listed| known.is_none() && **listed != Listed::default());
    let (mut card, source) = match (known, listed) {
        (Some(known), _) => (ModelCard::from(known), Source::Catalog),
        (None, Some(listed)) => (ModelCard::from(listed), Source::Provider),
        (None, None) => (ModelCard::default(), Source::Default),
    };
    let given = overrides.and_then(Value::as_object).is_some_and(|overrides| card.overlay(overrides));
    (card, if given { Source::Override } else { source })
}

impl From<&Listed> for ModelCard {
    /// What the list leaves out is assumed, but no model writes more than it has room for.
    fn from(listed: &Listed) -> Self {
        let assumed = Self::default();
        let context_window = listed.context_window.unwrap_or(assumed.context_window);
        Self {
            context_window,
            max_tokens: listed.max_tokens.unwrap_or(assumed.max_tokens).min(context_window),
            reasoning: listed.reasoning.unwrap_or(assumed.reasoning),
            input: listed.input.clone().unwrap_or(assumed.input),
            price: None,
        }
    }
}

impl ModelCard {
    /// Takes over every member that can be read; says whether there was one.
    fn overlay(&mut self, overrides: &Map<String, Value>) -> bool {
        let mut any = false;
        any |= take(overrides, "contextWindow", &mut self.context_window);
        any |= take(overrides, "maxTokens", &mut self.max_tokens);
        any |= take(overrides, "reasoning", &mut self.reasoning);
        any |= take(overrides, "input", &mut self.input);
        any |= take(overrides, "price", &mut self.price);
        any
    }
}

fn take<T: serde::de::DeserializeOwned>(overrides: &Map<String, Value>, member: &str, into: &mut T) -> bool {
    let value = overrides.get(member).filter(|value| !value.is_null());
    let read = value.and_then(|value| serde_json::from_value(value.clone()).ok());
    let any = read.is_some();
    if let Some(read) = read {
        *into = read;
    }
    any
}

/// What is wrong with a deployment's own card.
pub fn check_override(stored: &Value) -> Vec<Diagnostic> {
    let bad = |pointer: String, what: &str| Diagnostic::hard(Code::ValidationFailed, pointer, what);
    let Some(members) = stored.as_object() else { return vec![bad(String::new(), "a model card is an object")] };
    let positive = |value: &Value| value.as_u64().is_some_and(|n| n > 0);
    let readable = |member: &str, value: &Value| {
        value.is_null()
            || match member {
                "contextWindow" | "maxTokens" => positive(value),
                "reasoning" => value.is_boolean(),
                "input" => Vec::<Modality>::deserialize(value).is_ok_and(|input| !input.is_empty()),
                "price" => Price::deserialize(value).is_ok_and(|price| price.is_sane()),
                _ => true,
            }
    };
    let what = |member: &str| match member {
        "contextWindow" | "maxTokens" => "this is a number of tokens, at least 1",
        "reasoning" => "this is true or false",
        "input" => "this is a list of text, image, audio and video",
        _ => "a price has `input` and `output`, in money for a million tokens",
    };
    let wrong = members.iter().filter(|(member, value)| !readable(member, value));
    wrong.map(|(member, _)| bad(format!("/{member}"), what(member)).hint("correct it, or leave the member out")).collect()
}

impl Price {
    fn is_sane(&self) -> bool {
        let sane = |amount: f64| amount.is_finite() && amount >= 0.0;
        sane(self.input) && sane(self.output) && self.cached_input.is_none_or(sane)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Override => "override",
            Self::Catalog => "catalog",
            Self::Provider => "provider",
            Self::Default => "default",
        })
    }
}

fn dollars() -> String {
    "USD".to_owned()
}

#[cfg(test)]
mod tests;
