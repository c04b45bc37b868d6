//! What an answer says of its model and its cost, in the conventions of OpenAI and Anthropic.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::seen::Usage;

/// Longest model name that is believed.
const MAX_MODEL: usize = 256;

/// What was read. Later figures replace earlier ones: streams repeat and complete them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    model: Option<Arc<str>>,
    input: Option<u64>,
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
    prompt_tokens: Value,
    completion_tokens: Value,
    input_tokens: Value,
    output_tokens: Value,
    total_tokens: Value,
    prompt_tokens_details: Option<Details>,
    input_tokens_details: Option<Details>,
    /// DeepSeek's spelling of the same.
    prompt_cache_hit_tokens: Value,
    cache_read_input_tokens: Value,
    cache_creation_input_tokens: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    cached_tokens: Value,
}

impl Reading {
    /// The model the answer names.
    pub(crate) fn model(&self) -> Option<&Arc<str>> {
        self.model.as_ref()
    }

    /// The cost, when input and output are known.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let cache_write = self.beside_write.unwrap_or(0);
        let input = self.input?.saturating_add(self.beside_read.unwrap_or(0)).saturating_add(cache_write);
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
        let first = |a: &Value, b: &Value| a.as_u64().or_else(|| b.as_u64());
        let put = |slot: &mut Option<u64>, value: Option<u64>| *slot = value.or(*slot);
        put(&mut self.input, first(&f.prompt_tokens, &f.input_tokens));
        put(&mut self.output, first(&f.completion_tokens, &f.output_tokens));
        put(&mut self.total, f.total_tokens.as_u64());
        put(&mut self.beside_read, f.cache_read_input_tokens.as_u64());
        put(&mut self.beside_write, f.cache_creation_input_tokens.as_u64());
        let details = f.prompt_tokens_details.or(f.input_tokens_details).and_then(|d| d.cached_tokens.as_u64());
        put(&mut self.cached, details.or_else(|| f.prompt_cache_hit_tokens.as_u64()));
    }
}
