//! The figures of the last hour.

use agm_simvendor::{Behaviour, On};
use serde_json::{Value, json};

use crate::bed::{Answer, Bed};

/// A chat request with an agent's own key; the status of its answer.
async fn ask(bed: &Bed, agent: &str, body: Value) -> u16 {
    let key = Answer::of(bed.request(reqwest::Method::POST, &format!("/api/v1/agents/{agent}/key"))).await.expect(200);
    let url = format!("http://{}/v1/chat/completions", bed.agm.gateway().addr());
    let asked = bed.client.post(url).bearer_auth(key["key"].as_str().unwrap()).json(&body).send().await.unwrap();
    let status = asked.status().as_u16();
    asked.bytes().await.unwrap();
    status
}

fn chat(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "messages": [{ "role": "user", "content": "hi" }] })
}

async fn counted(bed: &Bed, query: &str, requests: u64) -> Value {
    loop {
        let usage = bed.get(&format!("/api/v1/usage{query}")).await.expect(200);
        if usage["window"]["total"]["sum"]["requests"] == requests {
            return usage["window"].clone();
        }
        tokio::task::yield_now().await;
    }
}

/// The one place of a line that is neither nothing nor unknown.
fn only(line: &Value) -> &Value {
    let mut values = line.as_array().unwrap().iter().filter(|value| !value.is_null() && **value != 0);
    let value = values.next().unwrap();
    assert!(values.all(|other| other == value), "{line}");
    value
}

#[tokio::test]
async fn what_passed_is_counted_by_the_minute_and_by_name() {
    let (bed, vendor) = Bed::with_provider().await;
    let one = bed.get("/api/v1/usage?by=agent").await.expect(200);
    let nothing = &one["window"]["total"];
    assert_eq!(nothing["requests"].as_array().unwrap().len(), 60);
    assert!(nothing["requests"][0].is_null(), "nothing is known of the time before the start: {nothing}");
    assert_eq!(nothing["requests"].as_array().unwrap().last(), Some(&json!(0)));
    assert!(nothing["latencyMs"]["p50"].as_array().unwrap().iter().all(Value::is_null), "no request has no latency");
    // agm's own probes are no traffic.
    bed.post("/api/v1/switches?wait=30s", &json!({ "targets": ["alice"], "provider": "one", "model": "m" })).await.expect(200);

    assert_eq!(ask(&bed, "alice", chat(false)).await, 200);
    assert_eq!(ask(&bed, "alice", chat(true)).await, 200);
    vendor.push_on(On::Inference, Behaviour::error(400));
    assert_eq!(ask(&bed, "worker:bob", chat(false)).await, 400);
    let window = counted(&bed, "?window=60m&by=agent", 3).await;
    let names: Vec<&str> = window["series"].as_array().unwrap().iter().map(|series| series["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["worker:alice", "worker:bob"], "{window}");
    let alice = &window["series"][0]["figures"];
    assert_eq!((&alice["sum"]["requests"], &alice["sum"]["serverErrors"], &alice["sum"]["untold"]), (&json!(2), &json!(0), &json!(0)));
    assert!(alice["sum"]["outputTokens"].as_u64().unwrap() > 0 && alice["sum"]["latencyMs"]["p99"].as_f64().unwrap() > 0.0, "{alice}");
    assert!(only(&alice["firstTokenMs"]["p50"]).as_f64().unwrap() > 0.0, "{alice}");
    let bob = &window["series"][1]["figures"]["sum"];
    assert_eq!((&bob["clientErrors"], &bob["latencyMs"]["p50"]), (&json!(1), &Value::Null), "an error's time is no latency: {bob}");
    assert_eq!((&bob["untold"], &bob["inputTokens"]), (&json!(1), &Value::Null), "{bob}");
    assert_eq!((&window["missed"], &window["mostNames"], window.get("other")), (&json!(0), &json!(256), None));

    let models = bed.get("/api/v1/usage?window=90s&by=model").await.expect(200);
    assert_eq!((&models["window"]["series"][0]["name"], models["window"]["times"].as_array().unwrap().len()), (&json!("m"), 2));
    let providers = bed.get("/api/v1/usage?window=2m&by=provider").await.expect(200);
    assert_eq!(providers["window"]["series"].as_array().unwrap().len(), 1);
    assert!(bed.get("/api/v1/usage").await.expect(200).get("window").is_none());
    for wrong in ["?window=2h", "?window=0s", "?window=soon", "?by=route", "?window=1m&other=1"] {
        bed.get(&format!("/api/v1/usage{wrong}")).await.refused(400, "MALFORMED_REQUEST");
    }
}

#[tokio::test]
async fn the_host_is_remembered_for_an_hour() {
    let bed = Bed::start().await;
    let window = loop {
        let metrics = bed.get("/api/v1/metrics?window=5m").await.expect(200);
        if !metrics["window"]["memory"][4].is_null() {
            break metrics["window"].clone();
        }
        tokio::task::yield_now().await;
    };
    for line in ["times", "cpu", "memory", "connections", "rpm"] {
        assert_eq!(window[line].as_array().unwrap().len(), 5, "{line}");
    }
    assert!(window["memory"][0].is_null() && window["rpm"][4] == 0, "{window}");
    assert!(bed.get("/api/v1/metrics").await.expect(200).get("window").is_none());
}

#[tokio::test]
async fn the_log_of_requests_is_asked_for_a_part() {
    let (bed, vendor) = Bed::with_provider().await;
    assert_eq!(ask(&bed, "alice", chat(false)).await, 200);
    vendor.push_on(On::Inference, Behaviour::error(400));
    assert_eq!(ask(&bed, "bob", chat(false)).await, 400);
    let url = format!("http://{}/v1/chat/completions", bed.agm.gateway().addr());
    assert_eq!(bed.client.post(url).json(&chat(false)).send().await.unwrap().status(), 401);
    let count = async |query: &str| {
        let log = bed.get(&format!("/api/v1/requests?{query}")).await.expect(200);
        log["items"].as_array().unwrap().len()
    };
    let cases = [
        ("", 3),
        ("agent=worker:alice", 1),
        ("agent=bob", 1),
        ("agent=none", 1),
        ("agent=worker:nobody", 0),
        ("provider=one", 2),
        ("provider=two", 0),
        ("route=default-ai-route", 3),
        ("model=m&status=4xx", 2),
        ("status=2xx", 1),
        ("status=5xx", 0),
        ("playground=true", 0),
        ("playground=false&limit=2", 2),
        ("newest=true&limit=1&agent=alice", 1),
        ("after=2", 1),
    ];
    for (query, expected) in cases {
        assert_eq!(count(query).await, expected, "{query}");
    }
    let newest = bed.get("/api/v1/requests?newest=true&limit=2").await.expect(200);
    let seqs: Vec<u64> = newest["items"].as_array().unwrap().iter().map(|request| request["seq"].as_u64().unwrap()).collect();
    assert_eq!((seqs, newest.get("nextCursor")), (vec![2, 3], None));
    for wrong in ["status=200", "status=nonsense", "newest=maybe", "consumer=none"] {
        bed.get(&format!("/api/v1/requests?{wrong}")).await.refused(400, "MALFORMED_REQUEST");
    }
}
