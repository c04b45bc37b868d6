#![allow(clippy::unwrap_used)]
use super::*;

#[test]
fn provider_names() {
    let check = |text: &str, good: bool| assert_eq!(ProviderName::parse(text).is_ok(), good, "{text:?}");
    for good in ["a", "qwen", "my-qwen.2", "0x", &"a".repeat(52)] {
        check(good, true);
    }
    for bad in ["", "default", "-a", "a-", ".a", "A", "a_b", "a/b", "../x", "a b", "é", &"a".repeat(53), "a\0"] {
        check(bad, false);
    }
}

#[test]
fn worker_names() {
    assert!(WorkerName::parse("alice-2").is_ok());
    for bad in ["manager", "al.ice", "Alice", "", "worker:alice"] {
        assert!(WorkerName::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_provider_s_route_is_lower_case() {
    assert_eq!(RouteName::of_provider(&ProviderName::from("OpenAI")), "openai-ai-route");
}
