//! An assignment: the provider, model and limits an agent should run on. Its JSON is the documented `model.json`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::name::ProviderName;

/// What an agent should run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Which provider.
    #[schema(value_type = String)]
    pub provider: ProviderName,
    /// The model id the agent asks for.
    pub model: String,
    /// Tokens.
    pub context_window: u64,
    /// Tokens.
    pub max_tokens: u64,
    /// Whether the model reasons.
    pub reasoning: bool,
    /// RFC 3339, UTC, whole seconds.
    pub updated_at: String,
    /// Members we do not know.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub rest: Map<String, Value>,
}

impl Assignment {
    /// Whether both ask for the same, apart from when that was said.
    pub fn same_wish(&self, other: &Self) -> bool {
        let Self { provider, model, context_window, max_tokens, reasoning, updated_at: _, rest: _ } = self;
        *provider == other.provider
            && *model == other.model
            && *context_window == other.context_window
            && *max_tokens == other.max_tokens
            && *reasoning == other.reasoning
    }
}
