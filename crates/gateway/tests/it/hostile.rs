//! Clients and vendors that mean no good.

use agm_domain::route::ModelPredicate;
use agm_gateway::Settings;
use agm_simvendor::{Behaviour, On};
use agm_testkit::http::{self, Ending, Request};
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

/// What shows or tunnels what we send would show the provider's key.
#[tokio::test]
async fn some_methods_are_never_forwarded() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [open(route("default-ai-route", "alpha"))]));
    for target in ["TRACE /v1/chat/completions", "TRACE /v1/unknown", "CONNECT vendor.example:443"] {
        let bytes = format!("{target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = http::send_raw(gateway.addr(), bytes.as_bytes()).await.unwrap();
        assert_eq!((answer.status, code(&answer)), (405, "method_not_allowed".to_owned()), "{target}");
        assert!(answer.header("allow").is_some());
    }
    assert_eq!(vendor.request_count(), 0);
}

/// Vendor and gateway must read the same path: what may be read in two ways goes no further.
#[tokio::test]
async fn paths_that_walk_are_refused() {
    let (vendor, gateway) = simple().await;
    let walking = [
        "/v1/../admin/keys",
        "/v1/./chat/completions",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/v1/%2e%2e%2fadmin",
        "/v1/files/..",
        "/v1/..%5cadmin",
        "/v1/..;x/admin",
    ];
    for path in walking {
        let answer = send(&gateway, &post(path).json(&chat_body("m"))).await;
        assert_eq!((answer.status, code(&answer)), (400, "invalid_path".to_owned()), "{path}");
    }
    assert_eq!(vendor.request_count(), 0);
    let answer = send(&gateway, &get("/v1/some/..thing/%2Fx%20y?a=../b")).await;
    assert_ne!(answer.status, 400);
    let got = vendor.next_request().await;
    assert_eq!((got.path.as_str(), got.query.as_deref()), ("/v1/some/..thing/%2Fx%20y", Some("a=../b")));
}

/// An escaped letter is that letter: it leads around no model predicate and no mapping.
#[tokio::test]
async fn an_escaped_path_is_the_same_path() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let mut mapped = route_for("special", "two", &[ModelPredicate::equal("m")]);
    mapped.upstreams[0].model_mapping = json!({"m": "mapped"}).as_object().unwrap().clone();
    let gateway = start(&document(
        [provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])],
        [route("default-ai-route", "one"), mapped],
    ));
    let answer = send(&gateway, &post("/v1/%63hat/%63ompletions").json(&chat_body("m"))).await;
    assert_eq!((answer.status, answer.header("x-vendor")), (200, Some("two")));
    let got = two.next_request().await;
    assert_eq!((got.path.as_str(), got.model.as_deref()), ("/v1/chat/completions", Some("mapped")));
}

#[tokio::test]
async fn every_connection_line_counts() {
    let (vendor, gateway) = simple().await;
    let request = chat("m").header("connection", "x-one").header("connection", "x-two, close").header("x-one", "1").header("x-two", "2");
    assert_eq!(send(&gateway, &request).await.status, 200);
    let got = vendor.next_request().await;
    assert_eq!((got.header("x-one"), got.header("x-two"), got.header("connection")), (None, None, None));
}

/// A key of ours in a header in which some vendor expects one does not reach that vendor, nor does a login to something else.
#[tokio::test]
async fn keys_in_vendors_headers_stay_here() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &[])], [open(route("default-ai-route", "alpha"))]));
    for name in ["api-key", "x-goog-api-key", "x-authorization", "authorization", "cookie"] {
        let value = if name == "authorization" { "Basic bWU6c2VjcmV0".to_owned() } else { KEY.to_owned() };
        let request = Request::new("POST", "/v1/chat/completions").header(name, &*value).json(&chat_body("m"));
        assert_eq!(send(&gateway, &request).await.status, 200);
        let got = vendor.next_request().await;
        assert!(!format!("{:?}", got.headers).contains(&value) && got.header(name).is_none(), "{name}");
    }
}

/// Go's JSON reads `Model` as `model`; Anthropic's server reads JSON whatever its type is called.
#[tokio::test]
async fn gateway_and_vendor_read_the_same_model() {
    let (vendor, gateway) = simple().await;
    for body in ["{\"model\":\"a\",\"Model\":\"b\"}", "{\"MODEL\":\"b\"}"] {
        let answer = send(&gateway, &post("/v1/chat/completions").header("content-type", "application/json").body(body)).await;
        assert_eq!((answer.status, code(&answer)), (400, "invalid_body".to_owned()), "{body}");
    }
    let disguised = "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ncheap\r\n--XX--\r\n";
    let request = post("/v1/chat/completions").header("content-type", "multipart/form-data; boundary=XX").body(disguised);
    assert_eq!(send(&gateway, &request).await.status, 400);
    assert_eq!(vendor.request_count(), 0);
}

/// Cookies are kept by host: a vendor's would lie beside those of agm's own page, or in their place.
#[tokio::test]
async fn a_vendors_cookies_go_no_further() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nset-cookie: session=theirs\r\n\
        set-cookie: b=2\r\nset-cookie2: c=3\r\nx-kept: yes\r\nconnection: close\r\n\r\n{}";
    let (url, _vendor) = scripted(answer).await;
    let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, answer.header("x-kept")), (200, Some("yes")));
    assert_eq!((answer.header("set-cookie"), answer.header("set-cookie2")), (None, None));
}

/// A vendor that says both lengths: what is passed on has one meaning.
#[tokio::test]
async fn a_length_beside_chunks_is_not_passed_on() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n\
        6\r\n{\"a\":1\r\n1\r\n}\r\n0\r\n\r\n";
    let (url, _vendor) = scripted(answer).await;
    let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, answer.text(), answer.ending.clone()), (200, "{\"a\":1}".to_owned(), Ending::Clean), "{answer:?}");
}
