use agm_simvendor::{Flavour, Script, ToolUse};
use serde_json::{Value, json};

use crate::client::{chat, data_of, post_json, start, text_of};

fn weather(question: &str) -> Value {
    json!({
        "model": "m",
        "messages": [{ "role": "user", "content": question }],
        "tools": [{ "type": "function", "function": { "name": "get_weather", "parameters": {
            "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] } } }],
    })
}

#[tokio::test]
async fn a_named_tool_is_called_and_its_result_is_spoken_of() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let mut body = weather("use get_weather for Bern");
    let call = post_json(&vendor, "/v1/chat/completions", &body).await;
    assert_eq!(call["choices"][0]["finish_reason"], "tool_calls");
    let message = call["choices"][0]["message"].clone();
    let function = &message["tool_calls"][0]["function"];
    assert_eq!(function["name"], "get_weather");
    assert_eq!(function["arguments"], r#"{"city":"sample"}"#);
    let id = message["tool_calls"][0]["id"].clone();
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(message);
    messages.push(json!({ "role": "tool", "tool_call_id": id, "content": "rain" }));
    let last = post_json(&vendor, "/v1/chat/completions", &body).await;
    assert_eq!(last["choices"][0]["message"]["content"], "acme heard from the tool: rain");
}

#[tokio::test]
async fn a_streamed_call_comes_in_pieces() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let mut body = weather("use get_weather for Bern");
    body["stream"] = json!(true);
    let frames = data_of(&chat(&vendor, &body).await.text().await.unwrap());
    let calls: Vec<&Value> =
        frames.iter().map(|frame| &frame["choices"][0]["delta"]["tool_calls"][0]).filter(|call| call.is_object()).collect();
    assert!(calls.len() > 2, "{calls:?}");
    assert_eq!(calls[0]["function"]["name"], "get_weather");
    let arguments: String = calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
    assert_eq!(arguments, r#"{"city":"sample"}"#);
    assert_eq!(frames[frames.len() - 2]["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn tools_stay_unused_when_not_named_or_forbidden() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let mut body = weather("how are you");
    body["stream"] = json!(true);
    let frames = data_of(&chat(&vendor, &body).await.text().await.unwrap());
    assert!(text_of(&frames).starts_with("acme answers"));
    vendor.update(|script| script.tools = ToolUse::Never);
    let answer = post_json(&vendor, "/v1/chat/completions", &weather("use get_weather")).await;
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    vendor.update(|script| script.tools = ToolUse::Always);
    let answer = post_json(&vendor, "/v1/chat/completions", &weather("how are you")).await;
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
}
