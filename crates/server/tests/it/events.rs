//! The stream of events.

use agm_testkit::http::Request;
use agm_testkit::sse::{Frame, SseStream};
use serde_json::{Value, json};

use crate::bed::Bed;

async fn open(bed: &Bed, query: &str, last: Option<&str>) -> SseStream {
    let token = std::fs::read_to_string(bed.dir.join("run/token")).unwrap();
    let mut request = Request::new("GET", format!("/api/v1/events{query}")).header("authorization", format!("Bearer {token}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let stream = SseStream::open(bed.server.addr(), &request).await.unwrap();
    assert_eq!(stream.status(), 200);
    stream
}

async fn next(stream: &mut SseStream, kind: &str) -> (Frame, Value) {
    loop {
        let frame = stream.next_frame().await.expect("the stream goes on");
        if frame.event.as_deref() == Some(kind) {
            let data: Value = serde_json::from_str(&frame.data).unwrap();
            return (frame, data);
        }
    }
}

async fn add(bed: &Bed, name: &str) {
    bed.post("/api/v1/agents", &json!({ "name": name })).await.expect(201);
}

#[tokio::test]
async fn changes_are_told_as_they_happen() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "", None).await;
    add(&bed, "alice").await;
    let (_, event) = next(&mut stream, "agent.changed").await;
    assert_eq!(event["subject"], "worker:alice");
    for member in ["seq", "time", "type", "subject", "revision", "data"] {
        assert!(event.get(member).is_some(), "{event}");
    }
    let (_, tick) = next(&mut stream, "metrics.tick").await;
    assert!(tick["data"]["timestamp"].is_string(), "{tick}");
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "?types=agent.*", None).await;
    add(&bed, "alice").await;
    let (_, seen) = next(&mut stream, "agent.changed").await;
    stream.leave();
    add(&bed, "bob").await;
    add(&bed, "carol").await;
    let last = seen["seq"].to_string();
    for mut stream in
        [open(&bed, "?types=agent.*", Some(&last)).await, open(&bed, &format!("?types=agent.*&lastEventId={last}"), None).await]
    {
        for name in ["worker:bob", "worker:carol"] {
            assert_eq!(next(&mut stream, "agent.changed").await.1["subject"], name);
        }
    }
}

#[tokio::test]
async fn a_reader_from_another_life_reads_anew() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "?types=agent.*", Some("999999")).await;
    let (_, event) = next(&mut stream, "resync").await;
    assert_eq!(event["seq"], bed.agm.events().last());
}

#[tokio::test]
async fn the_stream_ends_when_agm_stops() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "?types=nothing", None).await;
    let begun = std::time::Instant::now();
    bed.server.shutdown(std::time::Duration::from_secs(20)).await;
    assert!(stream.next_frame().await.is_none());
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "it did not hold up the stop");
}

#[tokio::test]
async fn a_number_of_the_process_before_reads_anew() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "", None).await;
    add(&bed, "one").await;
    let (_, event) = next(&mut stream, "agent.changed").await;
    drop(stream);
    let bed = Bed::on(bed.stop().await, |_| ()).await;
    for name in ["two", "three", "four", "five"] {
        add(&bed, name).await;
    }
    let mut stream = open(&bed, "", Some(&event["seq"].to_string())).await;
    let first = stream.next_frame().await.unwrap();
    assert_eq!(first.event.as_deref(), Some("resync"), "{first:?}");
}

#[tokio::test]
async fn tokens_that_are_made_and_revoked_are_told_without_their_text() {
    let bed = Bed::start().await;
    let mut stream = open(&bed, "?types=token.*", None).await;
    let made = bed.post("/api/v1/tokens", &json!({ "name": "ci", "role": "viewer" })).await.expect(201);
    let id = made["token"]["id"].as_str().unwrap();
    bed.request(reqwest::Method::DELETE, &format!("/api/v1/tokens/{id}")).send().await.unwrap();
    for change in ["added", "removed"] {
        let (frame, event) = next(&mut stream, "token.changed").await;
        assert_eq!((&event["subject"], &event["data"]), (&json!(id), &json!({ "change": change })));
        assert!(!frame.data.contains(made["secret"].as_str().unwrap()));
    }
}
