#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::seen::Usage;

const OPENAI: &str = "data: {\"id\":\"1\",\"model\":\"gpt-4o-2024\",\"choices\":[{\"delta\":{\"content\":\"a \\\"usage\\\": {}\"}}],\"usage\":null}\n\n\
    : a comment\n\n\
    data: {\"id\":\"1\",\"model\":\"gpt-4o-2024\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n\
    data: {\"id\":\"1\",\"model\":\"gpt-4o-2024\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15,\
    \"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n\
    data: [DONE]\n\n";

const ANTHROPIC: &str = "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-x\",\"content\":[],\
    \"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":100,\"output_tokens\":1}}}\r\n\r\n\
    event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\r\n\r\n\
    event: message_delta\r\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":25}}\r\n\r\n\
    event: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n";

const RESPONSES: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"gpt-5\",\"usage\":null}}\n\n\
    event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n\
    event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"gpt-5\",\"output\":[{\"usage\":{\"input_tokens\":999}}],\
    \"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens\":4,\"total_tokens\":11}}}\n\n";

/// Feeds a text in pieces that end at these places; gives what came out and the tap.
fn run(mut tap: Tap, text: &str, cuts: &[usize]) -> (String, Tap) {
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (text.len() + 1)).collect();
    cuts.sort_unstable();
    let mut out = Vec::new();
    let mut from = 0;
    for to in cuts.into_iter().chain([text.len()]) {
        out.extend_from_slice(&tap.pass(Bytes::copy_from_slice(&text.as_bytes()[from..to])));
        from = to;
    }
    out.extend_from_slice(&tap.rest());
    (String::from_utf8(out).unwrap(), tap)
}

fn usage(tap: &Tap) -> Option<Usage> {
    tap.reading().and_then(Reading::usage)
}

fn model(tap: &Tap) -> Option<String> {
    tap.reading().and_then(Reading::model).map(ToString::to_string)
}

#[test]
fn openai_counts_cached_tokens_within_the_input() {
    let (out, tap) = run(Tap::events(false), OPENAI, &[]);
    assert_eq!(out, OPENAI);
    assert_eq!(usage(&tap), Some(Usage { input: 12, output: 3, total: 15, cache_read: 8, cache_write: 0 }));
    assert_eq!(model(&tap).as_deref(), Some("gpt-4o-2024"));
    assert_eq!(tap.said_goodbye(), Some(true));
}

#[test]
fn anthropic_counts_cached_tokens_beside_the_input() {
    let (out, tap) = run(Tap::events(false), ANTHROPIC, &[]);
    assert_eq!(out, ANTHROPIC);
    assert_eq!(usage(&tap), Some(Usage { input: 115, output: 25, total: 140, cache_read: 100, cache_write: 5 }));
    assert_eq!(model(&tap).as_deref(), Some("claude-x"));
    assert_eq!(tap.said_goodbye(), Some(true));
}

#[test]
fn responses_report_inside_the_response() {
    let (_, tap) = run(Tap::events(false), RESPONSES, &[]);
    assert_eq!(usage(&tap), Some(Usage { input: 7, output: 4, total: 11, cache_read: 2, cache_write: 0 }));
    assert_eq!(model(&tap).as_deref(), Some("gpt-5"));
    assert_eq!(tap.said_goodbye(), Some(true));
}

#[test]
fn only_the_usage_chunk_is_swallowed() {
    let (out, tap) = run(Tap::events(true), OPENAI, &[]);
    let kept: String = OPENAI.split_inclusive("\n\n").filter(|event| !event.contains("prompt_tokens")).collect();
    assert_eq!(out, kept);
    assert_eq!(usage(&tap).map(|u| u.total), Some(15));
    // Azure's first chunk has no choices either, and no usage.
    let azure = "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n";
    assert_eq!(run(Tap::events(true), azure, &[]).0, azure);
}

#[test]
fn a_whole_event_is_never_held_back() {
    let mut tap = Tap::events(true);
    for event in OPENAI.split_inclusive("\n\n") {
        let out = tap.pass(Bytes::copy_from_slice(event.as_bytes()));
        assert!(event.contains("prompt_tokens") || out == event, "{event}");
    }
}

#[test]
fn an_endless_event_is_not_held_back_for_ever() {
    let mut tap = Tap::events(true);
    let mut out = tap.pass(Bytes::from_static(b"data: {\"usage\":\"")).len();
    for _ in 0..64 {
        out += tap.pass(Bytes::from(vec![b'x'; 4096])).len();
    }
    assert!(out >= 64 * 4096 - (64 << 10), "{out}");
}

#[test]
fn documents_are_read_in_every_convention() {
    let document = |text: &str| run(Tap::document(), text, &[]).1;
    let chat = document(
        "{\"choices\":[{\"usage\":{\"prompt_tokens\":9}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3},\"model\":\"m\"}",
    );
    assert_eq!((usage(&chat).map(|u| u.total), model(&chat).as_deref()), (Some(3), Some("m")));
    let embeddings = document("{\"data\":[],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");
    assert_eq!(usage(&embeddings), Some(Usage { input: 8, output: 0, total: 8, cache_read: 0, cache_write: 0 }));
    let both = document(
        "{\"usage\":{\"prompt_tokens\":115,\"completion_tokens\":5,\"total_tokens\":120,\"cache_read_input_tokens\":100,\
        \"cache_creation_input_tokens\":5,\"input_tokens\":10}}",
    );
    assert_eq!(usage(&both), Some(Usage { input: 115, output: 5, total: 120, cache_read: 100, cache_write: 5 }));
    let deepseek = document("{\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":1,\"total_tokens\":9,\"prompt_cache_hit_tokens\":4}}");
    assert_eq!(usage(&deepseek).map(|u| u.cache_read), Some(4));
    for nothing in [
        "",
        "{}",
        "[{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}]",
        "{\"usage\":null}",
        "{\"usage\":{\"prompt_tokens\":-1}}",
        "{\"usage\":7}",
        "]]]}}}\"usage\":{",
    ] {
        assert_eq!(usage(&document(nothing)), None, "{nothing}");
    }
}

fn streams() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![OPENAI, ANTHROPIC, RESPONSES])
}

proptest! {
    /// However a stream is cut, the client gets the same bytes and we read the same figures.
    #[test]
    fn any_chunking_gives_the_same(text in streams(), cuts in proptest::collection::vec(any::<usize>(), 0..40), swallow: bool) {
        let (whole_out, whole) = run(Tap::events(swallow), text, &[]);
        let (out, tap) = run(Tap::events(swallow), text, &cuts);
        prop_assert_eq!(out, whole_out);
        prop_assert_eq!(tap.reading(), whole.reading());
        prop_assert_eq!(tap.said_goodbye(), whole.said_goodbye());
    }

    #[test]
    fn any_chunking_of_a_document_gives_the_same(cuts in proptest::collection::vec(any::<usize>(), 0..40)) {
        let text = "{\"id\":\"\\\"}\",\"model\":\"m\\u0041\",\"choices\":[{\"message\":{\"content\":\"},\\\\\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
        let (_, tap) = run(Tap::document(), text, &cuts);
        prop_assert_eq!(usage(&tap).map(|u| u.total), Some(3));
        prop_assert_eq!(model(&tap), Some("mA".to_owned()));
    }

    #[test]
    fn any_bytes_pass_unchanged(text in proptest::collection::vec(proptest::sample::select(b"data: {}[]\",:\\\n\r usage model x\xff".to_vec()), 0..400), cut in 0usize..400) {
        let cut = cut.min(text.len());
        let mut tap = Tap::events(false);
        let mut out = tap.pass(Bytes::copy_from_slice(&text[..cut])).to_vec();
        out.extend_from_slice(&tap.pass(Bytes::copy_from_slice(&text[cut..])));
        prop_assert_eq!(out, text.clone());
        let mut swallowing = Tap::events(true);
        let mut kept = swallowing.pass(Bytes::copy_from_slice(&text[..cut])).to_vec();
        kept.extend_from_slice(&swallowing.pass(Bytes::copy_from_slice(&text[cut..])));
        kept.extend_from_slice(&swallowing.rest());
        prop_assert_eq!(kept, text);
    }
}
