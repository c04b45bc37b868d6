#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::Api;

const NOW: &str = "2026-01-01T00:00:00Z";

fn ask(kind: &str, base_url: Option<&str>, fields: &Value) -> NewProvider {
    NewProvider {
        name: "p".to_owned(),
        kind: kind.to_owned(),
        keys: vec![Secret::from("sk-key")],
        base_url: base_url.map(str::to_owned),
        fields: fields.as_object().unwrap().clone(),
        ..NewProvider::default()
    }
}

/// Where chat ends up.
fn chat_url(provider: &Provider) -> String {
    let endpoint = endpoint::resolve(provider).unwrap();
    let target = endpoint.target(Some(Api::ChatCompletions), "/v1/chat/completions", Some("m")).unwrap();
    format!("{}{target}", endpoint.destination())
}

#[test]
fn each_address_is_stored_where_it_fits() {
    let check = |kind: &str, url: Option<&str>, stored: &str, preset: &str, raw: Value, chat: &str| {
        let provider = ask(kind, url, &json!({})).build(NOW).unwrap();
        assert_eq!((provider.kind.as_str(), provider.preset()), (stored, preset), "{kind} {url:?}");
        assert_eq!(Value::Object(provider.raw_configs.clone()), raw, "{kind} {url:?}");
        assert_eq!(chat_url(&provider), chat, "{kind} {url:?}");
    };
    check("openai", None, "openai", "openai", json!({}), "https://api.openai.com/v1/chat/completions");
    check("openai", Some("https://api.openai.com"), "openai", "openai", json!({}), "https://api.openai.com/v1/chat/completions");
    let own = json!({"openaiCustomUrl": "https://h.example/v1"});
    check("openai", Some("h.example"), "openai", "openai", own.clone(), "https://h.example/v1/chat/completions");
    check("custom", Some("https://h.example/v1/models"), "openai", "openai-compatible", own, "https://h.example/v1/chat/completions");
    let silicon = "https://api.siliconflow.cn/v1";
    check(
        "siliconflow",
        None,
        "openai",
        "siliconflow",
        json!({"openaiCustomUrl": silicon}),
        "https://api.siliconflow.cn/v1/chat/completions",
    );
    check("kimi", None, "moonshot", "moonshot", json!({}), "https://api.moonshot.cn/v1/chat/completions");
    let kimi = json!({"openaiCustomUrl": "https://api.moonshot.ai/v1"});
    check("kimi", Some("api.moonshot.ai"), "openai", "moonshot", kimi, "https://api.moonshot.ai/v1/chat/completions");
    let qwen = json!({"qwenEnableSearch": false, "qwenEnableCompatible": true});
    let dash = "https://dashscope.aliyuncs.com/compatible-mode/v1";
    check("qwen", Some(dash), "qwen", "qwen", qwen, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions");
    let intl = json!({"qwenEnableSearch": false, "qwenEnableCompatible": true, "qwenDomain": "dashscope-intl.aliyuncs.com"});
    let url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions";
    check("dashscope", Some(url), "qwen", "qwen", intl, url);
    let proxy = json!({"openaiCustomUrl": "http://10.0.0.1:9000/v1"});
    check("qwen", Some("10.0.0.1:9000"), "openai", "qwen", proxy, "http://10.0.0.1:9000/v1/chat/completions");
    let zhipu = json!({"zhipuCodePlanMode": false});
    check("zhipu", None, "zhipuai", "zhipuai", zhipu, "https://open.bigmodel.cn/api/paas/v4/chat/completions");
    let plan = json!({"zhipuCodePlanMode": true, "zhipuDomain": "api.z.ai"});
    let url = "https://api.z.ai/api/coding/paas/v4";
    check("zhipuai", Some(url), "zhipuai", "zhipuai", plan, "https://api.z.ai/api/coding/paas/v4/chat/completions");
    let ollama = json!({"ollamaServerHost": "127.0.0.1", "ollamaServerPort": 11434});
    check("ollama", None, "ollama", "ollama", ollama.clone(), "http://127.0.0.1:11434/v1/chat/completions");
    check("ollama", Some("127.0.0.1:11434"), "ollama", "ollama", ollama, "http://127.0.0.1:11434/v1/chat/completions");
    let v6 = json!({"ollamaServerHost": "::1", "ollamaServerPort": 80});
    check("ollama", Some("http://[::1]"), "ollama", "ollama", v6, "http://[::1]/v1/chat/completions");
    let tls = json!({"openaiCustomUrl": "https://o.example/v1"});
    check("ollama", Some("https://o.example"), "openai", "ollama", tls, "https://o.example/v1/chat/completions");
    let claude = json!({"claudeVersion": "2023-06-01", "claudeCustomUrl": "https://h.example/anthropic"});
    check("claude", Some("https://h.example/anthropic/v1"), "claude", "claude", claude, "https://h.example/anthropic/v1/chat/completions");
    let vllm = json!({"vllmCustomUrl": "http://vllm:8000/v1"});
    check("vllm", Some("vllm:8000"), "vllm", "vllm", vllm, "http://vllm:8000/v1/chat/completions");
    let azure = "https://r.openai.azure.com/?api-version=2024-10-21";
    let chat = "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21";
    check("azure", Some(azure), "azure", "azure", json!({"azureServiceUrl": azure}), chat);
}

#[test]
fn what_is_stored_besides() {
    let asked = json!({"name": "p", "type": "mistral", "apiKey": ["a", "b"], "protocol": "original", "fields": {"firstByteTimeout": "900"},
        "failover": {"enabled": true, "healthCheckModel": "m"}});
    let provider = serde_json::from_value::<NewProvider>(asked).unwrap().build(NOW).unwrap();
    let stored = serde_json::to_value(&provider).unwrap();
    let want = json!({"name": "p", "type": "mistral", "protocol": "original", "tokens": ["a", "b"],
        "tokenFailoverConfig": {"enabled": true, "healthCheckModel": "m"}, "rawConfigs": {"firstByteTimeout": 900}, "agm": {"createdAt": NOW}});
    assert_eq!(stored, want);
    let ollama = ask("ollama", None, &json!({})).build(NOW).unwrap();
    assert!(ollama.tokens.is_empty());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let check = |asked: Value, want: &[&str]| {
        let found = serde_json::from_value::<NewProvider>(asked.clone()).unwrap().build(NOW).unwrap_err();
        assert_eq!(found.iter().map(|d| d.pointer.as_str()).collect::<Vec<_>>(), want, "{asked}");
        assert!(found.iter().all(|d| d.hint.is_some()));
    };
    check(json!({}), &["/name", "/type"]);
    check(
        json!({"name": "P", "type": "qwen", "baseUrl": "ftp://h", "failover": {"enabled": true}, "fields": {"x": 1, "qwenEnableSearch": 3}}),
        &["/name", "/apiKey", "/failover/healthCheckModel", "/fields/x", "/fields/qwenEnableSearch", "/baseUrl"],
    );
    check(json!({"name": "p", "type": "bedrock", "apiKey": "k"}), &["/type"]);
    check(json!({"name": "p", "type": "vllm"}), &["/baseUrl"]);
    check(json!({"name": "p", "type": "azure", "apiKey": "k", "baseUrl": "https://h"}), &["/baseUrl"]);
    check(json!({"name": "p", "type": "yi", "apiKey": "a b"}), &["/apiKey"]);
    check(json!({"name": "p", "type": "yi", "apiKey": ["a", "a"]}), &["/apiKey"]);
    check(json!({"name": "p", "type": "yi", "apiKey": ""}), &["/apiKey"]);
    check(json!({"name": "p", "type": "yi", "apiKey": "a", "fields": {"firstByteTimeout": 0}}), &["/fields/firstByteTimeout"]);
    let text = ask("nobody", None, &json!({})).build(NOW).unwrap_err()[0].to_string();
    assert!(text.contains("there is no type `nobody`") && text.contains("`agm provider types`"), "{text}");
}

#[test]
fn the_stored_provider_reads_back_as_its_base_url() {
    for kind in provider_type::supported().filter(|kind| !kind.base_url.is_empty() && kind.id != "claude") {
        let provider = ask(kind.id, None, &json!({})).build(NOW).unwrap();
        assert_eq!(endpoint::resolve(&provider).unwrap().base_url(), kind.base_url);
        let elsewhere = "https://elsewhere.example/base/v9";
        let provider = ask(kind.id, Some(elsewhere), &json!({})).build(NOW).unwrap();
        assert_eq!(endpoint::resolve(&provider).unwrap().base_url(), elsewhere, "{}", kind.id);
        assert_eq!(provider.preset(), kind.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is built passes the checks for stored providers, and goes where it was asked to go.
    #[test]
    fn what_is_built_is_valid_and_goes_there(
        kind in prop::sample::select(provider_type::supported().collect::<Vec<_>>()),
        url in prop::option::of("(https://|http://|)[a-z]{1,6}(\\.com)?(:[1-9][0-9]{2,3})?(/(v1|api/v3|compatible-mode/v1|x/models))?"),
    ) {
        let asked = ask(kind.id, url.as_deref(), &json!({}));
        if let Ok(provider) = asked.build(NOW) {
            prop_assert_eq!(check_provider::check(&provider), vec![]);
            let shown = base_url::normalise(url.as_deref().unwrap_or(kind.base_url), base_url::Kind::of(kind)).unwrap();
            let endpoint = endpoint::resolve(&provider).unwrap();
            prop_assert_eq!(Some(endpoint.destination().host.as_str()), shown.url().host_str());
            prop_assert_eq!(Some(endpoint.destination().port), shown.url().port_or_known_default());
            prop_assert_eq!(endpoint.destination().scheme.as_str(), shown.url().scheme());
        }
    }
}
