use std::time::{Duration, Instant};

use agm_simvendor::{Behaviour, Ending, Flavour, Pacing, Script};
use serde_json::{Value, json};

use crate::client::{chat, data_of, question, start, streamed, text_of};

#[tokio::test]
async fn a_stream_says_and_counts_what_the_whole_answer_does() {
    for flavour in Flavour::ALL {
        let vendor = start(Script::new("acme", flavour)).await;
        let whole: Value = chat(&vendor, &question("m")).await.json().await.unwrap();
        let mut body = streamed("m");
        body["stream_options"] = json!({ "include_usage": true });
        let answer = chat(&vendor, &body).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        let frames = data_of(&answer.text().await.unwrap());
        assert_eq!(text_of(&frames), whole["choices"][0]["message"]["content"], "{flavour:?}");
        let usage = &frames[frames.len() - 2];
        assert_eq!(usage["choices"], json!([]));
        assert_eq!(usage["usage"], whole["usage"]);
        assert_eq!(frames.last().unwrap(), "[DONE]");
    }
}

#[tokio::test]
async fn usage_that_was_not_asked_for_stands_where_the_vendor_puts_it() {
    for flavour in Flavour::ALL {
        let vendor = start(Script::new("acme", flavour)).await;
        let frames = data_of(&chat(&vendor, &streamed("m")).await.text().await.unwrap());
        let last = &frames[frames.len() - 2];
        assert_eq!(last["choices"][0]["finish_reason"], "stop");
        assert_eq!(last["usage"].is_object(), flavour == Flavour::Zhipu, "{flavour:?}");
        assert_eq!(last["choices"][0]["usage"].is_object(), flavour == Flavour::Moonshot, "{flavour:?}");
    }
}

#[tokio::test]
async fn pacing_sets_frames_sizes_and_gaps() {
    let gap = Duration::from_millis(15);
    let pacing = Pacing { frames: Some(6), gap, frame_bytes: Some(100), stamp: true };
    let vendor = start(Script::new("acme", Flavour::OpenAi).pacing(pacing)).await;
    let begun = Instant::now();
    let frames = data_of(&chat(&vendor, &streamed("m")).await.text().await.unwrap());
    assert!(begun.elapsed() >= gap * 5, "{:?}", begun.elapsed());
    let texts: Vec<&str> =
        frames.iter().filter_map(|frame| frame["choices"][0]["delta"]["content"].as_str()).filter(|text| !text.is_empty()).collect();
    assert_eq!(texts.len(), 6);
    let stamps: Vec<u64> = texts
        .iter()
        .map(|text| {
            let (stamp, rest) = text.strip_prefix("t=").unwrap().split_once(' ').unwrap();
            assert_eq!(rest.len(), 100);
            stamp.parse().unwrap()
        })
        .collect();
    assert!(stamps.windows(2).all(|pair| pair[1] > pair[0]), "{stamps:?}");
}

#[tokio::test]
async fn frames_arrive_when_they_are_sent_not_at_the_end() {
    let pacing = Pacing { gap: Duration::from_mins(1), ..Pacing::default() };
    let vendor = start(Script::new("acme", Flavour::OpenAi).pacing(pacing)).await;
    let mut answer = chat(&vendor, &streamed("m")).await;
    let mut got = String::new();
    while !got.contains("\"content\":\"acme") {
        got.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap());
    }
    let request = vendor.next_request().await;
    assert_eq!(request.progress().frames, 2);
    drop(answer);
    assert_eq!(request.ended().await, Ending::Abandoned);
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_vendor_up() {
    let bytes = 64 * 1024 * 1024;
    let vendor = start(Script::new("acme", Flavour::OpenAi).always(Behaviour::HugeBody { bytes })).await;
    let answer = chat(&vendor, &question("m")).await;
    let request = vendor.next_request().await;
    let ended = tokio::time::timeout(Duration::from_millis(200), request.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
    assert!(request.progress().bytes < bytes, "{:?}", request.progress());
    assert!(answer.bytes().await.unwrap().len() as u64 > bytes);
    assert_eq!(request.ended().await, Ending::Answered);
}
