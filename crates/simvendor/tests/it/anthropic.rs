use agm_simvendor::{Behaviour, Flavour, Script, Vendor};
use serde_json::{Value, json};

use crate::client::{data_of, http, start};

fn body() -> Value {
    json!({ "model": "claude-x", "max_tokens": 100, "system": "be kind",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": "good morning" }] }] })
}

async fn messages(vendor: &Vendor, body: &Value) -> reqwest::Response {
    let request = http().post(format!("{}/v1/messages", vendor.url())).header("anthropic-version", "2023-06-01");
    request.header("x-api-key", "sk-a").json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_message_whole_and_streamed() {
    let vendor = start(Script::new("acme", Flavour::Anthropic).key("sk-a").cached_tokens(2)).await;
    let whole: Value = messages(&vendor, &body()).await.json().await.unwrap();
    assert_eq!(whole["content"][0]["text"], "acme answers as claude-x. You said: good morning");
    assert_eq!(whole["stop_reason"], "end_turn");
    assert_eq!(whole["usage"]["input_tokens"], 3); // 19 characters are 5 tokens, 2 of them cached
    assert_eq!(whole["usage"]["cache_read_input_tokens"], 2);
    assert_eq!(whole["usage"]["output_tokens"], 8);

    let mut streamed = body();
    streamed["stream"] = json!(true);
    let stream = messages(&vendor, &streamed).await.text().await.unwrap();
    let names: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let events = data_of(&stream);
    assert_eq!(names, events.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>());
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(names[names.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, whole["content"][0]["text"]);
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], 3);
    assert_eq!(events[events.len() - 2]["usage"], whole["usage"]);
}

#[tokio::test]
async fn a_tool_is_used_and_its_result_spoken_of() {
    let vendor = start(Script::new("acme", Flavour::Anthropic)).await;
    let mut body = body();
    body["messages"][0]["content"] = json!("call get_time");
    body["tools"] = json!([{ "name": "get_time", "input_schema": { "type": "object", "properties": { "zone": { "type": "string" } } } }]);
    let call: Value = messages(&vendor, &body).await.json().await.unwrap();
    assert_eq!(call["stop_reason"], "tool_use");
    assert_eq!(call["content"][0]["input"], json!({ "zone": "sample" }));

    body["stream"] = json!(true);
    let events = data_of(&messages(&vendor, &body).await.text().await.unwrap());
    let input: String = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(input, r#"{"zone":"sample"}"#);

    body["stream"] = json!(false);
    let turns = body["messages"].as_array_mut().unwrap();
    turns.push(json!({ "role": "assistant", "content": call["content"] }));
    turns.push(json!({ "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": call["content"][0]["id"], "content": "noon" }] }));
    let last: Value = messages(&vendor, &body).await.json().await.unwrap();
    assert_eq!(last["content"][0]["text"], "acme heard from the tool: noon");
}

#[tokio::test]
async fn what_anthropic_requires_is_required() {
    let vendor = start(Script::new("acme", Flavour::Anthropic)).await;
    let mut unlimited = body();
    unlimited.as_object_mut().unwrap().remove("max_tokens");
    let answer = messages(&vendor, &unlimited).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap()["type"], "error");
    let unversioned = http().post(format!("{}/v1/messages", vendor.url())).json(&body()).send().await.unwrap();
    assert_eq!(unversioned.status(), 400);
}

#[tokio::test]
async fn errors_in_a_stream_and_missing_ends_are_anthropics_own() {
    let script =
        Script::new("acme", Flavour::Anthropic).then(Behaviour::ErrorInStream { after_frames: 1 }).then(Behaviour::StreamWithoutDone);
    let vendor = start(script).await;
    let mut body = body();
    body["stream"] = json!(true);
    let stream = messages(&vendor, &body).await.text().await.unwrap();
    assert!(stream.contains("event: error\n") && !stream.contains("message_stop"), "{stream}");
    let stream = messages(&vendor, &body).await.text().await.unwrap();
    assert!(stream.contains("message_delta") && !stream.contains("message_stop"), "{stream}");
}
