//! Start, change, stop.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agm_domain::name::ProviderName;
use agm_domain::route::ModelPredicate;
use agm_gateway::{Gateway, Page, PageBody, Settings, StartError, system_clock};
use agm_simvendor::{Behaviour, Pacing};
use agm_testkit::http::{self, Ending, Request};
use agm_testkit::sse::SseStream;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::*;

#[tokio::test]
async fn a_change_is_live_at_once_and_leaves_running_requests_alone() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let providers = [provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])];
    let gateway = start(&document(providers.clone(), [route("default-ai-route", "one")]));
    one.update(|script| script.pacing = Pacing { frames: Some(30), gap: Duration::from_millis(20), ..Pacing::default() });
    let mut running = SseStream::open(gateway.addr(), &stream("m")).await.unwrap();
    assert!(running.next_frame().await.is_some());
    let before = Instant::now();
    assert_eq!(gateway.apply(&document(providers, [route("default-ai-route", "two")])), []);
    assert!(before.elapsed() < Duration::from_millis(50));
    assert_eq!(send(&gateway, &chat("m")).await.header("x-vendor"), Some("two"));
    let transcript = running.finish().await;
    assert!(transcript.saw_done() && transcript.ending == Ending::Clean);
}

#[tokio::test]
async fn a_disabled_target_gets_nothing_more() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let providers = [provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])];
    let gateway = start(&document(providers.clone(), [route("default-ai-route", "one")]));
    let addr = gateway.addr();
    let applied = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..8)
        .map(|_| {
            let applied = Arc::clone(&applied);
            aside(async move {
                for _ in 0..40 {
                    // What begins after the change says so.
                    let model = if applied.load(Ordering::SeqCst) { "after" } else { "before" };
                    assert_eq!(http::send(addr, &chat(model)).await.unwrap().status, 200);
                }
            })
        })
        .collect();
    one.wait_for_count(20).await;
    gateway.apply(&document(providers, [route("default-ai-route", "two")]));
    applied.store(true, Ordering::SeqCst);
    for task in load {
        task.done().await;
    }
    let after = |vendor: &agm_simvendor::Vendor| vendor.requests().iter().filter(|r| r.model.as_deref() == Some("after")).count();
    assert_eq!(after(&one), 0);
    assert!(after(&two) > 0);
    assert_eq!(one.request_count() + two.request_count(), 320);
}

/// Under load too, an answer is whole or there is none.
#[tokio::test]
async fn a_restart_under_load_cuts_nobody() {
    let (vendor, gateway) = simple().await;
    let addr = gateway.addr();
    let stopped = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..8)
        .map(|_| {
            let stopped = Arc::clone(&stopped);
            aside(async move {
                let mut whole = 0;
                while !stopped.load(Ordering::SeqCst) {
                    // No answer at all is a refused connection: the gateway is not there.
                    if let Ok(answer) = http::send(addr, &stream("m")).await {
                        assert_eq!((answer.status, &answer.ending), (200, &Ending::Clean), "{answer:?}");
                        whole += 1;
                    }
                }
                whole
            })
        })
        .collect();
    vendor.wait_for_count(100).await;
    assert_eq!(gateway.shutdown(SOON).await, 0);
    let document = document([provider("alpha", &vendor.url(), &["sk-alpha-0123456789abcdef"])], [route("default-ai-route", "alpha")]);
    let again = Gateway::start(settings(), addr, &document, system_clock()).unwrap();
    until(|| again.totals().by_class[2] >= 50).await;
    stopped.store(true, Ordering::SeqCst);
    let mut whole = 0;
    for task in load {
        whole += task.done().await;
    }
    assert!(whole >= 150, "{whole}");
}

/// In Higress one invalid provider stops every route (higress #3755).
#[tokio::test]
async fn a_bad_provider_or_route_harms_nobody_else() {
    let vendor = vendor("alpha", &[]).await;
    let mut bad = provider("bad", "http://127.0.0.1:1", &[]);
    bad.kind = "no-such-type".to_owned();
    let mut keyless = provider("keyless", "http://127.0.0.1:1", &[]);
    keyless.kind = "qwen".to_owned();
    let mut broken = route_for("broken", "alpha", &[ModelPredicate::equal("x")]);
    broken.upstreams.clear();
    let document = document(
        [provider("alpha", &vendor.url(), &["k"]), bad, keyless],
        [route("default-ai-route", "alpha"), route_for("to-bad", "bad", &[ModelPredicate::equal("b")]), broken],
    );
    let gateway = Gateway::start(settings(), SocketAddr::from(([127, 0, 0, 1], 0)), &document, system_clock()).unwrap();
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    assert_eq!(send(&gateway, &chat("b")).await.status, 503);
    let found = format!("{:?}", gateway.diagnostics());
    assert!(found.contains("/providers/bad") && found.contains("broken"), "{found}");
    assert_eq!(gateway.apply(&document), gateway.diagnostics());
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once_and_frees_its_port() {
    let (_vendor, gateway) = simple().await;
    let addr = gateway.addr();
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    let idle = tokio::net::TcpStream::connect(addr).await.unwrap();
    until(|| gateway.connections() == 1).await;
    let started = Instant::now();
    assert_eq!(gateway.shutdown(SOON).await, 0);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    drop(idle);
    let document = document([], []);
    let again = Gateway::start(settings(), addr, &document, system_clock()).unwrap();
    assert_eq!(again.addr(), addr);
}

#[tokio::test]
async fn a_stop_waits_for_running_requests_but_takes_no_new_ones() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(20), gap: Duration::from_millis(20), ..Pacing::default() });
    let addr = gateway.addr();
    let mut running = SseStream::open(addr, &stream("m")).await.unwrap();
    assert!(running.next_frame().await.is_some());
    let (cut, transcript, refused) = tokio::join!(gateway.shutdown(SOON), running.finish(), async {
        loop {
            if tokio::net::TcpStream::connect(addr).await.is_err() {
                break true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert_eq!((cut, refused), (0, true));
    assert!(transcript.saw_done() && transcript.ending == Ending::Clean);
}

#[tokio::test]
async fn the_last_requests_are_told_too() {
    let (vendor, gateway) = simple().await;
    let mut events = gateway.subscribe();
    vendor.update(|script| script.pacing = Pacing { frames: Some(5), gap: Duration::from_millis(20), ..Pacing::default() });
    let mut running = SseStream::open(gateway.addr(), &stream("m")).await.unwrap();
    assert!(running.next_frame().await.is_some());
    let (cut, transcript) = tokio::join!(gateway.shutdown(SOON), running.finish());
    assert!(cut == 0 && transcript.saw_done());
    assert_eq!(events.try_recv().unwrap().model.as_deref(), Some("m"));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::Hang);
    let addr = gateway.addr();
    let hanging = aside(async move { http::send(addr, &chat("m")).await });
    vendor.wait_for_count(1).await;
    let started = Instant::now();
    assert_eq!(gateway.shutdown(Duration::from_millis(200)).await, 1);
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(hanging.done().await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let (_vendor, gateway) = simple().await;
    let error = Gateway::start(settings(), gateway.addr(), &document([], []), system_clock()).unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert!(error.to_string().contains(&gateway.addr().to_string()));
    let settings = Settings { extra_ca_file: Some("/does/not/exist.pem".into()), ..settings() };
    let error = Gateway::start(settings, SocketAddr::from(([127, 0, 0, 1], 0)), &document([], []), system_clock()).unwrap_err();
    assert!(matches!(error, StartError::CaFile { .. }), "{error}");
}

fn page() -> Page {
    Page::new(|request| async move {
        let path = request.uri().path().to_owned();
        assert!(!path.ends_with("/panic"), "a page that fails");
        let body: PageBody = Full::new(Bytes::from(format!("page {path}"))).map_err(|never| match never {}).boxed_unsync();
        ::http::Response::new(body)
    })
}

#[tokio::test]
async fn the_page_answers_under_its_path_and_on_its_hosts() {
    let vendor = vendor("alpha", &[]).await;
    let settings = Settings { page: Some(page()), page_hosts: BTreeSet::from(["manager-local.hiclaw.io".to_owned()]), ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    for path in ["/agm", "/agm/", "/agm/x/y?z"] {
        let answer = send(&gateway, &Request::new("GET", path)).await;
        assert_eq!((answer.status, answer.text()), (200, format!("page {}", path.split('?').next().unwrap())));
    }
    let own = Request::new("GET", "/v1/models").header("host", "Manager-Local.HiClaw.io:8080");
    assert_eq!(send(&gateway, &own).await.text(), "page /v1/models");
    for path in ["/agmx", "/", "/x/agm/"] {
        assert_eq!(send(&gateway, &Request::new("GET", path)).await.status, 404, "{path}");
    }
    assert_eq!(gateway.totals().requests, 3, "the page's own requests are not traffic");
}

/// Whoever has been let in is answered, stop or no stop.
#[tokio::test]
async fn a_stop_answers_those_who_have_asked() {
    let vendor = vendor("alpha", &[]).await;
    let (entered, is_entered) = std::sync::mpsc::sync_channel(1);
    let (go_on, may_go_on) = std::sync::mpsc::sync_channel::<()>(1);
    let gate = std::sync::Mutex::new((entered, may_go_on));
    // A page that holds the only worker up, so that connections wait for it.
    let page = Page::new(move |_| {
        let gate = gate.lock().unwrap();
        gate.0.send(()).unwrap();
        gate.1.recv().unwrap();
        let body: PageBody = Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync();
        std::future::ready(::http::Response::new(body))
    });
    let settings = Settings { workers: 1, page: Some(page), ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    let addr = gateway.addr();
    let held = aside(async move { http::send(addr, &Request::new("GET", "/agm/")).await });
    until(|| is_entered.try_recv().is_ok()).await;
    let mut asked = Vec::new();
    for _ in 0..20 {
        let mut socket = tokio::net::TcpStream::connect(addr).await.unwrap();
        socket.write_all(&chat("m").to_bytes("x")).await.unwrap();
        asked.push(socket);
    }
    let mut stop = std::pin::pin!(gateway.shutdown(SOON));
    assert!(futures_util::poll!(stop.as_mut()).is_pending());
    go_on.send(()).unwrap();
    let answers = async {
        for mut socket in asked {
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        }
    };
    let (cut, ()) = tokio::join!(stop, answers);
    assert_eq!((cut, held.done().await.unwrap().status), (0, 200));
}

#[tokio::test]
async fn a_page_knows_who_asks() {
    let page = Page::new(|request| async move {
        let peer = request.extensions().get::<SocketAddr>().map(ToString::to_string).unwrap_or_default();
        let body: PageBody = Full::new(Bytes::from(peer)).map_err(|never| match never {}).boxed_unsync();
        ::http::Response::new(body)
    });
    let gateway = start_with(Settings { page: Some(page), ..settings() }, &document([], []));
    let mut socket = tokio::net::TcpStream::connect(gateway.addr()).await.unwrap();
    socket.write_all(&Request::new("GET", "/agm/").to_bytes("x")).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(&socket.local_addr().unwrap().to_string()), "{answer}");
}

#[tokio::test]
async fn without_a_page_its_path_is_like_any_other() {
    let (_vendor, gateway) = simple().await;
    assert_eq!(send(&gateway, &Request::new("GET", "/agm/")).await.status, 404);
}

/// A failure of ours on one request is one request's failure.
#[tokio::test]
async fn a_panic_takes_nobody_down() {
    let vendor = vendor("alpha", &[]).await;
    let settings = Settings { workers: 1, page: Some(page()), ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    vendor.update(|script| script.pacing = Pacing { frames: Some(10), gap: Duration::from_millis(20), ..Pacing::default() });
    let mut running = SseStream::open(gateway.addr(), &stream("m")).await.unwrap();
    assert!(running.next_frame().await.is_some());
    let answer = send(&gateway, &Request::new("GET", "/agm/panic")).await;
    assert_eq!((answer.status, code(&answer)), (500, "internal_error".to_owned()));
    assert!(running.finish().await.saw_done());
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    let mut metrics = String::new();
    gateway.encode_metrics(&mut metrics);
    assert!(metrics.contains("agm_gateway_panics_total 1\n"));
}

#[tokio::test]
async fn it_starts_fast_and_without_anybody_there() {
    // Bound and not listening: the port is ours and refuses.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let url = format!("https://{}", nobody.local_addr().unwrap());
    let document = document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]);
    let started = Instant::now();
    let gateway = start(&document);
    assert_eq!(send(&gateway, &get("/v1/models")).await.status, 200);
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (503, "provider_unreachable".to_owned()));
}

#[tokio::test]
async fn readers_of_events_get_them_all() {
    let (_vendor, gateway) = simple().await;
    send(&gateway, &chat("before")).await;
    logged(&gateway, 1).await;
    let mut events = gateway.subscribe();
    for model in ["a", "b", "c"] {
        send(&gateway, &chat(model)).await;
    }
    for model in ["a", "b", "c"] {
        let seen = tokio::time::timeout(SOON, events.recv()).await.unwrap().unwrap();
        assert_eq!(seen.model.as_deref(), Some(model));
    }
    let provider = ProviderName::from("alpha");
    assert_eq!(gateway.token_health()[0].provider, provider);
}
