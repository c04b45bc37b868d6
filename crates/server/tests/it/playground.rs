//! The playground: as an agent, and not the agent.

use agm_simvendor::{Behaviour, On, Vendor};
use agm_testkit::http::Request;
use agm_testkit::sse::{Frame, SseStream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed};

const PROMPT: &str = "a-prompt-that-nobody-keeps";

async fn bed() -> (Bed, Vendor) {
    let (bed, vendor) = Bed::with_provider().await;
    bed.post("/api/v1/switches?wait=30s", &json!({ "targets": ["alice"], "provider": "one", "model": "m" })).await.expect(200);
    (bed, vendor)
}

async fn ask(bed: &Bed, more: Value) -> SseStream {
    let mut body = json!({ "as": "worker:alice", "model": "m", "prompt": PROMPT });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let token = std::fs::read_to_string(bed.dir.join("run/token")).unwrap();
    let request = Request::new("POST", "/api/v1/playground").header("authorization", format!("Bearer {token}"));
    let stream = SseStream::open(bed.server.addr(), &request.header("idempotency-key", "once").json(&body)).await.unwrap();
    assert_eq!(stream.status(), 200);
    stream
}

/// Everything that comes, and the last of it.
async fn all(mut stream: SseStream) -> (Vec<Frame>, Value) {
    let mut frames = Vec::new();
    while let Some(frame) = stream.next_frame().await {
        frames.push(frame);
    }
    let last = serde_json::from_str(&frames.last().unwrap().data).unwrap();
    (frames, last)
}

fn kinds(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.event.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn an_answer_streams_and_is_summed_up() {
    let (bed, _vendor) = bed().await;
    let before = bed.get("/api/v1/agents/alice").await.expect(200);
    let (frames, summary) = all(ask(&bed, json!({ "maxTokens": 50 })).await).await;
    let kinds = kinds(&frames);
    assert!(kinds.len() > 2 && kinds[..kinds.len() - 1].iter().all(|kind| *kind == "chunk"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"summary"));
    let first: Value = serde_json::from_str(&frames[0].data).unwrap();
    assert!(first["choices"].is_array(), "{first}");
    assert_eq!((&summary["route"], &summary["provider"], &summary["status"]), (&json!("default-ai-route"), &json!("one"), &json!(200)));
    assert!(summary["streamed"] == true && summary["outcome"] == "answered" && summary["servedModel"].is_string(), "{summary}");
    assert!(summary["inputTokens"].is_u64() && summary["outputTokens"].is_u64() && summary["firstTokenMs"].is_u64(), "{summary}");

    // It is logged and counted as what it is.
    let log = bed.get("/api/v1/requests?agent=worker:alice").await.expect(200);
    assert_eq!((log["items"].as_array().unwrap().len(), &log["items"][0]["playground"]), (1, &json!(true)), "{log}");
    let usage = loop {
        let usage = bed.get("/api/v1/usage?by=agent").await.expect(200);
        if usage["window"]["total"]["sum"]["requests"] == 1 {
            break usage;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(usage["window"]["series"][0]["name"], "playground", "{usage}");
    assert_eq!(usage["requests"], 1);
    assert!(bed.get("/metrics").await.text.contains(r#"consumer="playground""#));
    // And it is nothing of hers.
    bed.post("/api/v1/agents/alice/evidence", &json!({ "probe": false })).await.expect(200);
    let after = bed.get("/api/v1/agents/alice").await.expect(200);
    assert_eq!((&after["state"], after.get("lastSeen")), (&before["state"], None), "{after}");
    assert!(!after["evidence"]["proofs"].as_array().unwrap().iter().any(|proof| proof["level"] == "observed"), "{after}");
    // Who asked is taken down, what was asked is nowhere.
    let audit = bed.get("/api/v1/audit?limit=1").await.expect(200)["items"][0].clone();
    assert_eq!((&audit["action"], &audit["subject"]), (&json!("playground"), &json!("worker:alice")), "{audit}");
    assert_eq!(audit["details"], json!({ "model": "m", "stream": true }));
    assert!(!bed.dir.dump().contains(PROMPT));
}

#[tokio::test]
async fn what_is_not_streamed_is_one_chunk() {
    let (bed, _vendor) = bed().await;
    let conversation = json!({ "stream": false, "prompt": null, "messages": [{ "role": "system", "content": "Be short." }, { "role": "user", "content": "hi" }] });
    let (frames, summary) = all(ask(&bed, conversation).await).await;
    assert_eq!(kinds(&frames), ["chunk", "summary"]);
    let whole: Value = serde_json::from_str(&frames[0].data).unwrap();
    assert!(whole["choices"][0]["message"]["content"].is_string(), "{whole}");
    assert_eq!(summary["streamed"], false);
}

#[tokio::test]
async fn a_failure_says_who_failed_and_how_far_it_came() {
    let (bed, vendor) = bed().await;
    vendor.push_on(On::Inference, Behaviour::error(401));
    let (frames, error) = all(ask(&bed, json!({})).await).await;
    assert_eq!(kinds(&frames), ["error"]);
    assert_eq!((&error["success"], &error["code"]), (&json!(false), &json!("VENDOR_KEY_REFUSED")), "{error}");
    assert!(error["details"]["hint"].is_string(), "{error}");
    assert_eq!((&error["details"]["summary"]["status"], &error["details"]["summary"]["provider"]), (&json!(401), &json!("one")), "{error}");
    vendor.push_on(On::Streaming(true), Behaviour::CutStream { after_frames: 2 });
    let (frames, error) = all(ask(&bed, json!({})).await).await;
    assert_eq!((kinds(&frames).first(), kinds(&frames).last()), (Some(&"chunk"), Some(&"error")));
    assert_eq!((&error["code"], &error["details"]["summary"]["outcome"]), (&json!("VENDOR_FAULTY"), &json!("cut_by_provider")), "{error}");
    let failed = bed.get("/api/v1/requests?status=4xx&playground=true&newest=true&limit=5").await.expect(200);
    assert_eq!(failed["items"].as_array().unwrap().len(), 1, "{failed}");
}

#[tokio::test]
async fn who_leaves_cancels_the_request() {
    let (bed, vendor) = bed().await;
    vendor.push_on(On::Streaming(true), Behaviour::StallStream { after_frames: 1 });
    let mut stream = ask(&bed, json!({})).await;
    assert_eq!(stream.next_frame().await.unwrap().event.as_deref(), Some("chunk"));
    stream.leave();
    loop {
        let log = bed.get("/api/v1/requests?newest=true&limit=1").await.expect(200);
        if log["items"][0]["outcome"] == "left_by_client" {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_once() {
    let (bed, vendor) = bed().await;
    let asked = vendor.request_count();
    let path = "/api/v1/playground";
    bed.post(path, &json!({ "as": "worker:nobody", "model": "m", "prompt": "hi" })).await.refused(404, "WORKER_NOT_FOUND");
    bed.post(path, &json!({ "as": "", "model": "m", "prompt": "hi" })).await.refused(422, "INVALID_NAME");
    let wrong = json!({ "as": "alice", "model": "", "prompt": "hi", "messages": [{ "role": "user", "content": "x" }], "maxTokens": 0 });
    let refused = bed.post(path, &wrong).await.refused(422, "INVALID_MODEL");
    let pointers: Vec<&str> =
        refused["details"]["diagnostics"].as_array().unwrap().iter().map(|found| found["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/model", "/messages", "/maxTokens"]);
    bed.post(path, &json!({ "as": "alice", "model": "m" })).await.refused(422, "VALIDATION_FAILED");
    let viewer = bed.token("viewer").await;
    let request = bed.bare(Method::POST, path).bearer_auth(viewer).json(&json!({ "as": "alice", "model": "m", "prompt": "hi" }));
    Answer::of(request).await.refused(403, "FORBIDDEN");
    assert_eq!(vendor.request_count(), asked);
}
