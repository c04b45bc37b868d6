//! Token counts, in the convention of whoever reports them.

use serde_json::{Value, json};

use crate::flavour::Flavour;

/// Tokens of one exchange. `cached` is the part of `prompt` that the cache had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) cached: u64,
}

impl Usage {
    /// Four characters make a prompt token.
    pub(crate) fn new(prompt_chars: usize, completion: usize, cached: u64) -> Self {
        let prompt = (prompt_chars as u64).div_ceil(4);
        Self { prompt, completion: completion as u64, cached: cached.min(prompt) }
    }

    /// Chat and completions: cached tokens are part of `prompt_tokens`.
    pub(crate) fn openai(self, flavour: Flavour) -> Value {
        let mut usage = json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": { "cached_tokens": self.cached },
        });
        if flavour == Flavour::DeepSeek {
            usage["prompt_cache_hit_tokens"] = json!(self.cached);
            usage["prompt_cache_miss_tokens"] = json!(self.prompt - self.cached);
        }
        usage
    }

    /// Responses: as chat, with other names.
    pub(crate) fn responses(self) -> Value {
        json!({
            "input_tokens": self.prompt,
            "input_tokens_details": { "cached_tokens": self.cached },
            "output_tokens": self.completion,
            "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": self.prompt + self.completion,
        })
    }

    /// Messages: cached tokens are **not** part of `input_tokens`.
    pub(crate) fn anthropic(self, completion: u64) -> Value {
        json!({
            "input_tokens": self.prompt - self.cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": self.cached,
            "output_tokens": completion,
        })
    }
}

#[cfg(test)]
mod tests;
