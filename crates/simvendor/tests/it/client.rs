//! The client's side of the tests.

use agm_simvendor::{Script, Vendor};
use serde_json::{Value, json};

pub(crate) async fn start(script: Script) -> Vendor {
    Vendor::start(script).await.unwrap()
}

pub(crate) fn question(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "good morning" }] })
}

pub(crate) fn streamed(model: &str) -> Value {
    let mut body = question(model);
    body["stream"] = json!(true);
    body
}

/// A connection of its own for every call.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn post(vendor: &Vendor, path: &str, body: &Value) -> reqwest::Response {
    try_post(vendor, path, body).await.unwrap()
}

pub(crate) async fn try_post(vendor: &Vendor, path: &str, body: &Value) -> Result<reqwest::Response, reqwest::Error> {
    http().post(format!("{}{path}", vendor.url())).json(body).send().await
}

pub(crate) async fn chat(vendor: &Vendor, body: &Value) -> reqwest::Response {
    post(vendor, "/v1/chat/completions", body).await
}

pub(crate) async fn post_json(vendor: &Vendor, path: &str, body: &Value) -> Value {
    let answer = post(vendor, path, body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// The `data:` lines of a stream; `[DONE]` is a string.
pub(crate) fn data_of(stream: &str) -> Vec<Value> {
    stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data)))
        .collect()
}

/// The text of a streamed chat.
pub(crate) fn text_of(frames: &[Value]) -> String {
    frames.iter().filter_map(|frame| frame["choices"][0]["delta"]["content"].as_str()).collect()
}
