#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

#[test]
fn known_unknown_and_overridden() {
    let check = |id: &str, overrides: Option<Value>, window: u64, max: u64, source: Source| {
        let (card, from) = card(id, overrides.as_ref());
        assert_eq!((card.context_window, card.max_tokens, from), (window, max, source), "{id}");
    };
    check("gpt-5.4", None, 1_050_000, 128_000, Source::Catalog);
    check("qwen3.5-plus", None, 200_000, 64_000, Source::Catalog);
    check("someone/else", None, 150_000, 128_000, Source::Default);
    check("glm-5", Some(json!({"maxTokens": 9})), 200_000, 9, Source::Override);
    check("mine", Some(json!({"contextWindow": 7, "maxTokens": "x"})), 7, 128_000, Source::Override);
    check("mine", Some(json!({"note": "x", "maxTokens": null})), 150_000, 128_000, Source::Default);
    check("mine", Some(json!("x")), 150_000, 128_000, Source::Default);
    assert_eq!(Source::Override.to_string(), "override");
}

#[test]
fn the_default_reads_text_and_reasons() {
    let (card, _) = card("unknown", None);
    assert_eq!(
        serde_json::to_value(card).unwrap(),
        json!({"contextWindow": 150_000, "maxTokens": 128_000, "reasoning": true, "input": ["text"]})
    );
    let (kimi, _) = super::card("kimi-k2.5", None);
    assert_eq!(kimi.input, [Modality::Text, Modality::Image]);
}

#[test]
fn a_provider_s_list_stands_between_the_table_and_the_default() {
    let listed = Listed { context_window: Some(32_000), input: Some(vec![Modality::Text, Modality::Image]), ..Listed::default() };
    let (card, source) = card_listed("someone/else", None, Some(&listed));
    assert_eq!(
        (card.context_window, card.max_tokens, source),
        (32_000, 32_000, Source::Provider),
        "no more is written than there is room for"
    );
    assert_eq!((card.reasoning, card.input.len()), (true, 2));
    assert_eq!(card_listed("glm-5", None, Some(&listed)).1, Source::Catalog);
    assert_eq!(card_listed("someone/else", None, Some(&Listed::default())).1, Source::Default);
    let (card, source) = card_listed("someone/else", Some(&json!({"maxTokens": 9})), Some(&listed));
    assert_eq!((card.context_window, card.max_tokens, source), (32_000, 9, Source::Override));
}

#[test]
fn a_price_is_the_deployment_s() {
    let (card, _) = card("glm-5", Some(&json!({"price": {"input": 0.6, "output": 2.2}})));
    assert_eq!(card.price, Some(Price { currency: "USD".into(), input: 0.6, output: 2.2, cached_input: None }));
}

#[test]
fn every_wrong_member_is_named() {
    let stored =
        json!({"contextWindow": 0, "maxTokens": -1, "reasoning": "yes", "input": [], "price": {"input": -1, "output": 0}, "own": 1});
    let pointers: Vec<String> = check_override(&stored).into_iter().map(|d| d.pointer).collect();
    assert_eq!(pointers, ["/contextWindow", "/maxTokens", "/reasoning", "/input", "/price"]);
    assert_eq!(check_override(&json!({"maxTokens": 1, "price": null})), []);
    assert_eq!(check_override(&json!(1))[0].pointer, "");
}
