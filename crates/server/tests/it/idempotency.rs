//! `Idempotency-Key`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed};

async fn post(bed: &Bed, path: &str, key: &str, body: &Value) -> Answer {
    Answer::of(bed.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_request_that_is_sent_twice_acts_once() {
    let bed = Bed::start().await;
    let alice = json!({ "name": "alice" });
    let first = post(&bed, "/api/v1/agents", "one", &alice).await;
    let again = post(&bed, "/api/v1/agents", "one", &alice).await;
    assert_eq!((first.expect(201), first.header("location")), (again.expect(201), again.header("location")));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    post(&bed, "/api/v1/agents", "one", &json!({ "name": "bob" })).await.refused(422, "IDEMPOTENCY_MISMATCH");
    post(&bed, "/api/v1/agents?dryRun=true", "one", &alice).await.refused(422, "IDEMPOTENCY_MISMATCH");
    post(&bed, "/api/v1/agents", "two", &alice).await.refused(409, "AGENT_EXISTS");
    // Each caller has keys of its own.
    let operator = bed.token("operator").await;
    let other =
        bed.bare(Method::POST, "/api/v1/agents").bearer_auth(operator).header("idempotency-key", "one").json(&json!({ "name": "carol" }));
    Answer::of(other).await.expect(201);
    for bad in ["", "with space", &"x".repeat(256)] {
        post(&bed, "/api/v1/agents", bad, &alice).await.refused(422, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn duplicates_at_the_same_time_wait_for_the_first() {
    let bed = Bed::start().await;
    let body = json!({ "name": "ci", "role": "viewer" });
    let answers = futures_util::future::join_all((0..8).map(|_| post(&bed, "/api/v1/tokens", "k", &body))).await;
    let secrets: Vec<Value> = answers.iter().map(|answer| answer.expect(201)["secret"].clone()).collect();
    assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]), "they all got the one token");
    assert_eq!(bed.get("/api/v1/tokens").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn answers_survive_a_restart_sealed() {
    let bed = Bed::start().await;
    let body = json!({ "name": "ci", "role": "viewer" });
    let first = post(&bed, "/api/v1/tokens", "k", &body).await.expect(201);
    let bed = Bed::on(bed.stop().await, |_| ()).await;
    assert_eq!(post(&bed, "/api/v1/tokens", "k", &body).await.expect(201), first);
    assert!(!bed.dir.dump().contains(first["secret"].as_str().unwrap()));
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_but_is_no_other_request() {
    let bed = Bed::start().await;
    bed.post("/api/v1/agents", &json!({ "name": "alice" })).await.expect(201);
    let alice = json!({ "name": "alice" });
    post(&bed, "/api/v1/agents", "k", &alice).await.refused(409, "AGENT_EXISTS");
    post(&bed, "/api/v1/agents", "k", &json!({ "name": "bob" })).await.refused(422, "IDEMPOTENCY_MISMATCH");
    bed.force(Method::DELETE, "/api/v1/agents/alice", &json!({})).await.expect(200);
    let again = post(&bed, "/api/v1/agents", "k", &alice).await;
    again.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn a_switch_that_failed_is_not_tried_again() {
    use agm_simvendor::{Behaviour, On};
    let (bed, vendor) = Bed::with_provider().await;
    vendor.push_on(On::Inference, Behaviour::Error { status: 500, body: None, retry_after: None });
    let body = json!({ "targets": ["alice"], "provider": "one", "model": "m" });
    let first = post(&bed, "/api/v1/switches?wait=30s", "k", &body).await;
    assert!(!first.status.is_success(), "{first:?}");
    let (failed, seen) = (first.expect(first.status.as_u16()), vendor.request_count());
    let again = post(&bed, "/api/v1/switches?wait=30s", "k", &body).await;
    assert_eq!((again.expect(first.status.as_u16()), again.header("idempotency-replayed")), (failed, "true"));
    assert_eq!(vendor.request_count(), seen);
}

#[tokio::test]
async fn another_token_of_the_same_name_is_another_caller() {
    let bed = Bed::start().await;
    let new = json!({ "name": "ci", "role": "operator" });
    let make = || bed.post("/api/v1/tokens", &new);
    let agent = |token: &str, name: &str| {
        let request = bed.bare(Method::POST, "/api/v1/agents").bearer_auth(token).header("idempotency-key", "k");
        Answer::of(request.json(&json!({ "name": name })))
    };
    let first = make().await.expect(201);
    agent(first["secret"].as_str().unwrap(), "alice").await.expect(201);
    let id = first["token"]["id"].as_str().unwrap();
    Answer::of(bed.request(Method::DELETE, &format!("/api/v1/tokens/{id}"))).await.expect(200);
    let second = make().await.expect(201);
    agent(second["secret"].as_str().unwrap(), "bob").await.expect(201);
}

#[tokio::test]
async fn the_work_goes_on_when_the_client_leaves() {
    use agm_simvendor::{Behaviour, On};
    let (bed, vendor) = Bed::with_provider().await;
    vendor.push_on(On::Inference, Behaviour::SlowFirstByte(std::time::Duration::from_millis(500)));
    let body = json!({ "targets": ["alice"], "provider": "one", "model": "m" });
    let request = bed.request(Method::POST, "/api/v1/switches?wait=30s").header("idempotency-key", "k").json(&body);
    let seen = vendor.request_count();
    let left = async {
        vendor.wait_for_count(seen + 1).await;
    };
    tokio::select! {
        answer = request.send() => panic!("it was not slow: {answer:?}"),
        () = left => {}
    }
    let again = post(&bed, "/api/v1/switches?wait=30s", "k", &body).await;
    assert_eq!((again.expect(200)["success"].clone(), again.header("idempotency-replayed")), (json!(true), "true"));
}

/// A file that does not parse is nobody's answer: the request is acted on as if it came first.
#[tokio::test]
async fn what_is_kept_and_cannot_be_read_is_replaced() {
    let bed = Bed::start().await;
    post(&bed, "/api/v1/agents", "k", &json!({ "name": "alice" })).await.expect(201);
    let kept = std::fs::read_dir(bed.dir.join("agm/objects/idempotency")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.collect();
    assert_eq!(kept.len(), 1);
    std::fs::write(&kept[0], r#"{"half": "a file"}"#).unwrap();
    post(&bed, "/api/v1/agents", "k", &json!({ "name": "bob" })).await.expect(201);
    assert_eq!(post(&bed, "/api/v1/agents", "k", &json!({ "name": "bob" })).await.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn none_is_dropped_before_its_time() {
    let bed = Bed::with(|settings| settings.kept_answers = 2).await;
    for (key, name) in [("1", "alice"), ("2", "bob")] {
        post(&bed, "/api/v1/agents", key, &json!({ "name": name })).await.expect(201);
    }
    let refused = post(&bed, "/api/v1/agents", "3", &json!({ "name": "carol" })).await;
    refused.refused(429, "TOO_MANY_REQUESTS");
    bed.get("/api/v1/agents/carol").await.expect(404);
    let again = post(&bed, "/api/v1/agents", "1", &json!({ "name": "alice" })).await;
    assert_eq!((again.expect(201)["agent"]["id"].clone(), again.header("idempotency-replayed")), (json!("worker:alice"), "true"));
    // What is kept counts after a restart too, and is not swept at the start.
    let bed = Bed::on(bed.stop().await, |settings| settings.kept_answers = 2).await;
    assert_eq!(post(&bed, "/api/v1/agents", "2", &json!({ "name": "bob" })).await.header("idempotency-replayed"), "true");
}
