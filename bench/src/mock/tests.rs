use super::*;

fn check(body: &str, expected: Option<&str>) {
    assert_eq!(model(body.as_bytes()), expected, "{body}");
}

#[test]
fn the_model_is_found_however_the_body_is_written() {
    check(r#"{"model":"a","messages":[]}"#, Some("a"));
    check(r#"{"messages":[], "model" : "a/b" }"#, Some("a/b"));
    check(r#"{"messages":[]}"#, None);
    check(r#"{"model":"#, None);
}

#[test]
fn every_answer_is_json_and_names_the_model() {
    let whole: serde_json::Value = serde_json::from_str(&completion("m")).unwrap();
    assert_eq!(whole["model"], "m");
    let frames: Vec<_> =
        [content("m", 0), content("m", 1), ending("m", true)].concat().split_terminator("\n\n").map(str::to_owned).collect();
    let (done, chunks) = frames.split_last().unwrap();
    assert_eq!(done, "data: [DONE]");
    let chunks: Vec<serde_json::Value> =
        chunks.iter().map(|chunk| serde_json::from_str(chunk.strip_prefix("data: ").unwrap()).unwrap()).collect();
    assert!(chunks.iter().all(|chunk| chunk["model"] == "m"));
    assert!(chunks[1]["choices"][0]["delta"]["content"].as_str().unwrap().starts_with(STAMP));
    assert_eq!(chunks[3]["usage"]["completion_tokens"], FRAMES);
    assert!(!ending("m", false).contains("usage"), "only who asks for it gets it");
}
