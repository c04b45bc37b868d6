use std::time::Duration;

use agm_simvendor::{Api, Behaviour, Ending, Flavour, Pacing, Script, Vendor};
use serde_json::{Value, json};

use crate::client::{chat, data_of, http, question, start, streamed, text_of};

#[tokio::test]
async fn requests_are_recorded_as_they_came() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let waiting = vendor.next_request();
    let url = format!("{}/base/v1/chat/completions?api-version=1", vendor.url());
    let sent = http().post(url).bearer_auth("sk-abc").header("x-mark", "7").json(&streamed("m")).send();
    let (request, answer) = tokio::join!(waiting, sent);
    answer.unwrap().text().await.unwrap();
    assert_eq!((request.number, request.method.as_str()), (1, "POST"));
    assert_eq!((request.path.as_str(), request.query.as_deref()), ("/base/v1/chat/completions", Some("api-version=1")));
    assert_eq!((request.api, request.model.as_deref(), request.stream), (Some(Api::Chat), Some("m"), true));
    assert_eq!((request.key.as_deref(), request.header("x-mark")), (Some("sk-abc"), Some("7")));
    assert_eq!(request.json(), streamed("m"));
    assert_eq!(request.ended().await, Ending::Answered);
    assert!(request.progress().bytes > 100);
    assert!(!format!("{request:?}").contains("sk-abc"));
    assert!(!format!("{:?}", Script::new("a", Flavour::OpenAi).key("sk-abc")).contains("sk-abc"));
}

#[tokio::test]
async fn the_ring_forgets_the_oldest_but_counts_all() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).record(2)).await;
    for _ in 0..4 {
        chat(&vendor, &question("m")).await;
    }
    vendor.wait_for_count(4).await;
    let numbers: Vec<u64> = vendor.requests().iter().map(|request| request.number).collect();
    assert_eq!(numbers, [3, 4]);
    assert_eq!(vendor.next_request().await.number, 3);
    assert_eq!(vendor.next_request().await.number, 4);
    vendor.update(|script| script.record = 0);
    chat(&vendor, &question("m")).await;
    assert_eq!((vendor.requests().len(), vendor.request_count()), (0, 5));
}

#[tokio::test]
async fn the_script_changes_while_a_stream_goes_on() {
    let pacing = Pacing { gap: Duration::from_millis(20), ..Pacing::default() };
    let vendor = start(Script::new("old", Flavour::OpenAi).text("a b c").pacing(pacing)).await;
    let under_way = chat(&vendor, &streamed("m")).await;
    vendor.set(Script::new("new", Flavour::OpenAi).text("x"));
    let answer: Value = chat(&vendor, &question("m")).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "new: x");
    assert_eq!(text_of(&data_of(&under_way.text().await.unwrap())), "old: a b c");
}

#[tokio::test]
async fn http2_is_spoken_to_who_begins_with_it() {
    let pacing = Pacing { frames: Some(3), ..Pacing::default() };
    let vendor = start(Script::new("acme", Flavour::OpenAi).pacing(pacing)).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = format!("{}/v1/chat/completions", vendor.url());
    for body in [streamed("m"), question("m")] {
        let answer = client.post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        assert!(answer.text().await.unwrap().contains("acme"));
    }
    vendor.push(Behaviour::CutStream { after_frames: 1 });
    let answer = client.post(&url).json(&streamed("m")).send().await.unwrap();
    assert!(answer.text().await.is_err());
    vendor.stop().await;
}

#[tokio::test]
async fn connections_are_counted() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let client = http();
    for _ in 0..3 {
        let url = format!("{}/v1/chat/completions", vendor.url());
        client.post(url).json(&question("m")).send().await.unwrap().text().await.unwrap();
    }
    assert_eq!((vendor.accepted_connections(), vendor.open_connections()), (1, 1));
}

#[tokio::test]
async fn stopping_lets_answers_finish_and_ends_those_that_hang() {
    let pacing = Pacing { gap: Duration::from_millis(20), ..Pacing::default() };
    let vendor = start(Script::new("acme", Flavour::OpenAi).text("a b c").pacing(pacing)).await;
    let streaming = chat(&vendor, &streamed("m")).await;
    vendor.push(Behaviour::Hang);
    let url = format!("{}/v1/chat/completions", vendor.url());
    let mut hanging = tokio::task::JoinSet::new();
    hanging.spawn(http().post(&url).json(&question("m")).send());
    vendor.wait_for_count(2).await;
    let ((), text) = tokio::join!(vendor.stop(), streaming.text());
    assert!(text.unwrap().ends_with("data: [DONE]\n\n"));
    assert!(hanging.join_next().await.unwrap().unwrap().is_err());
    assert!(http().post(&url).json(&json!({})).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_vendor_comes_back_where_it_was() {
    let vendor = start(Script::new("first", Flavour::OpenAi)).await;
    let addr = vendor.addr();
    assert_eq!(chat(&vendor, &question("m")).await.headers()["x-vendor"], "first");
    vendor.stop().await;
    let vendor = Vendor::start_on(addr.port(), Script::new("second", Flavour::OpenAi)).await.unwrap();
    assert_eq!(vendor.addr(), addr);
    assert_eq!(chat(&vendor, &question("m")).await.headers()["x-vendor"], "second");
}

#[tokio::test]
async fn dropping_a_vendor_cuts_its_streams() {
    let pacing = Pacing { gap: Duration::from_mins(1), ..Pacing::default() };
    let vendor = start(Script::new("acme", Flavour::OpenAi).pacing(pacing)).await;
    let answer = chat(&vendor, &streamed("m")).await;
    drop(vendor);
    assert!(answer.text().await.is_err());
}
