//! Clients of HTTP/2 that answer every ping and do nothing else.

use std::time::Duration;

use agm_gateway::{Gateway, Outcome, Timeouts};
use agm_simvendor::{Ending, Pacing, Vendor};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::*;

struct Client {
    sender: http2::SendRequest<Full<Bytes>>,
    connection: Aside<hyper::Result<()>>,
    uri: String,
}

impl Client {
    /// A client that takes so many bytes of an answer before it wants to be asked.
    async fn new(gateway: &Gateway, window: u32) -> Self {
        let socket = TcpStream::connect(gateway.addr()).await.unwrap();
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(window);
        let (sender, connection) = builder.handshake(TokioIo::new(socket)).await.unwrap();
        Self { sender, connection: aside(connection), uri: format!("http://{}/v1/chat/completions", gateway.addr()) }
    }

    async fn ask(&self, streaming: bool) -> Response<Incoming> {
        let mut body = chat_body("m");
        body["stream"] = streaming.into();
        let body = Full::from(serde_json::to_vec(&body).unwrap());
        let request = Request::post(&self.uri).header("authorization", format!("Bearer {KEY}")).body(body).unwrap();
        tokio::time::timeout(SOON, self.sender.clone().send_request(request)).await.expect("a head in time").unwrap()
    }
}

async fn patient_for(idle: Duration, header: Duration) -> (Vendor, Gateway) {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { idle, header, ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    (vendor, gateway)
}

/// Its connection is alive, so only the stream can tell that nobody reads it.
#[tokio::test]
async fn a_stream_that_nobody_reads_is_let_go() {
    let (vendor, gateway) = patient_for(Duration::from_millis(300), SOON).await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(60_000), gap: Duration::ZERO, frame_bytes: Some(4096), stamp: false });
    let client = Client::new(&gateway, 64 << 10).await;
    let unread = client.ask(true).await;
    let request = vendor.next_request().await;
    assert_eq!(tokio::time::timeout(SOON, request.ended()).await.expect("the vendor is let go"), Ending::Abandoned);
    let seen = logged(&gateway, 1).await;
    assert_eq!((seen[0].outcome, seen[0].status), (Outcome::LeftByClient, 200));
    until(|| gateway.in_flight().is_empty()).await;
    assert!(unread.into_body().collect().await.is_err(), "what is there of the answer ends in a reset");
    // The others on its connection are none the worse.
    vendor.update(|script| script.pacing = Pacing { frames: Some(8), gap: Duration::from_millis(80), ..Pacing::default() });
    let whole = client.ask(true).await.into_body().collect().await.unwrap().to_bytes();
    assert!(whole.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(gateway.connections(), 1);
}

/// Not even an answer of a few bytes is kept for ever.
#[tokio::test]
async fn a_small_answer_that_nobody_takes_is_let_go() {
    let (_vendor, gateway) = patient_for(Duration::from_millis(300), SOON).await;
    let client = Client::new(&gateway, 0).await;
    let unread = client.ask(false).await.into_body().collect();
    assert!(tokio::time::timeout(SOON, unread).await.expect("it ends in time").is_err());
}

#[tokio::test]
async fn an_unused_connection_is_closed() {
    let (_vendor, gateway) = patient_for(SOON, Duration::from_millis(300)).await;
    let client = Client::new(&gateway, 64 << 10).await;
    assert_eq!(client.ask(false).await.status(), 200);
    client.connection.done().await.unwrap();
    until(|| gateway.connections() == 0).await;
}

/// Who says only that it speaks HTTP/2 says nothing.
#[tokio::test]
async fn a_connection_without_a_first_request_is_closed() {
    let (_vendor, gateway) = patient_for(SOON, Duration::from_millis(200)).await;
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(SOON, socket.read_to_end(&mut rest)).await.expect("it is closed").ok();
    until(|| gateway.connections() == 0).await;
}

/// The limits on heads are those of HTTP/1.1.
#[tokio::test]
async fn heads_are_bounded_over_http2_too() {
    let (vendor, gateway) = patient_for(SOON, SOON).await;
    let client = Client::new(&gateway, 64 << 10).await;
    let asked = |headers: Vec<(String, String)>| {
        let mut request = Request::post(&client.uri).header("authorization", format!("Bearer {KEY}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = client.sender.clone().send_request(request.body(Full::from(serde_json::to_vec(&chat_body("m")).unwrap())).unwrap());
        async { sent.await.unwrap() }
    };
    let many = |count: usize| (0..count).map(|number| (format!("x-{number}"), "1".to_owned())).collect::<Vec<_>>();
    assert_eq!(asked(many(90)).await.status(), 200);
    let refused = asked(many(101)).await;
    assert_eq!(refused.status(), 431);
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["error"]["code"], "headers_too_many");
    assert_eq!(asked(vec![("x-big".to_owned(), "x".repeat(70 << 10))]).await.status(), 431);
    assert_eq!(vendor.request_count(), 1);
}

/// A request that runs keeps its connection, however long nothing else happens on it.
#[tokio::test]
async fn a_connection_in_use_stays() {
    let (vendor, gateway) = patient_for(SOON, Duration::from_millis(100)).await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(4), gap: Duration::from_millis(200), ..Pacing::default() });
    let client = Client::new(&gateway, 64 << 10).await;
    let whole = client.ask(true).await.into_body().collect().await.unwrap().to_bytes();
    assert!(whole.ends_with(b"data: [DONE]\n\n"));
}
