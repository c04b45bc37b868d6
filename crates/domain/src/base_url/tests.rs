#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

#[test]
fn what_people_paste() {
    let check = |text: &str, want: &str| assert_eq!(normalise(text, Kind::OpenAi).unwrap().to_string(), want, "{text}");
    check("https://api.siliconflow.cn/v1", "https://api.siliconflow.cn/v1");
    check("  https://api.siliconflow.cn/v1/ ", "https://api.siliconflow.cn/v1");
    check("https://api.siliconflow.cn", "https://api.siliconflow.cn/v1");
    check("https://API.Siliconflow.cn/", "https://api.siliconflow.cn/v1");
    check("api.siliconflow.cn", "https://api.siliconflow.cn/v1");
    check("api.siliconflow.cn/v1/chat/completions", "https://api.siliconflow.cn/v1");
    check("https://h.example/v1/completions", "https://h.example/v1");
    check("https://h.example/v1/models/", "https://h.example/v1");
    check("https://h.example/api/v3", "https://h.example/api/v3");
    check("https://h.example/api/v3/embeddings", "https://h.example/api/v3");
    check("https://h.example/chat/completions", "https://h.example/chat/completions");
    check("https://h.example/v1/models/models", "https://h.example/v1");
    check("localhost:8000", "http://localhost:8000/v1");
    check("127.0.0.1:8000", "http://127.0.0.1:8000/v1");
    check("[::1]:8000", "http://[::1]:8000/v1");
    check("vllm:8000/v1", "http://vllm:8000/v1");
    check("https://127.0.0.1:443/v1", "https://127.0.0.1/v1");
    check("http://h.example:80", "http://h.example/v1");
}

#[test]
fn claude_wants_the_part_before_v1() {
    let check = |text: &str, want: &str| assert_eq!(normalise(text, Kind::Root).unwrap().to_string(), want, "{text}");
    check("api.anthropic.com", "https://api.anthropic.com");
    check("https://api.anthropic.com/v1/messages", "https://api.anthropic.com");
    check("https://h.example/anthropic/v1", "https://h.example/anthropic");
    check("https://h.example/anthropic/", "https://h.example/anthropic");
}

#[test]
fn azure_keeps_its_query() {
    let full = "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21";
    assert_eq!(normalise(full, Kind::Azure).unwrap().to_string(), full);
    let root = normalise("r.openai.azure.com?api-version=2024-10-21", Kind::Azure).unwrap();
    assert_eq!(root.to_string(), "https://r.openai.azure.com/?api-version=2024-10-21");
    assert!(normalise("https://r.openai.azure.com/?api-version=", Kind::Azure).is_err());
}

#[test]
fn what_cannot_be_a_base_url() {
    let check = |text: &str, part: &str| {
        let found = normalise(text, Kind::OpenAi).unwrap_err();
        assert_eq!(found.pointer, "/baseUrl");
        assert!(found.to_string().contains(part), "{text}: {found}");
    };
    check("", "empty");
    check("ftp://h.example", "http and https");
    check("https://", "not a URL");
    check("https://u:p@h.example/v1", "password");
    check("https://h.example/v1?key=1", "query");
    check("https://h.example/v1#x", "#");
    check("https://h.example//v1", "empty part");
    check("https://h .example", "not a URL");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normalising_is_idempotent(
        scheme in "(https://|http://|)",
        host in "[a-z]{1,8}(\\.[a-z]{2,5})?(:[1-9][0-9]{1,3})?",
        parts in prop::collection::vec("(v1|v4|api|openai|models|chat/completions|completions|files|%41|a b)", 0..5),
        slash in "/?",
        kind in prop::sample::select(vec![Kind::OpenAi, Kind::Root]),
    ) {
        let path = parts.iter().fold(String::new(), |path, part| path + "/" + part);
        let once = normalise(&format!("{scheme}{host}{path}{slash}"), kind).unwrap();
        let twice = normalise(&once.to_string(), kind).unwrap();
        prop_assert_eq!(&once, &twice);
        prop_assert!(!once.to_string().ends_with('/'));
    }
}
