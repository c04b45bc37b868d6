//! What an answer says of its model and its cost, in the conventions of OpenAI and Anthropic.

use std::fmt;
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::body::peek::MAX_MODEL;
use crate::seen::Usage;

/// What was read. Later figures replace earlier ones: streams repeat and complete them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    model: Option<Arc<str>>,
    input: Option<u64>,
    /// `input` is OpenAI's `prompt_tokens`, which has the cached ones in it.
    input_is_all: bool,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    /// Anthropic counts what came from and went to the cache beside `input_tokens`, not in it.
    beside_read: Option<u64>,
    beside_write: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Figures {
    prompt_tokens: Count,
    completion_tokens: Count,
    input_tokens: Count,
    output_tokens: Count,
    total_tokens: Count,
    prompt_tokens_details: Option<Details>,
    input_tokens_details: Option<Details>,
    /// DeepSeek's spelling of the same.
    prompt_cache_hit_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    cached_tokens: Count,
}

/// A number of tokens; anything else says nothing.
#[derive(Default, Clone, Copy)]
struct Count(Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of tokens")
    }

    fn visit_u64<E>(self, count: u64) -> Result<Count, E> {
        Ok(Count(Some(count)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_unit<E>(self) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Count, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| Count(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Count, A::Error> {
        IgnoredAny.visit_map(object).map(|_| Count(None))
    }
}

impl Reading {
    /// The model the answer names.
    pub(crate) fn model(&self) -> Option<&Arc<str>> {
        self.model.as_ref()
    }

    /// The cost, when input and output are known.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let cache_write = self.beside_write.unwrap_or(0);
        let beside = if self.input_is_all { 0 } else { self.beside_read.unwrap_or(0).saturating_add(cache_write) };
        let input = self.input?.saturating_add(beside);
        // Embeddings name input and total only.
        let output = self.output.or_else(|| self.total.map(|t| t.saturating_sub(input)))?;
        let total = self.total.unwrap_or_else(|| input.saturating_add(output));
        let cache_read = self.beside_read.or(self.cached).unwrap_or(0);
        Some(Usage { input, output, total, cache_read, cache_write })
    }

    pub(super) fn take_model(&mut self, json: &[u8]) {
        if self.model.is_none()
            && let Ok(model) = serde_json::from_slice::<String>(json)
            && !model.is_empty()
            && model.len() <= MAX_MODEL
        {
            self.model = Some(model.into());
        }
    }

    pub(super) fn take_usage(&mut self, json: &[u8]) {
        if json.trim_ascii() == b"null" {
            return;
        }
        let Ok(f) = serde_json::from_slice::<Figures>(json) else { return };
        let put = |slot: &mut Option<u64>, counts: [Count; 2]| *slot = counts[0].0.or(counts[1].0).or(*slot);
        let details = f.prompt_tokens_details.or(f.input_tokens_details).unwrap_or_default();
        if f.prompt_tokens.0.or(f.input_tokens.0).is_some() {
            // Gateways in front of Anthropic tell both ways: then `prompt_tokens` has everything in it.
            self.input_is_all = f.prompt_tokens.0.is_some();
        }
        put(&mut self.input, [f.prompt_tokens, f.input_tokens]);
        put(&mut self.output, [f.completion_tokens, f.output_tokens]);
        put(&mut self.total, [f.total_tokens, Count(None)]);
        put(&mut self.beside_read, [f.cache_read_input_tokens, Count(None)]);
        put(&mut self.beside_write, [f.cache_creation_input_tokens, Count(None)]);
        put(&mut self.cached, [details.cached_tokens, f.prompt_cache_hit_tokens]);
    }
}
