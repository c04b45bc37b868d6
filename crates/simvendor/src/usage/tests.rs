use super::*;

#[test]
fn the_conventions_differ_in_what_input_includes() {
    let usage = Usage::new(41, 3, 5);
    assert_eq!((usage.prompt, usage.completion, usage.cached), (11, 3, 5));
    assert_eq!(usage.openai(Flavour::OpenAi)["prompt_tokens"], 11);
    assert_eq!(usage.anthropic(3)["input_tokens"], 6);
    assert_eq!(usage.anthropic(3)["cache_read_input_tokens"], 5);
    assert_eq!(usage.openai(Flavour::DeepSeek)["prompt_cache_miss_tokens"], 6);
}

#[test]
fn the_cache_never_has_more_than_the_prompt() {
    assert_eq!(Usage::new(4, 1, 100).cached, 1);
}
