//! HTTP/2 and TLS, on both sides.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agm_gateway::Settings;
use agm_testkit::http::Ending;
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::world::*;

/// A vendor behind TLS that says which protocol it was asked by.
struct TlsVendor {
    addr: SocketAddr,
    certificate: tempfile::NamedTempFile,
    connections: Arc<AtomicUsize>,
    ended: watch::Sender<usize>,
    _running: Aside<()>,
}

impl TlsVendor {
    /// Waits until so many connections have ended.
    async fn wait_for_ended(&self, count: usize) {
        let mut ended = self.ended.subscribe();
        let wait = ended.wait_for(|ended| *ended >= count);
        tokio::time::timeout(SOON, wait).await.expect("it ends in time").unwrap();
    }
}

async fn tls_vendor(protocols: &[&[u8]]) -> TlsVendor {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(certificate.path(), made.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let ended = watch::Sender::new(0);
    let ended_here = ended.clone();
    let running = aside(async move {
        let mut serving = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(socket).await else { continue };
            let number = counter.fetch_add(1, Ordering::Relaxed);
            let ended = ended_here.clone();
            serving.spawn(async move {
                let last = Arc::new(Notify::new());
                let told = Arc::clone(&last);
                let service = service_fn(move |request: Request<Incoming>| {
                    let last = Arc::clone(&told);
                    async move {
                        if number == 0 && request.headers().contains_key("x-first-hangs") {
                            std::future::pending::<()>().await;
                        }
                        if request.headers().contains_key("x-last") {
                            last.notify_one();
                        }
                        Ok::<_, Infallible>(echo(request).await)
                    }
                });
                let mut builder = auto::Builder::new(TokioExecutor::new());
                builder.http2().max_concurrent_streams(4);
                let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
                tokio::select! {
                    _ = connection.as_mut() => {}
                    () = last.notified() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await.ok();
                    }
                }
                ended.send_modify(|ended| *ended += 1);
            });
        }
    });
    TlsVendor { addr, certificate, connections, ended, _running: running }
}

async fn echo(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let version = request.version();
    let host = request.uri().authority().map(ToString::to_string);
    let host = host.or_else(|| request.headers().get("host").map(|h| h.to_str().unwrap().to_owned())).unwrap();
    let key = request.headers()["authorization"].to_str().unwrap().to_owned();
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes().len();
    let answer = format!(
        "{{\"model\":\"m\",\"usage\":{{\"prompt_tokens\":1,\"completion_tokens\":2}},\"echo\":\"{version:?} {host} {path} {key} {body}\"}}"
    );
    Response::builder().header("content-type", "application/json").body(Full::from(answer)).unwrap()
}

async fn through_tls(protocols: &[&[u8]], expected: Version) {
    let vendor = tls_vendor(protocols).await;
    let url = format!("https://localhost:{}", vendor.addr.port());
    let settings = Settings { workers: 1, extra_ca_file: Some(vendor.certificate.path().to_owned()), ..settings() };
    let gateway = start_with(settings, &document([provider("tls", &url, &["sk-tls"])], [route("default-ai-route", "tls")]));
    let body = serde_json::to_vec(&chat_body("m")).unwrap().len();
    let wanted = format!("{expected:?} localhost:{} /v1/chat/completions Bearer sk-tls {body}", vendor.addr.port());
    for _ in 0..3 {
        let answer = send(&gateway, &chat("m")).await;
        assert_eq!((answer.status, answer.ending.clone()), (200, Ending::Clean), "{}", answer.text());
        assert_eq!(answer.json()["echo"], wanted);
    }
    assert_eq!(vendor.connections.load(Ordering::Relaxed), 1, "one connection serves them all");
    assert_eq!(logged(&gateway, 3).await[2].usage.unwrap().total, 3);
    let started = std::time::Instant::now();
    assert_eq!(gateway.shutdown(SOON).await, 0);
    assert!(started.elapsed() < SOON / 10, "a kept connection holds no stop up: {:?}", started.elapsed());
}

#[tokio::test]
async fn a_vendor_is_called_by_http2_where_it_can() {
    through_tls(&[b"h2", b"http/1.1"], Version::HTTP_2).await;
}

async fn through_http2(limits: agm_gateway::Limits, first_byte: Duration) -> (TlsVendor, agm_gateway::Gateway) {
    let vendor = tls_vendor(&[b"h2"]).await;
    let url = format!("https://localhost:{}", vendor.addr.port());
    let timeouts = agm_gateway::Timeouts { first_byte, ..agm_gateway::Timeouts::default() };
    let extra_ca_file = Some(vendor.certificate.path().to_owned());
    let settings = Settings { workers: 1, extra_ca_file, timeouts, limits, ..settings() };
    let once = never_retrying(route("default-ai-route", "tls"));
    let gateway = start_with(settings, &document([provider("tls", &url, &["sk-tls"])], [once]));
    (vendor, gateway)
}

/// A connection that does not answer is not given to the next request, and one that is full is not the only one.
#[tokio::test]
async fn a_connection_that_hangs_or_is_full_is_not_the_only_one() {
    let (vendor, gateway) = through_http2(agm_gateway::Limits::default(), Duration::from_millis(500)).await;
    let hanging = chat("m").header("x-first-hangs", "1");
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    let asked = (0..6).map(|_| send(&gateway, &hanging));
    let statuses: Vec<u16> = futures_util::future::join_all(asked).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 504).count(), 4, "as many as the first connection takes: {statuses:?}");
    assert!(vendor.connections.load(Ordering::Relaxed) >= 2);
    assert_eq!(send(&gateway, &hanging).await.status, 200);
}

/// A connection that its vendor ended is not used any more, though it never failed.
#[tokio::test]
async fn a_connection_that_the_vendor_ended_is_forgotten() {
    let (vendor, gateway) = through_http2(agm_gateway::Limits::default(), SOON).await;
    for connections in 1..=3 {
        let last = chat("m").header("x-last", "1");
        assert_eq!(send(&gateway, &last).await.status, 200);
        vendor.wait_for_ended(connections).await;
        assert_eq!(vendor.connections.load(Ordering::Relaxed), connections);
    }
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

/// A line to a vendor that goes dead: what is sent into it vanishes, and nothing comes back.
struct Line {
    addr: SocketAddr,
    dead: watch::Sender<()>,
    hung_up: mpsc::Receiver<()>,
    _running: Aside<()>,
}

/// Lays one. Those who call after it has gone dead get a new one.
async fn line_to(vendor: SocketAddr) -> Line {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (dead, going_dead) = watch::channel(());
    let (silent, hung_up) = mpsc::channel(8);
    let running = aside(async move {
        let mut lines = JoinSet::new();
        while let Ok((mut caller, _)) = listener.accept().await {
            let (mut dead, silent) = (going_dead.clone(), silent.clone());
            dead.mark_unchanged();
            lines.spawn(async move {
                let mut called = TcpStream::connect(vendor).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut caller, &mut called) => return,
                    _ = dead.changed() => {}
                }
                tokio::io::copy(&mut caller, &mut tokio::io::sink()).await.ok();
                silent.send(()).await.ok();
            });
        }
    });
    Line { addr, dead, hung_up, _running: running }
}

/// Nothing but unanswered pings tells that such a line is dead.
#[tokio::test]
async fn a_vendor_that_answers_no_pings_is_called_anew() {
    let vendor = tls_vendor(&[b"h2"]).await;
    let mut line = line_to(vendor.addr).await;
    let timeouts =
        agm_gateway::Timeouts { keep: Duration::from_millis(800), connect: Duration::from_millis(400), ..agm_gateway::Timeouts::default() };
    let extra_ca_file = Some(vendor.certificate.path().to_owned());
    let settings = Settings { workers: 1, extra_ca_file, timeouts, ..settings() };
    let url = format!("https://localhost:{}", line.addr.port());
    let once = never_retrying(route("default-ai-route", "tls"));
    let gateway = start_with(settings, &document([provider("tls", &url, &["sk-tls"])], [once]));
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    let addr = gateway.addr();
    let waiting = aside(async move { agm_testkit::http::send(addr, &chat("m").header("x-first-hangs", "1")).await });
    until(|| gateway.in_flight().get("manager") == Some(&1)).await;
    line.dead.send(()).unwrap();
    let waiting = waiting.done().await.unwrap();
    assert_eq!((waiting.status, code(&waiting)), (503, "provider_broke_off".to_owned()));
    tokio::time::timeout(SOON, line.hung_up.recv()).await.expect("the gateway hangs up").unwrap();
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    assert_eq!(vendor.connections.load(Ordering::Relaxed), 2);
}

/// HTTP/2 tells only that a request was reset; the client learns why.
#[tokio::test]
async fn a_clients_fault_is_told_over_http2_too() {
    let limits = agm_gateway::Limits { body: 10_000, ..agm_gateway::Limits::default() };
    let (_vendor, gateway) = through_http2(limits, SOON).await;
    let chunk = format!("{:x}\r\n{}\r\n", 8000, "z".repeat(8000));
    let head = format!("POST /v1/unknown HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ntransfer-encoding: chunked\r\n\r\n");
    let answer = agm_testkit::http::send_raw(gateway.addr(), format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!((answer.status, code(&answer)), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_vendor_is_called_by_http1_where_it_must() {
    through_tls(&[b"http/1.1"], Version::HTTP_11).await;
    through_tls(&[], Version::HTTP_11).await;
}

#[tokio::test]
async fn a_stranger_certificate_is_refused() {
    let vendor = tls_vendor(&[]).await;
    let url = format!("https://localhost:{}", vendor.addr.port());
    let gateway = start(&document([provider("tls", &url, &["sk-tls"])], [route("default-ai-route", "tls")]));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (503, "provider_unreachable".to_owned()));
    assert!(answer.text().contains("certificate"), "{}", answer.text());
    assert_eq!(vendor.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn clients_may_speak_http2() {
    let (vendor, gateway) = simple().await;
    let socket = TcpStream::connect(gateway.addr()).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    let connection = aside(connection);
    let ask = |body: Vec<u8>| {
        let mut sender = sender.clone();
        let uri = format!("http://{}/v1/chat/completions", gateway.addr());
        let request = Request::post(uri).header("authorization", format!("Bearer {KEY}")).body(Full::<Bytes>::from(body)).unwrap();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            (answer.status().as_u16(), answer.into_body().collect().await.map(|b| b.to_bytes().len()))
        }
    };
    let asked: Vec<_> = (0..20).map(|_| ask(serde_json::to_vec(&chat_body("m")).unwrap())).collect();
    for (status, body) in futures_util::future::join_all(asked).await {
        assert!(status == 200 && body.is_ok_and(|length| length > 0));
    }
    let mut streaming = chat_body("m");
    streaming["stream"] = true.into();
    vendor.push(agm_simvendor::Behaviour::CutStream { after_frames: 1 });
    let (status, body) = ask(serde_json::to_vec(&streaming).unwrap()).await;
    assert!(status == 200 && body.is_err(), "a cut stream is reset");
    assert_eq!(ask(b"{".to_vec()).await.0, 400);
    assert_eq!(gateway.connections(), 1);
    gateway.shutdown(SOON).await;
    connection.done().await.ok();
}
