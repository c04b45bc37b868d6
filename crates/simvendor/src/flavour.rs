//! Which vendor is imitated.

/// The vendor whose manners are imitated: statuses, error bodies, and where usage stands in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// OpenAI, and whoever copies it faithfully.
    OpenAi,
    /// Alibaba's DashScope in its OpenAI-compatible mode.
    Qwen,
    /// DeepSeek: an unknown model is a 400.
    DeepSeek,
    /// Moonshot (Kimi): usage stands inside the last choice of a stream, asked for or not.
    Moonshot,
    /// Zhipu (GLM): numeric error codes, an unknown model is a 400, usage in the last choice's frame, asked for or not.
    Zhipu,
    /// Anthropic: its own error envelope, `anthropic-version` required on messages.
    Anthropic,
}

/// Where a streamed chat carries its usage, beside the frame of its own that `include_usage` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamUsage {
    /// Nowhere else.
    OnRequest,
    /// At the top of the frame that carries `finish_reason`.
    LastFrame,
    /// Inside the choice that carries `finish_reason`.
    LastChoice,
}

impl Flavour {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::OpenAi, Self::Qwen, Self::DeepSeek, Self::Moonshot, Self::Zhipu, Self::Anthropic];

    pub(crate) fn stream_usage(self) -> StreamUsage {
        match self {
            Self::OpenAi | Self::Qwen | Self::DeepSeek | Self::Anthropic => StreamUsage::OnRequest,
            Self::Moonshot => StreamUsage::LastChoice,
            Self::Zhipu => StreamUsage::LastFrame,
        }
    }

    /// What the model list says in `owned_by`.
    pub(crate) fn owner(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Qwen => "dashscope",
            Self::DeepSeek => "deepseek",
            Self::Moonshot => "moonshot",
            Self::Zhipu => "z-ai",
            Self::Anthropic => "anthropic",
        }
    }
}
