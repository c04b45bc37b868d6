#![allow(clippy::unwrap_used)]
use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::name::ProviderName;

#[test]
fn the_console_s_types_are_all_here() {
    let console: Vec<_> = all().filter(|t| t.console).map(|t| t.id).collect();
    let want = "openai moonshot qwen azure ai360 github groq baichuan yi deepseek zhipuai ollama claude baidu stepfun minimax gemini \
                mistral cohere doubao coze openrouter grok bedrock vertex vllm";
    assert_eq!(console.len(), 26);
    assert_eq!(console.into_iter().collect::<HashSet<_>>(), want.split_whitespace().collect::<HashSet<_>>());
    for id in "hunyuan cloudflare spark deepl together-ai generic dify triton longcat fireworks".split_whitespace() {
        assert!(!find(id).unwrap().console, "{id}");
    }
}

#[test]
fn ids_and_aliases_name_one_type_each() {
    let mut seen = HashSet::new();
    for t in all() {
        for name in std::iter::once(&t.id).chain(t.aliases) {
            assert!(seen.insert(*name), "{name}");
            assert_eq!(find(name).unwrap().id, t.id);
        }
    }
    let alias = |alias: &str, id: &str| assert_eq!(find(alias).unwrap().id, id);
    alias("zhipu", "zhipuai");
    alias("kimi", "moonshot");
    alias("dashscope", "qwen");
    alias("anthropic", "claude");
    assert!(find("nothing").is_none());
}

#[test]
fn no_two_types_claim_the_same_models() {
    let claims: Vec<(&str, &str)> = all().flat_map(|t| t.prefixes.iter().map(|p| (t.id, *p))).collect();
    for (i, (a, p)) in claims.iter().enumerate() {
        for (b, q) in &claims[i + 1..] {
            assert!(!p.starts_with(q) && !q.starts_with(p), "{a} {p} / {b} {q}");
        }
    }
}

#[test]
fn every_refusal_has_a_reason_and_every_served_type_chats() {
    for t in all() {
        match t.standalone {
            Standalone::Yes => assert!(t.apis.contains(&Api::ChatCompletions), "{}", t.id),
            Standalone::No(reason) => assert!(reason.len() > 20, "{}", t.id),
        }
        assert!(!t.title.is_empty() && (!t.is_standalone() || !t.key_hint.is_empty()), "{}", t.id);
        assert!(t.console || t.stored_as == StoredAs::OpenAi, "{}", t.id);
    }
    for id in ["bedrock", "vertex", "coze", "dify", "deepl"] {
        assert!(!find(id).unwrap().is_standalone(), "{id}");
    }
}

#[test]
fn the_base_urls_are_as_normalising_leaves_them() {
    for t in all().filter(|t| t.is_standalone() && !t.base_url.is_empty()) {
        let normal = crate::base_url::normalise(t.base_url, crate::base_url::Kind::of(t)).unwrap();
        // GitHub's has no path at all, and is never typed.
        if t.id != "github" {
            assert_eq!(normal.to_string(), t.base_url);
        }
    }
}

#[test]
fn an_openai_at_another_address_has_no_prefixes() {
    let mut provider = Provider::new(ProviderName::from("p"), "openai", vec![]);
    assert!(prefixes(&provider).contains(&"gpt-"));
    provider.raw_configs.insert("openaiCustomUrl".into(), json!("https://h/v1"));
    assert!(prefixes(&provider).is_empty());
    provider.agm = Some(crate::provider::ProviderExtra { preset: Some("zhipuai".into()), ..Default::default() });
    assert_eq!(prefixes(&provider), ["glm-"]);
    for aggregator in ["openrouter", "groq", "github", "together-ai", "siliconflow", "vllm", "ollama", "azure", "openai-compatible"] {
        assert!(find(aggregator).unwrap().prefixes.is_empty(), "{aggregator}");
    }
}

#[test]
fn a_slip_of_the_pen_is_recognised() {
    let cases = [("deepsek", Some("deepseek")), ("deepseeek", Some("deepseek")), ("opnai", Some("openai")), ("nonsense", None), ("", None)];
    for (text, expected) in cases {
        assert_eq!(nearest(text), expected, "{text}");
    }
}
