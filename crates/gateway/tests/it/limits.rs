//! Bad input, and what is too much of it.

use std::time::{Duration, Instant};

use agm_gateway::{Limits, Timeouts};
use agm_simvendor::Behaviour;
use agm_testkit::http::{self, Request};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::*;

async fn raw(gateway: &agm_gateway::Gateway, bytes: &[u8]) -> u16 {
    tokio::time::timeout(SOON, http::send_raw(gateway.addr(), bytes)).await.unwrap().map_or(0, |answer| answer.status)
}

#[tokio::test]
async fn bodies_that_cannot_be_read_for_sure_are_refused() {
    let (vendor, gateway) = simple().await;
    let cases: [(&[u8], &str); 9] = [
        (b"{\"model\":\"a\",\"model\":\"b\"}", "duplicate"),
        (b"{\"model\":\"a\",\"m\\u006fdel\":\"b\"}", "duplicate"),
        (b"{\"stream\":true,\"stream\":false}", "duplicate"),
        (b"{\"model\":1}", "must be a string"),
        (b"{\"model\":\"\xff\xfe\"}", "UTF-8"),
        (b"{\"model\":\"a\"", "EOF"),
        (b"[1,2]", "begin with"),
        (b"model=a", "begin with"),
        (b"\xef\xbb\xbf{}", "begin with"),
    ];
    for (body, why) in cases {
        let answer = send(&gateway, &post("/v1/chat/completions").header("content-type", "application/json").body(body)).await;
        assert_eq!((answer.status, code(&answer)), (400, "invalid_body".to_owned()), "{why}");
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    }
    assert_eq!(vendor.request_count(), 0);
    assert_eq!(gateway.totals().requests, 9);
}

#[tokio::test]
async fn malformed_requests_get_a_clear_status_and_harm_nobody() {
    let (vendor, gateway) = simple().await;
    let auth = format!("authorization: Bearer {KEY}\r\n");
    assert_eq!(raw(&gateway, b"NOT HTTP AT ALL\r\n\r\n").await, 400);
    assert_eq!(raw(&gateway, b"GET /v1/models HTTP/1.1\r\nbad header\r\n\r\n").await, 400);
    assert_eq!(raw(&gateway, b"GET /v1/models HTTP/9.9\r\n\r\n").await, 400);
    let two_lengths = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{auth}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}");
    assert_eq!(raw(&gateway, two_lengths.as_bytes()).await, 400);
    let huge = format!("GET /v1/models HTTP/1.1\r\nhost: x\r\nx-big: {}\r\n\r\n", "x".repeat(70 << 10));
    assert_eq!(raw(&gateway, huge.as_bytes()).await, 431);
    let many = format!("GET /v1/models HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-a: 1\r\n".repeat(200));
    assert_eq!(raw(&gateway, many.as_bytes()).await, 431);
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70 << 10));
    assert!([414, 431].contains(&raw(&gateway, long.as_bytes()).await));
    let smuggle = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{auth}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n"
    );
    assert_eq!(vendor.request_count(), 0);
    raw(&gateway, smuggle.as_bytes()).await;
    let sent = vendor.next_request().await;
    assert!(sent.body.is_empty() && sent.header("content-length").is_none_or(|length| length == "0"), "the chunks count, not the length");
    assert_eq!(vendor.request_count(), 1);
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

#[tokio::test]
async fn a_larger_head_may_be_allowed() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { header_bytes: 256 << 10, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    assert_eq!(send(&gateway, &get("/v1/models").header("x-big", "x".repeat(150 << 10))).await.status, 200);
    assert_eq!(send(&gateway, &get("/v1/models").header("x-big", "x".repeat(300 << 10))).await.status, 431);
}

#[tokio::test]
async fn long_bodies_are_refused_whether_announced_or_not() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { body: 10_000, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let big = json!({"model": "m", "x": "y".repeat(20_000)});
    let answer = send(&gateway, &post("/v1/chat/completions").json(&big)).await;
    assert_eq!((answer.status, code(&answer)), (413, "body_too_large".to_owned()));
    let chunk = format!("{:x}\r\n{}\r\n", 8000, "z".repeat(8000));
    for path in ["/v1/chat/completions", "/v1/unknown"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ntransfer-encoding: chunked\r\n\r\n");
        let status = raw(&gateway, format!("{head}{chunk}{chunk}{chunk}0\r\n\r\n").as_bytes()).await;
        assert_eq!(status, 413, "{path}");
    }
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

/// The time in which a client sends its body is not the provider's.
#[tokio::test]
async fn a_slow_upload_is_no_slow_provider() {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { first_byte: Duration::from_millis(200), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    let head =
        format!("POST /v1/unknown HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\ncontent-length: 6\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..6 {
        socket.write_all(b"x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn slow_clients_are_let_go() {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { header: Duration::from_millis(150), body: Duration::from_millis(150), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    for beginning in ["", "P", "PRI * HT", "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"] {
        let started = Instant::now();
        let mut stream = TcpStream::connect(gateway.addr()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.expect("it is closed").ok();
        assert!(started.elapsed() < Duration::from_secs(3), "{beginning:?}");
    }
    let half = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: 100\r\n\r\n{{");
    let answer = http::send_raw(gateway.addr(), half.as_bytes()).await.unwrap();
    assert_eq!((answer.status, code(&answer)), (408, "body_timeout".to_owned()));
    until(|| gateway.connections() == 0).await;
}

#[tokio::test]
async fn a_consumer_has_so_many_requests_at_a_time() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { requests_per_consumer: 2, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    vendor.push(Behaviour::Hang);
    vendor.push(Behaviour::Hang);
    let addr = gateway.addr();
    let hanging: Vec<_> = (0..2).map(|_| aside(async move { http::send(addr, &chat("m")).await })).collect();
    vendor.wait_for_count(2).await;
    assert_eq!(gateway.in_flight().get("manager"), Some(&2));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (429, "too_many_requests".to_owned()));
    assert!(answer.header("retry-after").is_some());
    let other = Request::new("POST", "/v1/chat/completions").header("x-api-key", "gw-key-of-worker-a-0123456789").json(&chat_body("m"));
    assert_eq!(send(&gateway, &other).await.status, 200);
    drop(hanging);
    until(|| gateway.in_flight().is_empty()).await;
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

/// One who sends many bodies slowly is one who asks much at a time.
#[tokio::test]
async fn a_body_on_its_way_counts() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { requests_per_consumer: 1, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let mut slow = TcpStream::connect(gateway.addr()).await.unwrap();
    let half = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: 100\r\n\r\n{{");
    slow.write_all(half.as_bytes()).await.unwrap();
    until(|| gateway.in_flight().get("manager") == Some(&1)).await;
    assert_eq!(send(&gateway, &chat("m")).await.status, 429);
    drop(slow);
    until(|| gateway.in_flight().is_empty()).await;
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

#[tokio::test]
async fn all_bodies_together_are_bounded() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { body: 200_000, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: 200000\r\n\r\n");
    let almost = [head.into_bytes(), vec![b' '; 199_990]].concat();
    let open = async || {
        let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
        socket.write_all(&almost).await.unwrap();
        socket
    };
    // Ten fit, whichever they are.
    let mut slow = Vec::new();
    for _ in 0..11 {
        slow.push(open().await);
    }
    let refused = logged(&gateway, 1).await;
    assert_eq!((refused.len(), refused[0].status, refused[0].outcome), (1, 503, agm_gateway::Outcome::Refused("gateway_busy")));
    drop(slow);
    until(|| gateway.in_flight().is_empty()).await;
    let big = json!({"model": "m", "messages": [{"role": "user", "content": "y".repeat(150_000)}]});
    assert_eq!(send(&gateway, &post("/v1/chat/completions").json(&big)).await.status, 200);
}

/// A client that takes nothing of its answer holds neither its connection nor the vendor's for ever.
#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { idle: Duration::from_millis(300), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    vendor.push(Behaviour::HugeBody { bytes: 400 << 20 });
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    socket.write_all(&chat("m").to_bytes("x")).await.unwrap();
    let seen = logged(&gateway, 1).await;
    assert_eq!(seen[0].outcome, agm_gateway::Outcome::LeftByClient);
    until(|| gateway.connections() == 0).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let vendor = vendor("alpha", &[]).await;
    let settings = agm_gateway::Settings { limits: Limits { connections: 2, ..Limits::default() }, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let idle = [TcpStream::connect(gateway.addr()).await.unwrap(), TcpStream::connect(gateway.addr()).await.unwrap()];
    until(|| gateway.connections() == 2).await;
    let mut waiting = TcpStream::connect(gateway.addr()).await.unwrap();
    waiting.write_all(&chat("m").to_bytes("x")).await.unwrap();
    let mut first = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(300), waiting.read(&mut first)).await;
    assert!(early.is_err() && gateway.connections() == 2, "it is answered beside two others: {early:?}");
    drop(idle);
    tokio::time::timeout(SOON, waiting.read_exact(&mut first)).await.unwrap().unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn websockets_are_refused_clearly() {
    let (vendor, gateway) = simple().await;
    // However it is asked for; with a key and without.
    for upgrade in ["websocket", "WebSocket", "h2c, websocket", "foo/2,websocket/13"] {
        for request in [get("/v1/realtime?model=m"), Request::new("GET", "/v1/realtime")] {
            let answer = send(&gateway, &request.header("upgrade", upgrade).header("connection", "upgrade")).await;
            assert_eq!((answer.status, code(&answer)), (400, "websocket_unsupported".to_owned()), "{upgrade}");
            let error = &answer.json()["error"];
            assert_eq!((error["type"].as_str(), error["param"].as_str()), (Some("invalid_request_error"), None));
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("/v1/chat/completions") && message.contains("directly"), "it says what to do: {message}");
        }
    }
    assert_eq!(vendor.request_count(), 0);
    assert_eq!(
        send(&gateway, &get("/v1/realtime").header("upgrade", "h2c").header("connection", "upgrade")).await.header("x-vendor"),
        Some("alpha")
    );
}
