//! Types the Console does not handle: presets that are stored as `openai` with a custom URL, and those that agm refuses.

use super::{USUAL, WIRE};
use crate::endpoint::Auth;
use crate::provider_type::{KeyNeed, ProviderType, Standalone, Wire};

/// A vendor with OpenAI's API at a base URL of its own.
const PRESET: ProviderType = ProviderType { console: false, ..USUAL };

pub(super) static TYPES: &[ProviderType] = &[
    ProviderType {
        id: "openai-compatible",
        aliases: &["custom"],
        title: "Any OpenAI-compatible endpoint",
        key: KeyNeed::Optional,
        key_hint: "what the endpoint asks for, if anything",
        ..PRESET
    },
    ProviderType {
        id: "siliconflow",
        title: "SiliconFlow",
        base_url: "https://api.siliconflow.cn/v1",
        key_hint: "sk-… from cloud.siliconflow.cn",
        ..PRESET
    },
    // Declared by the Console, but refused (contract 3.3).
    ProviderType {
        id: "together-ai",
        aliases: &["together"],
        title: "Together AI",
        base_url: "https://api.together.xyz/v1",
        key_hint: "a key from api.together.ai",
        ..PRESET
    },
    // Declared by the Console, but refused (contract 3.3).
    ProviderType {
        id: "hunyuan",
        aliases: &["tencent"],
        title: "Tencent Hunyuan",
        base_url: "https://api.hunyuan.cloud.tencent.com/v1",
        key_hint: "sk-… from console.cloud.tencent.com/hunyuan",
        prefixes: &["hunyuan-"],
        ..PRESET
    },
    ProviderType {
        id: "fireworks",
        title: "Fireworks AI",
        base_url: "https://api.fireworks.ai/inference/v1",
        key_hint: "fw_… from fireworks.ai",
        wire: Wire { base: "/inference/v1", models: Some("/inference/v1/models"), ..WIRE },
        ..PRESET
    },
    ProviderType {
        id: "longcat",
        title: "LongCat",
        base_url: "https://api.longcat.chat/openai/v1",
        key_hint: "a key from longcat.chat/platform",
        prefixes: &["LongCat-"],
        wire: Wire { base: "/openai/v1", models: None, ..WIRE },
        ..PRESET
    },
    ProviderType {
        id: "cerebras",
        title: "Cerebras",
        base_url: "https://api.cerebras.ai/v1",
        key_hint: "csk-… from cloud.cerebras.ai",
        ..PRESET
    },
    ProviderType {
        id: "nvidia",
        title: "NVIDIA NIM",
        base_url: "https://integrate.api.nvidia.com/v1",
        key_hint: "nvapi-… from build.nvidia.com",
        ..PRESET
    },
    ProviderType {
        id: "modelscope",
        title: "ModelScope",
        base_url: "https://api-inference.modelscope.cn/v1",
        key_hint: "ms-… from modelscope.cn",
        ..PRESET
    },
    ProviderType {
        id: "huggingface",
        title: "Hugging Face",
        base_url: "https://router.huggingface.co/v1",
        key_hint: "hf_… from huggingface.co",
        ..PRESET
    },
    ProviderType {
        id: "lmstudio",
        title: "LM Studio",
        base_url: "http://127.0.0.1:1234/v1",
        key: KeyNeed::None,
        key_hint: "none",
        wire: Wire { auth: Auth::None, ..WIRE },
        ..PRESET
    },
    // Declared by the Console, but refused (contract 3.3).
    refused("cloudflare", "Cloudflare Workers AI", "its address holds your account: add it as `openai-compatible` with that base URL"),
    refused("spark", "iFlytek Spark", "the Console refuses it: add it as `openai-compatible` with its OpenAI-compatible base URL"),
    refused("deepl", "DeepL", "it translates and has no chat API"),
    // Known to ai-proxy only.
    refused("generic", "Generic", "it says nothing about the vendor's API: use `openai-compatible`"),
    refused("dify", "Dify", "it speaks its own protocol, and agm converts between no protocols"),
    refused("triton", "NVIDIA Triton", "it speaks its own protocol, and agm converts between no protocols"),
];

const fn refused(id: &'static str, title: &'static str, reason: &'static str) -> ProviderType {
    ProviderType { id, title, standalone: Standalone::No(reason), ..PRESET }
}
