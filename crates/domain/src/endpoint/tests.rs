#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::provider::{Protocol, Provider};
use crate::provider_type;

fn provider(kind: &str, raw: &Value) -> Provider {
    let mut provider = Provider::new("p".into(), kind, vec![Secret::from("key")]);
    provider.raw_configs = raw.as_object().unwrap().clone();
    provider
}

fn endpoint(kind: &str, raw: &Value) -> Endpoint {
    resolve(&provider(kind, raw)).unwrap()
}

/// The URL that is called when a client calls `path`.
fn url(endpoint: &Endpoint, path: &str) -> String {
    let api = Api::detect(path.split('?').next().unwrap());
    let target = endpoint.target(api, path, Some("m1")).unwrap();
    format!("{}://{}{target}", endpoint.destination().scheme.as_str(), endpoint.authority())
}

const CHAT: &str = "/v1/chat/completions";

/// Contract 7.8, row by row. Where agm differs on purpose, the line says so.
#[test]
fn every_type_is_called_where_higress_calls_it() {
    let check = |kind: &str, raw: Value, path: &str, want: &str| assert_eq!(url(&endpoint(kind, &raw), path), want, "{kind} {raw} {path}");
    let chat = |kind: &str, raw: Value, want: &str| check(kind, raw, CHAT, want);
    chat("openai", json!({}), "https://api.openai.com/v1/chat/completions");
    chat("openai", json!({"openaiCustomUrl": "http://h:8000"}), "http://h:8000/chat/completions");
    chat("openai", json!({"openaiCustomUrl": "http://h:8000/v1"}), "http://h:8000/v1/chat/completions");
    chat("openai", json!({"openaiCustomUrl": "http://h:8000/v1/"}), "http://h:8000/v1/chat/completions");
    chat("openai", json!({"openaiCustomUrl": "https://api.siliconflow.cn/v1"}), "https://api.siliconflow.cn/v1/chat/completions");
    let direct = json!({"openaiCustomUrl": "https://h/x/chat/completions?k=1"});
    chat("openai", direct.clone(), "https://h/x/chat/completions?k=1");
    check("openai", direct, "/v1/embeddings", "https://h/x/chat/completions?k=1");
    for ending in ["embeddings", "models", "responses", "images/generations", "audio/speech", "realtime", "videos", "fine_tuning/jobs"] {
        chat("openai", json!({"openaiCustomUrl": format!("https://h/{ending}")}), &format!("https://h/{ending}"));
    }
    chat("qwen", json!({}), "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions");
    chat("qwen", json!({"qwenDomain": " d.example "}), "https://d.example/compatible-mode/v1/chat/completions");
    check("qwen", json!({}), "/v1/embeddings", "https://dashscope.aliyuncs.com/compatible-mode/v1/embeddings");
    check("qwen", json!({}), "/v1/files/f/content", "https://dashscope.aliyuncs.com/compatible-mode/v1/files/f/content");
    check("qwen", json!({}), "/v1/reranks", "https://dashscope.aliyuncs.com/compatible-api/v1/reranks");
    chat("deepseek", json!({}), "https://api.deepseek.com/v1/chat/completions");
    check("deepseek", json!({}), "/v1/messages", "https://api.deepseek.com/anthropic/v1/messages");
    chat("moonshot", json!({}), "https://api.moonshot.cn/v1/chat/completions");
    chat("zhipuai", json!({}), "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions");
    chat("zhipuai", json!({"zhipuCodePlanMode": false}), "https://open.bigmodel.cn/api/paas/v4/chat/completions");
    chat("zhipuai", json!({"zhipuDomain": "api.z.ai", "zhipuCodePlanMode": false}), "https://api.z.ai/api/paas/v4/chat/completions");
    check("zhipuai", json!({}), "/v1/embeddings", "https://open.bigmodel.cn/api/paas/v4/embeddings");
    check("zhipuai", json!({}), "/v1/messages", "https://open.bigmodel.cn/api/anthropic/v1/messages");
    chat("minimax", json!({}), "https://api.minimax.chat/v1/text/chatcompletion_v2");
    check("claude", json!({}), "/v1/messages", "https://api.anthropic.com/v1/messages");
    // Ours: Anthropic's own OpenAI-compatible endpoint, where Higress would convert.
    chat("claude", json!({}), "https://api.anthropic.com/v1/chat/completions");
    check("claude", json!({"claudeCustomUrl": "http://h:9/anthropic"}), "/v1/messages", "http://h:9/anthropic/v1/messages");
    let derived = json!({"providerDomain": "h", "providerBasePath": "/anthropic/"});
    check("claude", derived, "/v1/messages", "https://h/anthropic/v1/messages");
    // Ours: Google's OpenAI-compatible endpoint.
    chat("gemini", json!({}), "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions");
    chat("ollama", json!({"ollamaServerHost": "h", "ollamaServerPort": "11434"}), "http://h:11434/v1/chat/completions");
    chat("ollama", json!({"ollamaServerHost": "::1", "ollamaServerPort": 80}), "http://[::1]/v1/chat/completions");
    chat("vllm", json!({"vllmCustomUrl": "http://h:8000/v1"}), "http://h:8000/v1/chat/completions");
    check("vllm", json!({"vllmCustomUrl": "http://h:8000/v1"}), "/v1/rerank", "http://h:8000/v1/rerank");
    chat("groq", json!({}), "https://api.groq.com/openai/v1/chat/completions");
    chat("mistral", json!({}), "https://api.mistral.ai/v1/chat/completions");
    chat("openrouter", json!({}), "https://openrouter.ai/api/v1/chat/completions");
    chat("doubao", json!({}), "https://ark.cn-beijing.volces.com/api/v3/chat/completions");
    chat("doubao", json!({"doubaoDomain": "ark.example"}), "https://ark.example/api/v3/chat/completions");
    chat("baidu", json!({}), "https://qianfan.baidubce.com/v2/chat/completions");
    chat("stepfun", json!({}), "https://api.stepfun.com/v1/chat/completions");
    chat("yi", json!({}), "https://api.lingyiwanwu.com/v1/chat/completions");
    chat("baichuan", json!({}), "https://api.baichuan-ai.com/v1/chat/completions");
    chat("grok", json!({}), "https://api.x.ai/v1/chat/completions");
    // Ours: Cohere's OpenAI-compatible endpoint.
    chat("cohere", json!({}), "https://api.cohere.com/compatibility/v1/chat/completions");
    check("cohere", json!({}), "/v1/rerank", "https://api.cohere.com/v1/rerank");
    chat("github", json!({}), "https://models.inference.ai.azure.com/chat/completions");
    chat("ai360", json!({}), "https://api.360.cn/v1/chat/completions");
    chat("hunyuan", json!({}), "https://api.hunyuan.cloud.tencent.com/v1/chat/completions");
    chat("together-ai", json!({}), "https://api.together.xyz/v1/chat/completions");
}

#[test]
fn azure_has_three_forms() {
    let at = |service: &str| endpoint("azure", &json!({"azureServiceUrl": service}));
    let host = at("https://r.openai.azure.com?api-version=1");
    let want = "https://r.openai.azure.com/openai/deployments/m1/chat/completions?api-version=1";
    assert_eq!(url(&host, CHAT), want);
    assert_eq!(url(&host, "/v1/completions"), want);
    assert_eq!(url(&host, "/v1/files/f?limit=2&api-version=9"), "https://r.openai.azure.com/openai/files/f?api-version=1&limit=2");
    let deployment = at("https://r.openai.azure.com/openai/deployments/d?api-version=1");
    assert_eq!(url(&deployment, "/v1/embeddings"), "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=1");
    let full = at("https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=1");
    assert_eq!(url(&full, CHAT), "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=1");
    assert_eq!(url(&full, "/v1/embeddings?x=1"), "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=1");
    // A model cannot walk out of its segment.
    let target = |model| host.target(Some(Api::ChatCompletions), CHAT, Some(model)).unwrap();
    assert_eq!(target("gpt-4.1"), "/openai/deployments/gpt-4.1/chat/completions?api-version=1");
    assert_eq!(target("../a?b#c"), "/openai/deployments/..%2Fa%3Fb%23c/chat/completions?api-version=1");
    assert_eq!(target(".."), "/openai/deployments/%2E%2E/chat/completions?api-version=1");
    assert_eq!(host.models_path(), Some("/openai/models?api-version=1"));
}

#[test]
fn the_client_s_prefix_goes_and_its_query_stays() {
    let qwen = endpoint("qwen", &json!({}));
    assert_eq!(url(&qwen, "/team/v1/files?purpose=x"), "https://dashscope.aliyuncs.com/compatible-mode/v1/files?purpose=x");
    // What nobody knows goes out as it is.
    assert_eq!(url(&qwen, "/v1/unknown?x"), "https://dashscope.aliyuncs.com/v1/unknown?x");
}

#[test]
fn base_paths_act_as_in_ai_proxy() {
    let check = |raw: Value, path: &str, want: &str| assert_eq!(url(&endpoint("deepseek", &raw), path), want, "{raw}");
    check(json!({"providerDomain": "mirror.example:8443"}), CHAT, "https://mirror.example:8443/v1/chat/completions");
    check(json!({"providerBasePath": "/api/ai"}), CHAT, "https://api.deepseek.com/api/ai/v1/chat/completions");
    check(json!({"basePath": "/team"}), "/team/x", "https://api.deepseek.com/x");
    check(json!({"basePath": "/team"}), "/team/v1/chat/completions", "https://api.deepseek.com/v1/chat/completions");
    check(json!({"basePath": "/team"}), "/teams/x", "https://api.deepseek.com/teams/x");
    check(json!({"basePath": "/team/"}), "/team/x", "https://api.deepseek.com/x");
    check(json!({"basePath": "/pre", "basePathHandling": "prepend"}), CHAT, "https://api.deepseek.com/pre/v1/chat/completions");
    let mut original = provider("qwen", &json!({"basePath": "/team"}));
    original.protocol = Protocol::Original;
    let original = resolve(&original).unwrap();
    assert_eq!(url(&original, "/team/v1/chat/completions"), "https://dashscope.aliyuncs.com/v1/chat/completions");
    assert!(!original.injects_stream_options());
    assert!(endpoint("qwen", &json!({})).injects_stream_options());
    assert!(!endpoint("mistral", &json!({})).injects_stream_options());
}

#[test]
fn capabilities_add_and_never_replace() {
    let raw = json!({"capabilities": {"openai/v1/embeddings": "/emb", "openai/v1/chatcompletions": "/other", "x": "/y"}});
    let groq = endpoint("groq", &raw);
    assert_eq!(url(&groq, "/v1/embeddings"), "https://api.groq.com/emb");
    assert_eq!(url(&groq, CHAT), "https://api.groq.com/openai/v1/chat/completions");
}

#[test]
fn a_missing_api_is_refused_with_those_there_are() {
    let refused = endpoint("groq", &json!({})).target(Some(Api::Embeddings), "/v1/embeddings", None).unwrap_err();
    assert_eq!(refused.apis, [Api::ChatCompletions, Api::Responses]);
    let text = refused.to_string();
    assert!(text.contains("`p`") && text.contains("`embeddings`") && text.ends_with("it has chat/completions, responses"), "{text}");
    assert!(endpoint("openai", &json!({})).target(Some(Api::Messages), "/v1/messages", None).is_err());
    let custom = endpoint("openai", &json!({"openaiCustomUrl": "https://h/v1"}));
    assert_eq!(url(&custom, "/v1/rerank"), "https://h/v1/rerank");
}

#[test]
fn keys_are_sent_as_each_vendor_wants_them() {
    let check = |kind: &str, raw: Value, api: Api, want: &[(&str, &str)]| {
        let sent = endpoint(kind, &raw).auth_headers(Some(api), Some(&Secret::from("key")));
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.expose())).collect();
        assert_eq!(sent, want, "{kind}");
    };
    let azure = json!({"azureServiceUrl": "https://h?api-version=1"});
    check("openai", json!({}), Api::ChatCompletions, &[("authorization", "Bearer key")]);
    check("gemini", json!({}), Api::ChatCompletions, &[("authorization", "Bearer key")]);
    check("github", json!({}), Api::ChatCompletions, &[("authorization", "key")]);
    check("ai360", json!({}), Api::ChatCompletions, &[("authorization", "key")]);
    check("azure", azure, Api::ChatCompletions, &[("api-key", "key")]);
    check("claude", json!({}), Api::ChatCompletions, &[("authorization", "Bearer key")]);
    check("claude", json!({}), Api::Messages, &[("x-api-key", "key"), ("anthropic-version", "2023-06-01")]);
    check("claude", json!({"claudeVersion": "v"}), Api::Models, &[("x-api-key", "key"), ("anthropic-version", "v")]);
    check("ollama", json!({"ollamaServerHost": "h", "ollamaServerPort": 1}), Api::ChatCompletions, &[]);
    assert!(endpoint("openai", &json!({})).auth_headers(None, None).is_empty());
    let pasted = endpoint("openai", &json!({})).auth_headers(None, Some(&Secret::from("Bearer k")));
    assert_eq!(pasted[0].1.expose(), "Bearer k");
    assert_eq!(format!("{pasted:?}"), "[(\"authorization\", Secret(…))]");
}

#[test]
fn what_stands_in_the_way_is_told_all_at_once() {
    let check = |kind: &str, raw: Value, want: &[&str]| {
        let found = resolve(&provider(kind, &raw)).unwrap_err();
        assert_eq!(found.iter().map(|d| d.pointer.as_str()).collect::<Vec<_>>(), want, "{kind} {raw}");
        assert!(found.iter().all(|d| d.hint.is_some()));
    };
    check("nobody", json!({}), &["/type"]);
    check("bedrock", json!({}), &["/type"]);
    check(
        "qwen",
        json!({"qwenEnableCompatible": false, "qwenDomain": "a/b"}),
        &["/rawConfigs/qwenEnableCompatible", "/rawConfigs/qwenDomain"],
    );
    check("claude", json!({"claudeCodeMode": true}), &["/rawConfigs/claudeCodeMode"]);
    check("minimax", json!({"minimaxApiType": "pro"}), &["/rawConfigs/minimaxApiType"]);
    check("openai", json!({"openaiCustomUrl": ""}), &["/rawConfigs/openaiCustomUrl"]);
    check("openai", json!({"openaiCustomUrl": "ftp://h"}), &["/rawConfigs/openaiCustomUrl"]);
    check("openai", json!({"openaiCustomUrl": "https://u:p@h/v1"}), &["/rawConfigs/openaiCustomUrl"]);
    check("openai", json!({"openaiCustomUrl": "https://h/v1?x=1"}), &["/rawConfigs/openaiCustomUrl"]);
    check("openai", json!({"openaiCustomServiceName": "s.dns"}), &["/rawConfigs/openaiCustomServiceName"]);
    check("azure", json!({"azureServiceUrl": "https://h"}), &["/rawConfigs/azureServiceUrl"]);
    check("vllm", json!({}), &["/rawConfigs/vllmCustomUrl"]);
    check("ollama", json!({"ollamaServerHost": "h", "ollamaServerPort": 0}), &["/rawConfigs/ollamaServerPort"]);
    check("ollama", json!({}), &["/rawConfigs/ollamaServerHost"]);
    let found = resolve(&provider("bedrock", &json!({}))).unwrap_err();
    assert!(found[0].to_string().contains("`agm provider types`"), "{}", found[0]);
}

#[test]
fn several_addresses_must_be_alike() {
    let raw = |extra: &str| json!({"openaiCustomUrl": "http://10.0.0.1:8000/v1", "openaiExtraCustomUrls": [extra]});
    let two = endpoint("openai", &raw("http://10.0.0.2:9000/v1"));
    assert_eq!(two.destinations().iter().map(ToString::to_string).collect::<Vec<_>>(), ["http://10.0.0.1:8000", "http://10.0.0.2:9000"]);
    for other in ["https://10.0.0.2/v1", "http://10.0.0.2/v2", "http://h/v1", "x"] {
        let found = resolve(&provider("openai", &raw(other))).unwrap_err();
        assert_eq!(found[0].pointer, "/rawConfigs/openaiExtraCustomUrls/0", "{other}");
    }
}

#[test]
fn every_served_type_resolves_with_what_it_needs() {
    for kind in provider_type::supported() {
        let raw = match kind.id {
            "azure" => json!({"azureServiceUrl": "https://h?api-version=1"}),
            "ollama" => json!({"ollamaServerHost": "h", "ollamaServerPort": 1}),
            "vllm" => json!({"vllmCustomUrl": "http://h/v1"}),
            // Never stored under its own name.
            "openai-compatible" => continue,
            _ => json!({}),
        };
        let endpoint = endpoint(kind.id, &raw);
        if !kind.base_url.is_empty() && kind.id != "ollama" {
            let sent = url(&endpoint, CHAT);
            assert!(
                kind.id == "minimax"
                    || kind.id == "claude"
                    || kind.id == "zhipuai"
                    || sent == format!("{}/chat/completions", kind.base_url),
                "{sent}"
            );
        }
        let models = endpoint.models_path().unwrap_or("/x/models");
        assert!(models.contains("/models"), "{models}");
    }
}

#[test]
fn the_provider_s_own_mapping_knows_patterns() {
    let stored = json!({"a": "exact", "a*": "prefix", "~^(b)-(.*)$": "$2-$1", "~^c": "", "keep": "keep", "*": "rest"});
    let mapped = endpoint("openai", &json!({"modelMapping": stored}));
    let check = |model: &str, want: Option<&str>| assert_eq!(mapped.served_model(model).as_deref(), want, "{model}");
    check("a", Some("exact"));
    check("ab", Some("prefix"));
    check("b-large", Some("large-b"));
    check("c", None);
    check("keep", None);
    check("z", Some("rest"));
    assert_eq!(endpoint("openai", &json!({})).served_model("z"), None);
    let found = resolve(&provider("openai", &json!({"modelMapping": {"~(": "x"}}))).unwrap_err();
    assert_eq!(found[0].pointer, "/rawConfigs/modelMapping");
}

#[test]
fn models_are_listed_where_the_vendor_lists_them() {
    let check = |kind: &str, raw: Value, want: Option<&str>| assert_eq!(endpoint(kind, &raw).models_path(), want, "{kind} {raw}");
    check("openai", json!({}), Some("/v1/models"));
    check("openai", json!({"openaiCustomUrl": "https://h/api/v3/"}), Some("/api/v3/models"));
    check("openai", json!({"openaiCustomUrl": "https://h/v1/chat/completions"}), None);
    check("claude", json!({"claudeCustomUrl": "https://h/anthropic"}), Some("/anthropic/v1/models"));
    check("claude", json!({"providerDomain": "h", "providerBasePath": "anthropic/"}), Some("/anthropic/v1/models"));
    check("deepseek", json!({"providerBasePath": "/"}), Some("/v1/models"));
    check("gemini", json!({}), Some("/v1beta/openai/models"));
    check("minimax", json!({}), None);
}

#[test]
fn time_outs_come_from_the_object() {
    assert_eq!(endpoint("openai", &json!({"firstByteTimeout": 1500})).first_byte_timeout(), Some(Duration::from_millis(1500)));
    assert_eq!(endpoint("openai", &json!({"firstByteTimeout": 0})).first_byte_timeout(), None);
}
