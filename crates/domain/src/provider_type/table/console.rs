//! The 26 types the Console handles (contract 3.3).

use super::{CHAT_EMBEDDINGS, CHAT_EMBEDDINGS_MODELS, CHAT_MODELS, USUAL, WIRE, required, required_secret};
use crate::api::Api;
use crate::endpoint::Auth;
use crate::provider_type::{Field, FieldKind, KeyNeed, ProviderType, Standalone, StoredAs, Wire};

/// What OpenAI's own endpoint offers; Anthropic's and Cohere's APIs it does not.
const OPENAI: &[Api] = &[
    Api::ChatCompletions,
    Api::Completions,
    Api::Responses,
    Api::Embeddings,
    Api::Moderations,
    Api::Models,
    Api::ImagesGenerations,
    Api::ImagesEdits,
    Api::ImagesVariations,
    Api::AudioSpeech,
    Api::AudioTranscriptions,
    Api::AudioTranslations,
    Api::Files,
    Api::Batches,
    Api::FineTuning,
    Api::Realtime,
    Api::Videos,
    Api::Conversations,
];

pub(super) static TYPES: &[ProviderType] = &[
    ProviderType {
        id: "openai",
        title: "OpenAI",
        base_url: "https://api.openai.com/v1",
        // Without one Higress forwards the client's own key (contract 7.5).
        key: KeyNeed::Optional,
        key_hint: "sk-… from platform.openai.com",
        prefixes: &["gpt-", "chatgpt-", "o1", "o3", "o4-"],
        apis: OPENAI,
        stored_as: StoredAs::Url("openaiCustomUrl"),
        ..USUAL
    },
    ProviderType {
        id: "moonshot",
        aliases: &["kimi"],
        title: "Moonshot (Kimi)",
        base_url: "https://api.moonshot.cn/v1",
        key_hint: "sk-… from platform.moonshot.cn",
        prefixes: &["kimi-", "moonshot-"],
        apis: CHAT_MODELS,
        ..USUAL
    },
    ProviderType {
        id: "qwen",
        aliases: &["dashscope"],
        title: "Qwen (Alibaba Cloud Model Studio)",
        base_url: "https://dashscope.aliyuncs.com/compatible-mode/v1",
        key_hint: "sk-… from bailian.console.aliyun.com",
        prefixes: &["qwen"],
        fields: &[Field {
            name: "qwenEnableSearch",
            title: "Web search",
            kind: FieldKind::Boolean,
            required: false,
            default: "false",
            hint: "Lets the vendor search the web. It has an effect on Higress only, and there only outside the compatible mode.",
        }],
        apis: &[
            Api::ChatCompletions,
            Api::Completions,
            Api::Embeddings,
            Api::Responses,
            Api::Messages,
            Api::Files,
            Api::Batches,
            Api::Reranks,
            Api::Conversations,
        ],
        stored_as: StoredAs::Domain("qwenDomain"),
        wire: Wire {
            base: "/compatible-mode/v1",
            paths: &[(Api::Reranks, "/compatible-api/v1/reranks"), (Api::Messages, "/apps/anthropic/v1/messages")],
            models: Some("/compatible-mode/v1/models"),
            ..WIRE
        },
        ..USUAL
    },
    ProviderType {
        id: "azure",
        aliases: &["azure-openai"],
        title: "Azure OpenAI",
        key_hint: "a key of the Azure OpenAI resource",
        apis: OPENAI,
        stored_as: StoredAs::Url("azureServiceUrl"),
        // The paths depend on the form of the URL: see `endpoint::azure`.
        wire: Wire { auth: Auth::Header("api-key"), base: "/openai", models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "ai360",
        title: "360 Zhinao",
        base_url: "https://api.360.cn/v1",
        key_hint: "a key from ai.360.com",
        prefixes: &["360gpt"],
        apis: CHAT_EMBEDDINGS,
        wire: Wire { auth: Auth::RawAuthorization, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "github",
        title: "GitHub Models",
        base_url: "https://models.inference.ai.azure.com",
        key_hint: "a GitHub token (ghp_… or github_pat_…)",
        apis: CHAT_EMBEDDINGS,
        wire: Wire { auth: Auth::RawAuthorization, base: "", models: Some("/models"), ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "groq",
        title: "Groq",
        base_url: "https://api.groq.com/openai/v1",
        key_hint: "gsk_… from console.groq.com",
        apis: &[Api::ChatCompletions, Api::Responses],
        wire: Wire { base: "/openai/v1", models: Some("/openai/v1/models"), ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "baichuan",
        title: "Baichuan",
        base_url: "https://api.baichuan-ai.com/v1",
        key_hint: "sk-… from platform.baichuan-ai.com",
        prefixes: &["Baichuan"],
        apis: CHAT_EMBEDDINGS,
        wire: Wire { models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "yi",
        aliases: &["lingyiwanwu"],
        title: "01.AI (Yi)",
        base_url: "https://api.lingyiwanwu.com/v1",
        key_hint: "a key from platform.lingyiwanwu.com",
        prefixes: &["yi-"],
        ..USUAL
    },
    ProviderType {
        id: "deepseek",
        title: "DeepSeek",
        base_url: "https://api.deepseek.com/v1",
        key_hint: "sk-… from platform.deepseek.com",
        prefixes: &["deepseek-"],
        apis: &[Api::ChatCompletions, Api::Models, Api::Messages],
        wire: Wire { paths: &[(Api::Messages, "/anthropic/v1/messages")], ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "zhipuai",
        aliases: &["zhipu", "glm", "zai"],
        title: "Zhipu AI (GLM)",
        base_url: "https://open.bigmodel.cn/api/paas/v4",
        key_hint: "a key from open.bigmodel.cn or z.ai",
        prefixes: &["glm-"],
        fields: &[Field {
            name: "zhipuCodePlanMode",
            title: "Coding plan",
            kind: FieldKind::Boolean,
            required: false,
            default: "false",
            hint: "Calls the endpoint of the coding plan. Only keys of that plan work there.",
        }],
        apis: &[Api::ChatCompletions, Api::Embeddings, Api::Messages],
        stored_as: StoredAs::Domain("zhipuDomain"),
        wire: Wire {
            base: "/api/paas/v4",
            paths: &[(Api::Messages, "/api/anthropic/v1/messages")],
            models: Some("/api/paas/v4/models"),
            ..WIRE
        },
        ..USUAL
    },
    ProviderType {
        id: "ollama",
        title: "Ollama",
        base_url: "http://127.0.0.1:11434/v1",
        key: KeyNeed::None,
        key_hint: "none",
        apis: CHAT_EMBEDDINGS_MODELS,
        stored_as: StoredAs::HostPort("ollamaServerHost", "ollamaServerPort"),
        wire: Wire { auth: Auth::None, ..WIRE },
        ..USUAL
    },
    // Higress converts OpenAI chat to Anthropic's Messages; agm sends it to Anthropic's own OpenAI-compatible endpoint instead.
    ProviderType {
        id: "claude",
        aliases: &["anthropic"],
        title: "Anthropic (Claude)",
        base_url: "https://api.anthropic.com",
        key_hint: "sk-ant-… from console.anthropic.com",
        prefixes: &["claude-"],
        fields: &[Field {
            name: "claudeVersion",
            title: "API version",
            kind: FieldKind::Text,
            required: false,
            default: "2023-06-01",
            hint: "The value of the header `anthropic-version`.",
        }],
        apis: &[Api::ChatCompletions, Api::Messages, Api::Models],
        stored_as: StoredAs::Url("claudeCustomUrl"),
        wire: Wire { auth_of: &[(Api::Messages, Auth::Claude), (Api::Models, Auth::Claude)], ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "baidu",
        aliases: &["qianfan"],
        title: "Baidu Qianfan (ERNIE)",
        base_url: "https://qianfan.baidubce.com/v2",
        key_hint: "bce-v3/… from console.bce.baidu.com",
        prefixes: &["ernie-"],
        apis: CHAT_EMBEDDINGS,
        wire: Wire { base: "/v2", models: Some("/v2/models"), ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "stepfun",
        title: "StepFun",
        base_url: "https://api.stepfun.com/v1",
        key_hint: "a key from platform.stepfun.com",
        prefixes: &["step-"],
        ..USUAL
    },
    // Not `/v1/chat/completions`: Higress calls the older path, which answers in OpenAI's form too.
    ProviderType {
        id: "minimax",
        title: "MiniMax",
        base_url: "https://api.minimax.chat/v1",
        key_hint: "a key from platform.minimaxi.com",
        prefixes: &["MiniMax-"],
        wire: Wire { paths: &[(Api::ChatCompletions, "/v1/text/chatcompletion_v2")], models: None, ..WIRE },
        ..USUAL
    },
    // Higress converts to Google's own API; agm calls Google's OpenAI-compatible endpoint, with the key as a bearer token.
    ProviderType {
        id: "gemini",
        aliases: &["google"],
        title: "Google Gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta/openai",
        key_hint: "AIza… from aistudio.google.com",
        prefixes: &["gemini-"],
        apis: &[Api::ChatCompletions, Api::Embeddings, Api::Models, Api::ImagesGenerations],
        wire: Wire { base: "/v1beta/openai", models: Some("/v1beta/openai/models"), ..WIRE },
        ..USUAL
    },
    // Refuses members it does not know, and sends usage at the end of every stream unasked.
    ProviderType {
        id: "mistral",
        title: "Mistral AI",
        base_url: "https://api.mistral.ai/v1",
        key_hint: "a key from console.mistral.ai",
        prefixes: &["mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-"],
        apis: CHAT_EMBEDDINGS,
        stream_options: false,
        ..USUAL
    },
    // Higress converts to Cohere's own chat API; agm calls Cohere's OpenAI-compatible endpoint.
    ProviderType {
        id: "cohere",
        title: "Cohere",
        base_url: "https://api.cohere.com/compatibility/v1",
        key_hint: "a key from dashboard.cohere.com",
        prefixes: &["command-"],
        apis: &[Api::ChatCompletions, Api::Embeddings, Api::Rerank],
        wire: Wire { base: "/compatibility/v1", paths: &[(Api::Rerank, "/v1/rerank")], models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "doubao",
        aliases: &["ark", "volcengine"],
        title: "Doubao (Volcengine Ark)",
        base_url: "https://ark.cn-beijing.volces.com/api/v3",
        key_hint: "a key from console.volcengine.com/ark",
        prefixes: &["doubao-"],
        apis: &[Api::ChatCompletions, Api::Embeddings, Api::ImagesGenerations, Api::Responses],
        wire: Wire { base: "/api/v3", models: Some("/api/v3/models"), ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "coze",
        title: "Coze",
        base_url: "https://api.coze.cn",
        key_hint: "a token from coze.cn",
        standalone: Standalone::No("it speaks its own protocol, and agm converts between no protocols"),
        wire: Wire { base: "", models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "openrouter",
        title: "OpenRouter",
        base_url: "https://openrouter.ai/api/v1",
        key_hint: "sk-or-… from openrouter.ai",
        apis: &[Api::ChatCompletions, Api::Completions],
        wire: Wire { base: "/api/v1", models: Some("/api/v1/models"), ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "grok",
        aliases: &["xai"],
        title: "xAI (Grok)",
        base_url: "https://api.x.ai/v1",
        key_hint: "xai-… from console.x.ai",
        prefixes: &["grok-"],
        ..USUAL
    },
    ProviderType {
        id: "bedrock",
        title: "AWS Bedrock",
        key: KeyNeed::Optional,
        key_hint: "none: the AWS keys below sign the requests",
        fields: &[
            required("awsRegion", "AWS region", "For example us-east-1."),
            required("awsAccessKey", "AWS access key", "The id of the access key."),
            required_secret("awsSecretKey", "AWS secret key", "The secret of the access key."),
        ],
        standalone: Standalone::No("it wants requests signed and in its own form; a Higress gateway does that"),
        wire: Wire { base: "", models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "vertex",
        title: "Google Vertex AI",
        key: KeyNeed::Optional,
        key_hint: "none: the service account below signs in",
        fields: &[
            required("vertexRegion", "Region", "For example us-central1, or global."),
            required("vertexProjectId", "Project id", "The Google Cloud project."),
            required_secret("vertexAuthKey", "Service account", "The JSON of the service account's key, as one text."),
        ],
        standalone: Standalone::No("it wants Google's sign-in and its own protocol; a Higress gateway does that"),
        wire: Wire { base: "", models: None, ..WIRE },
        ..USUAL
    },
    ProviderType {
        id: "vllm",
        title: "vLLM",
        key: KeyNeed::Optional,
        key_hint: "what the server was started with (--api-key), if anything",
        apis: &[Api::ChatCompletions, Api::Completions, Api::Models, Api::Embeddings, Api::Rerank],
        stored_as: StoredAs::Url("vllmCustomUrl"),
        ..USUAL
    },
];
