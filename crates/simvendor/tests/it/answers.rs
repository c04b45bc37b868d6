use agm_simvendor::{Flavour, Script};
use serde_json::{Value, json};

use crate::client::{chat, http, post_json, question, start};

#[tokio::test]
async fn a_chat_names_vendor_and_model_and_counts_tokens() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).cached_tokens(2)).await;
    let answer = chat(&vendor, &question("m-1")).await;
    assert_eq!(answer.headers()["x-vendor"], "acme");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["model"], "m-1");
    assert_eq!(answer["choices"][0]["message"]["content"], "acme answers as m-1. You said: good morning");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["prompt_tokens"], 3);
    assert_eq!(answer["usage"]["completion_tokens"], 8);
    assert_eq!(answer["usage"]["total_tokens"], 11);
    assert_eq!(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
}

#[tokio::test]
async fn max_tokens_ends_the_answer_with_length() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    for limit in ["max_tokens", "max_completion_tokens"] {
        let mut body = question("m");
        body[limit] = json!(1);
        let answer: Value = chat(&vendor, &body).await.json().await.unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], "acme ");
        assert_eq!(answer["choices"][0]["finish_reason"], "length");
        assert_eq!(answer["usage"]["completion_tokens"], 1);
    }
}

#[tokio::test]
async fn any_base_path_is_served_and_parts_of_content_are_read() {
    let vendor = start(Script::new("acme", Flavour::Qwen)).await;
    let body = json!({ "model": "m", "messages": [
        { "role": "system", "content": "be brief" },
        { "role": "user", "content": [{ "type": "text", "text": "what is this" },
                                      { "type": "image_url", "image_url": { "url": "data:," } }] },
    ] });
    for path in ["/compatible-mode/v1/chat/completions", "/api/coding/paas/v4/chat/completions"] {
        let answer = post_json(&vendor, path, &body).await;
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.ends_with("You said: what is this"), "{text}");
    }
}

#[tokio::test]
async fn models_are_listed_and_found() {
    let vendor = start(Script::new("acme", Flavour::DeepSeek).models(["deepseek-chat", "org/other"])).await;
    let get = async |path: &str| http().get(format!("{}{path}", vendor.url())).send().await.unwrap();
    let list: Value = get("/v1/models").await.json().await.unwrap();
    assert_eq!(list["data"][0]["id"], "deepseek-chat");
    assert_eq!(list["data"][0]["owned_by"], "deepseek");
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let one: Value = get("/v1/models/org/other").await.json().await.unwrap();
    assert_eq!(one["id"], "org/other");
    assert_eq!(get("/v1/models/else").await.status(), 400);
}

#[tokio::test]
async fn completions_answer_whole_and_streamed() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).text("one two")).await;
    let mut body = json!({ "model": "m", "prompt": "go on" });
    let whole = post_json(&vendor, "/v1/completions", &body).await;
    assert_eq!(whole["choices"][0]["text"], "acme: one two");
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let stream = crate::client::post(&vendor, "/v1/completions", &body).await.text().await.unwrap();
    let frames = crate::client::data_of(&stream);
    let text: String = frames.iter().filter_map(|frame| frame["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, "acme: one two");
    assert_eq!(frames[frames.len() - 2]["usage"], whole["usage"]);
    assert_eq!(frames.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn embeddings_depend_on_the_text() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let body = json!({ "model": "e", "input": ["a", "b", "a"], "dimensions": 4 });
    let rows = post_json(&vendor, "/v1/embeddings", &body).await;
    let row = |index: usize| rows["data"][index]["embedding"].clone();
    assert_eq!(row(0).as_array().unwrap().len(), 4);
    assert_eq!(row(0), row(2));
    assert_ne!(row(0), row(1));
    assert_eq!(rows["usage"]["prompt_tokens"], 1);
    let body = json!({ "model": "e", "input": "a", "encoding_format": "base64", "dimensions": 4 });
    let encoded = post_json(&vendor, "/v1/embeddings", &body).await;
    assert_eq!(encoded["data"][0]["embedding"].as_str().unwrap().len(), 24); // 4 × 4 bytes
}

#[tokio::test]
async fn rerank_puts_the_nearest_first() {
    let vendor = start(Script::new("acme", Flavour::Qwen)).await;
    let body = json!({ "model": "r", "query": "red fox", "documents": ["a blue whale", "the red fox", "fox"], "top_n": 2 });
    let answer = post_json(&vendor, "/compatible-api/v1/reranks", &body).await;
    let order: Vec<_> = answer["results"].as_array().unwrap().iter().map(|r| r["index"].clone()).collect();
    assert_eq!(order, [json!(1), json!(2)]);
}

#[tokio::test]
async fn a_form_names_its_model() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).model("whisper")).await;
    let form = |model: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--b--\r\n"
        )
    };
    let send = async |model: &str| {
        http()
            .post(format!("{}/v1/audio/transcriptions", vendor.url()))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(form(model))
            .send()
            .await
            .unwrap()
    };
    let heard: Value = send("whisper").await.json().await.unwrap();
    assert!(heard["text"].as_str().unwrap().starts_with("acme heard as whisper"));
    assert_eq!(send("other").await.status(), 404);
    assert_eq!(vendor.requests()[0].model.as_deref(), Some("whisper"));
}

#[tokio::test]
async fn responses_answer_whole_and_streamed() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).text("one two")).await;
    let mut body = json!({ "model": "m", "input": [{ "role": "user", "content": [{ "type": "input_text", "text": "hi" }] }] });
    let whole = post_json(&vendor, "/v1/responses", &body).await;
    assert_eq!(whole["output"][0]["content"][0]["text"], "acme: one two");
    assert_eq!(whole["status"], "completed");
    body["stream"] = json!(true);
    let stream = crate::client::post(&vendor, "/v1/responses", &body).await.text().await.unwrap();
    let events = crate::client::data_of(&stream);
    let text: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(text, "acme: one two");
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["usage"], whole["usage"]);
}
