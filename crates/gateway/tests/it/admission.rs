//! Who may call what.

use agm_domain::consumer::KeySource;
use agm_domain::route::ModelPredicate;
use agm_testkit::http::Request;
use agm_testkit::secrets::PlantedKey;
use serde_json::json;

use crate::world::*;

fn chat_as(key: Option<&str>, model: &str) -> Request {
    let request = Request::new("POST", "/v1/chat/completions").json(&chat_body(model));
    match key {
        Some(key) => request.header("authorization", format!("Bearer {key}")),
        None => request,
    }
}

#[tokio::test]
async fn no_route_comes_before_no_key() {
    let vendor = vendor("alpha", &[]).await;
    let only = route_for("only", "alpha", &[ModelPredicate::equal("m")]);
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [only]));
    for key in [None, Some("wrong"), Some(KEY)] {
        let answer = send(&gateway, &chat_as(key, "other")).await;
        assert_eq!((answer.status, code(&answer)), (404, "route_not_found".to_owned()));
    }
    let answer = send(&gateway, &chat_as(None, "m")).await;
    assert_eq!((answer.status, code(&answer)), (401, "missing_api_key".to_owned()));
    assert!(answer.header("www-authenticate").is_some());
    let answer = send(&gateway, &chat_as(Some("wrong"), "m")).await;
    assert_eq!((answer.status, code(&answer)), (401, "invalid_api_key".to_owned()));
    let answer = send(&gateway, &chat_as(Some("gw-key-of-worker-b-0123456789"), "m")).await;
    assert_eq!((answer.status, code(&answer)), (403, "consumer_not_allowed".to_owned()));
    assert!(answer.text().contains("worker-b") && answer.text().contains("`only`"));
    assert_eq!(vendor.request_count(), 0);
    assert_eq!(gateway.totals().by_class[4], 6);
}

#[tokio::test]
async fn anthropics_header_is_taken_too() {
    let (_vendor, gateway) = simple().await;
    let request = Request::new("POST", "/v1/chat/completions").header("x-api-key", KEY).json(&chat_body("m"));
    assert_eq!(send(&gateway, &request).await.status, 200);
}

#[tokio::test]
async fn keys_count_where_their_credential_says_and_stay_here() {
    let vendor = vendor("alpha", &[]).await;
    let mut document = document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]);
    for (name, source, key) in [("manager", KeySource::Header, "X-Gate"), ("worker-a", KeySource::Query, "gate")] {
        let credential = &mut document.consumers.get_mut(name).unwrap().credentials[0];
        credential.source = source;
        credential.key = Some(key.to_owned());
    }
    let gateway = start(&document);
    let plain = Request::new("POST", "/v1/chat/completions").json(&chat_body("m"));
    assert_eq!(send(&gateway, &chat_as(Some(KEY), "m")).await.status, 401);
    assert_eq!(send(&gateway, &plain.clone().header("x-gate", KEY)).await.status, 200);
    assert_eq!(vendor.next_request().await.header("x-gate"), None);
    let in_query = Request::new("POST", "/v1/chat/completions?a=1&gate=gw-key-of-worker-a-0123456789&b=2").json(&chat_body("m"));
    assert_eq!(send(&gateway, &in_query).await.status, 200);
    assert_eq!(vendor.next_request().await.query.as_deref(), Some("a=1&b=2"));
}

#[tokio::test]
async fn an_open_route_asks_nobody() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [open(route("default-ai-route", "alpha"))]));
    assert_eq!(send(&gateway, &chat_as(None, "m")).await.status, 200);
    assert_eq!(&*logged(&gateway, 1).await[0].consumer, "none");
}

#[tokio::test]
async fn a_provider_without_keys_gets_the_clients_key_only_if_it_is_none_of_ours() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &[])], [open(route("default-ai-route", "alpha"))]));
    send(&gateway, &chat_as(Some("sk-the-clients-own"), "m")).await;
    assert_eq!(vendor.next_request().await.header("authorization"), Some("Bearer sk-the-clients-own"));
    send(&gateway, &chat_as(Some(KEY), "m")).await;
    assert_eq!(vendor.next_request().await.header("authorization"), None);
}

/// Every way into the data plane passes the same door.
#[tokio::test]
async fn no_second_path_leads_around_the_door() {
    let (vendor, gateway) = simple().await;
    let paths = [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/responses/r1",
        "/v1/messages",
        "/v1/rerank",
        "/v1/images/generations",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/files",
        "/v1/files/f1/content",
        "/v1/batches",
        "/v1/models",
        "/v1/models/m",
        "/v1/models/a/b",
        "/v1/realtime",
        "/v1/fine_tuning/jobs",
        "/v1/moderations",
        "/v1/unknown",
        "/v1/",
        "/v1//chat/completions",
        "/v1/x/v1/chat/completions",
        "/v1/%63hat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions?model=m",
        "/v1/models?x=/v1/chat/completions",
    ];
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
        for path in paths {
            // Who is known gets the list of their own models; everything else needs the route's leave.
            let lists = matches!(method, "GET" | "HEAD") && path.contains("/v1/models");
            for (key, expected) in [(None, 401), (Some("wrong"), 401), (Some("gw-key-of-worker-b-0123456789"), 403)] {
                if lists && expected == 403 {
                    continue;
                }
                let mut request = Request::new(method, path);
                if method == "POST" {
                    request = request.json(&chat_body("m"));
                }
                if let Some(key) = key {
                    request = request.header("authorization", format!("Bearer {key}"));
                }
                let answer = send(&gateway, &request).await;
                assert_eq!(answer.status, expected, "{method} {path} with {key:?}: {}", answer.text());
            }
        }
    }
    assert_eq!(vendor.request_count(), 0);
}

#[tokio::test]
async fn a_stranger_cannot_make_us_hold_much() {
    let (_vendor, gateway) = simple().await;
    let big = json!({"model": "m", "messages": [{"role": "user", "content": "x".repeat(2 << 20)}]});
    let request = Request::new("POST", "/v1/chat/completions").header("authorization", "Bearer wrong").json(&big);
    assert_eq!(send(&gateway, &request).await.status, 401);
    assert_eq!(send(&gateway, &post("/v1/chat/completions").json(&big)).await.status, 200);
}

#[tokio::test]
async fn no_key_is_ever_told() {
    let planted: Vec<PlantedKey> = (0..2).map(|_| PlantedKey::generate("sk-")).collect();
    let vendor = vendor("alpha", &[planted[0].value()]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &[planted[0].value()])], [route("default-ai-route", "alpha")]));
    let mut told = Vec::new();
    for request in [chat("m"), stream("m"), chat_as(Some(planted[1].value()), "m"), get("/v1/models"), post("/v1/nothing")] {
        let answer = send(&gateway, &request).await;
        told.extend_from_slice(&answer.body);
        told.extend_from_slice(format!("{:?}", answer.head).as_bytes());
    }
    vendor.stop().await;
    told.extend_from_slice(&send(&gateway, &chat("m")).await.body);
    let mut metrics = String::new();
    gateway.encode_metrics(&mut metrics);
    let log = logged(&gateway, 6).await;
    let rest = format!("{metrics}{log:?}{gateway:?}{:?}{:?}", gateway.token_health(), gateway.diagnostics());
    for key in &planted {
        key.assert_absent("answers", &told);
        key.assert_absent("metrics, log and debug output", rest.as_bytes());
    }
    assert!(!rest.contains("say hello"), "a prompt is in the log");
}
