//! Clients and vendors that mean no good.

use agm_gateway::Settings;
use agm_simvendor::{Behaviour, On};
use agm_testkit::http::{self, Request};
use serde_json::json;

use crate::world::*;

/// An upload can be had once: sent again it would be empty under the client's length, and the next request would be taken for its body.
#[tokio::test]
async fn an_upload_does_not_fall_back() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let main = falling_back(route("default-ai-route", "one"), "two", &["4xx", "5xx"], &json!({}));
    let gateway = start(&document([provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])], [main]));
    one.push_on(On::Every, Behaviour::error(500));
    let answer = send(&gateway, &post("/v1/files").body("x".repeat(1000))).await;
    assert_eq!((answer.status, answer.header("x-vendor"), two.request_count()), (500, Some("one"), 0));
}

#[tokio::test]
async fn a_model_is_no_place_to_store_things() {
    let (vendor, gateway) = simple().await;
    let long = "m".repeat(257);
    let answer = send(&gateway, &chat(&long)).await;
    assert_eq!((answer.status, code(&answer), answer.json()["error"]["param"].as_str()), (400, "invalid_body".to_owned(), Some("model")));
    let form = format!("--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{long}\r\n--XX--\r\n");
    let upload = post("/v1/audio/transcriptions").header("content-type", "multipart/form-data; boundary=XX").body(form);
    assert_eq!(send(&gateway, &upload).await.status, 400);
    assert_eq!(vendor.request_count(), 0);
    assert!(gateway.recent_requests(0, 9).iter().all(|seen| seen.model.is_none()));
    assert_eq!(send(&gateway, &chat(&long[1..])).await.status, 200);
}

/// What strangers ask for is theirs to make up: it takes no counters from those who may ask.
#[tokio::test]
async fn strangers_take_nobodys_place_in_the_counters() {
    let vendor = vendor("alpha", &[]).await;
    let settings = Settings { workers: 1, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let addr = gateway.addr();
    let strangers: Vec<_> = (0..8)
        .map(|part| {
            aside(async move {
                for number in 0..530 {
                    let request = Request::new("POST", "/v1/chat/completions").json(&chat_body(&format!("made-up-{part}-{number}")));
                    assert_eq!(http::send(addr, &request).await.unwrap().status, 401);
                }
            })
        })
        .collect();
    for stranger in strangers {
        stranger.done().await;
    }
    for model in ["a", "b"] {
        assert_eq!(send(&gateway, &chat(model)).await.status, 200);
    }
    until(|| gateway.totals().requests == 8 * 530 + 2).await;
    let last: Vec<_> = gateway.last_seen("manager").iter().map(|last| last.model.to_string()).collect();
    assert_eq!(last, ["b", "a"]);
}

/// On an open route nobody is asked who they are.
#[tokio::test]
async fn an_open_route_counts_for_nobody_even_with_a_key() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [open(route("default-ai-route", "alpha"))]));
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    assert_eq!(&*logged(&gateway, 1).await[0].consumer, "none");
    assert!(gateway.last_seen("manager").is_empty() && gateway.last_seen("none").len() == 1);
}
