use std::time::{Duration, Instant};

use agm_simvendor::{Api, Behaviour, Ending, Flavour, On, Script};
use serde_json::{Value, json};

use crate::client::{chat, data_of, http, question, start, streamed, text_of, try_post};

const CHAT: &str = "/v1/chat/completions";

fn script() -> Script {
    Script::new("acme", Flavour::OpenAi).text("one two three")
}

/// What arrived of a body, and whether it ended cleanly.
async fn drain(mut answer: reqwest::Response) -> (String, bool) {
    let mut got = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => return (String::from_utf8(got).unwrap(), true),
            Err(_) => return (String::from_utf8(got).unwrap(), false),
        }
    }
}

#[tokio::test]
async fn a_cut_stream_delivers_its_frames_and_breaks() {
    for (behaviour, text) in [
        (Behaviour::CutStream { after_frames: 2 }, "acme: one "),
        (Behaviour::CutStream { after_frames: 0 }, ""),
        (Behaviour::CutMidBody, "acme: "),
    ] {
        let vendor = start(script().then(behaviour.clone())).await;
        let (got, clean) = match try_post(&vendor, CHAT, &streamed("m")).await {
            Ok(answer) => drain(answer).await,
            Err(_) => (String::new(), false),
        };
        assert!(!clean, "{behaviour:?}");
        let frames = data_of(&got);
        assert_eq!(text_of(&frames), text, "{behaviour:?}");
        assert!(!frames.contains(&json!("[DONE]")));
        assert_eq!(vendor.next_request().await.ended().await, Ending::Cut);
    }
}

#[tokio::test]
async fn a_body_that_is_no_stream_is_cut_in_the_middle() {
    for behaviour in [Behaviour::CutMidBody, Behaviour::CutStream { after_frames: 1 }, Behaviour::WrongContentLength] {
        let vendor = start(script().then(behaviour.clone())).await;
        let answer = chat(&vendor, &question("m")).await;
        assert_eq!(answer.status(), 200);
        let declared = answer.content_length().unwrap();
        let (got, clean) = drain(answer).await;
        assert!(!clean, "{behaviour:?}");
        assert!(got.len() > 10 && (got.len() as u64) < declared, "{behaviour:?}: {} of {declared}", got.len());
    }
}

#[tokio::test]
async fn the_connection_closes_before_an_answer() {
    let vendor = start(script().then(Behaviour::CutBeforeHeaders)).await;
    let failed = try_post(&vendor, CHAT, &question("m")).await.unwrap_err();
    assert!(failed.is_request(), "{failed}");
    assert_eq!(vendor.next_request().await.ended().await, Ending::Cut);
    assert_eq!(chat(&vendor, &question("m")).await.status(), 200);
}

#[tokio::test]
async fn a_hanging_request_ends_when_its_client_leaves() {
    let vendor = start(script().then(Behaviour::Hang)).await;
    let url = format!("{}{CHAT}", vendor.url());
    let mut calls = tokio::task::JoinSet::new();
    calls.spawn(http().post(url).json(&question("m")).send());
    let request = vendor.next_request().await;
    calls.abort_all();
    assert_eq!(request.ended().await, Ending::Abandoned);
    assert_eq!(request.progress().frames, 0);
}

#[tokio::test]
async fn a_stalled_stream_stays_open() {
    let vendor = start(script().then(Behaviour::StallStream { after_frames: 1 })).await;
    let mut answer = chat(&vendor, &streamed("m")).await;
    let mut got = String::new();
    while !got.contains("\"content\":\"acme") {
        got.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap());
    }
    let more = tokio::time::timeout(Duration::from_millis(100), answer.chunk()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn the_first_byte_may_be_late() {
    let wait = Duration::from_millis(60);
    let vendor = start(script().then(Behaviour::SlowFirstByte(wait))).await;
    let begun = Instant::now();
    assert_eq!(chat(&vendor, &question("m")).await.status(), 200);
    assert!(begun.elapsed() >= wait);
}

#[tokio::test]
async fn a_stream_may_end_cleanly_without_its_mark_or_with_an_error() {
    let vendor = start(script().then(Behaviour::StreamWithoutDone).then(Behaviour::ErrorInStream { after_frames: 2 })).await;
    let (got, clean) = drain(chat(&vendor, &streamed("m")).await).await;
    assert!(clean && !got.contains("[DONE]"));
    assert_eq!(text_of(&data_of(&got)), "acme: one two three");
    let (got, clean) = drain(chat(&vendor, &streamed("m")).await).await;
    let frames = data_of(&got);
    assert!(clean && !got.contains("[DONE]"));
    assert_eq!(text_of(&frames), "acme: one ");
    assert!(frames.last().unwrap()["error"]["message"].is_string());
}

#[tokio::test]
async fn empty_html_and_elsewhere() {
    let script = script()
        .then(Behaviour::EmptyChoices)
        .then(Behaviour::EmptyChoices)
        .then(Behaviour::NotJson)
        .then(Behaviour::Redirect { location: "http://127.0.0.1:1/".to_owned() });
    let vendor = start(script).await;
    let empty: Value = chat(&vendor, &question("m")).await.json().await.unwrap();
    assert_eq!(empty["choices"], json!([]));
    let frames = data_of(&chat(&vendor, &streamed("m")).await.text().await.unwrap());
    assert_eq!(frames[0]["choices"], json!([]));
    assert_eq!(frames[1], "[DONE]");
    let page = chat(&vendor, &question("m")).await;
    assert_eq!((page.status().as_u16(), &page.headers()["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
    let moved = chat(&vendor, &question("m")).await;
    assert_eq!((moved.status().as_u16(), &moved.headers()["location"]), (307, &"http://127.0.0.1:1/".parse().unwrap()));
}

#[tokio::test]
async fn a_huge_body_is_valid_json_of_the_size_asked_for() {
    let bytes = 300_000;
    let vendor = start(script().always(Behaviour::HugeBody { bytes })).await;
    let mut body = streamed("m");
    body["max_tokens"] = json!(1);
    let answer: Value = chat(&vendor, &body).await.json().await.unwrap();
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(text.len() as u64, bytes + "acme: ".len() as u64);
    let body = json!({ "model": "m", "input": "a" });
    let rows = crate::client::post(&vendor, "/v1/embeddings", &body).await.text().await.unwrap();
    assert!(rows.len() as u64 > bytes);
    assert!(serde_json::from_str::<Value>(&rows).is_ok());
}

#[tokio::test]
async fn behaviours_find_the_requests_they_are_meant_for() {
    let script = Script::new("acme", Flavour::OpenAi)
        .models(["m", "broken"])
        .then_on(On::Api(Api::Models), Behaviour::error(500))
        .then_on(On::Streaming(true), Behaviour::error(502))
        .always_on(On::Key("sk-used-up".to_owned()), Behaviour::error(429))
        .always_on(On::Model("broken".to_owned()), Behaviour::error(503));
    let vendor = start(script).await;
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    let chat = |body: Value| http().post(format!("{}{CHAT}", vendor.url())).json(&body);
    let models = || http().get(format!("{}/v1/models", vendor.url()));
    assert_eq!(status(chat(question("m"))).await, 200);
    assert_eq!(status(chat(streamed("m"))).await, 502);
    assert_eq!(status(chat(streamed("m"))).await, 200);
    assert_eq!(status(models()).await, 500);
    assert_eq!(status(models()).await, 200);
    for _ in 0..2 {
        assert_eq!(status(chat(question("broken"))).await, 503);
        assert_eq!(status(chat(question("m")).bearer_auth("sk-used-up")).await, 429);
    }
    vendor.update(|script| script.standing.clear());
    assert_eq!(status(chat(question("broken"))).await, 200);
}

#[tokio::test]
async fn the_model_list_takes_nothing_from_the_queue() {
    let vendor = start(script().then(Behaviour::error(500))).await;
    assert_eq!(http().get(format!("{}/v1/models", vendor.url())).send().await.unwrap().status(), 200);
    assert_eq!(chat(&vendor, &question("m")).await.status(), 500);
}
