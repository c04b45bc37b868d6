//! What happens when a vendor fails: retries, other keys, other providers; always before the client has seen anything.

use std::collections::BTreeSet;
use std::time::Duration;

use agm_domain::provider::{Provider, TokenFailoverConfig};
use agm_gateway::{Gateway, Timeouts};
use agm_simvendor::{Behaviour, Flavour, On, Script, Vendor};
use agm_testkit::chaos::{ChaosProxy, Cut, Faults, How, Side};
use agm_testkit::http::{self, Ending, Request};
use serde_json::json;

use crate::world::*;

const FIRST: &str = "sk-first-0123456789abcdef";
const SECOND: &str = "sk-second-0123456789abcdef";

fn with_failover(mut provider: Provider, threshold: u32, interval_ms: u64) -> Provider {
    provider.token_failover_config = Some(TokenFailoverConfig {
        enabled: Some(true),
        failure_threshold: Some(threshold),
        success_threshold: Some(1),
        health_check_interval: Some(interval_ms),
        health_check_timeout: Some(2000),
        health_check_model: Some("check-model".to_owned()),
        rest: serde_json::Map::new(),
    });
    provider
}

#[tokio::test]
async fn a_failing_vendor_is_tried_again() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::error(500));
    vendor.push(Behaviour::CutBeforeHeaders);
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, vendor.request_count()), (200, 3));
    assert_eq!(logged(&gateway, 1).await[0].attempts, 3);
    // The vendor's last word is passed on.
    vendor.update(|script| script.standing.push(agm_simvendor::Step { on: On::Every, behaviour: Behaviour::error(503) }));
    let answer = send(&gateway, &stream("m")).await;
    assert_eq!((answer.status, answer.header("x-vendor")), (503, Some("alpha")));
    assert_eq!(vendor.request_count(), 3 + 4, "once, and three times again");
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::error(400));
    assert_eq!(send(&gateway, &chat("m")).await.status, 400);
    assert_eq!(vendor.request_count(), 1);
}

#[tokio::test]
async fn a_chat_is_sent_once_where_the_route_says_so() {
    let vendor = vendor("alpha", &[]).await;
    for route in
        [never_retrying(route("default-ai-route", "alpha")), retrying(route("default-ai-route", "alpha"), true, 3, &["error", "timeout"])]
    {
        let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [route]));
        let before = vendor.request_count();
        vendor.push(Behaviour::CutBeforeHeaders);
        let answer = send(&gateway, &chat("m")).await;
        assert_eq!((answer.status, code(&answer)), (503, "provider_broke_off".to_owned()));
        assert!(answer.text().contains("alpha") && answer.text().contains("default-ai-route"));
        assert_eq!(vendor.request_count(), before + 1);
    }
}

#[tokio::test]
async fn time_outs_are_504_and_name_the_provider() {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { first_byte: Duration::from_millis(200), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway =
        start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [never_retrying(route("default-ai-route", "alpha"))]));
    vendor.push(Behaviour::Hang);
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (504, "provider_timeout".to_owned()));
    assert!(answer.text().contains("alpha"));
}

#[tokio::test]
async fn nobody_listening_is_503() {
    let gone = vendor("alpha", &[]).await;
    let url = gone.url();
    gone.stop().await;
    let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (503, "provider_unreachable".to_owned()));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_502() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let liar = aside(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(socket.read(&mut request).await.unwrap() > 0);
            socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await.ok();
        }
    });
    let gateway = start(&document([provider("alpha", &url, &["k"])], [never_retrying(route("default-ai-route", "alpha"))]));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (502, "provider_not_http".to_owned()));
    drop(liar);
}

/// A vendor closes idle connections whenever it likes; a request that meets one is sent on a new one.
#[tokio::test]
async fn a_stale_connection_is_replaced() {
    let vendor = vendor("alpha", &[]).await;
    let proxy = ChaosProxy::start(vendor.addr()).await.unwrap();
    let gateway = start_with(
        agm_gateway::Settings { workers: 1, ..settings() },
        &document([provider("alpha", &proxy.url(), &["k"])], [never_retrying(route("default-ai-route", "alpha"))]),
    );
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    for round in 1..4 {
        assert_eq!(proxy.accepted(), round, "the connection was kept");
        proxy.cut_all();
        assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    }
    assert_eq!(vendor.request_count(), 4);
    proxy.stop().await;
}

#[tokio::test]
async fn connections_are_used_again() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start_with(
        agm_gateway::Settings { workers: 1, ..settings() },
        &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]),
    );
    for _ in 0..5 {
        send(&gateway, &chat("m")).await;
        send(&gateway, &stream("m")).await;
    }
    assert_eq!(vendor.accepted_connections(), 1);
}

#[tokio::test]
async fn a_fallback_takes_over_on_its_class_of_status() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let main = |codes: &[&str]| falling_back(never_retrying(route("default-ai-route", "one")), "two", codes, &json!({"*": "spare-model"}));
    let providers = [provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])];
    let gateway = start(&document(providers.clone(), [main(&["4xx", "5xx"])]));
    for (behaviour, request) in [
        (Behaviour::error(500), chat("m")),
        (Behaviour::error(429), stream("m")),
        (Behaviour::CutBeforeHeaders, stream("m")),
        (Behaviour::error(401), chat("m")),
    ] {
        one.push(behaviour);
        let answer = send(&gateway, &request).await;
        assert_eq!((answer.status, answer.header("x-vendor"), &answer.ending), (200, Some("two"), &Ending::Clean));
        assert_eq!(answer.header("x-higress-fallback-from"), Some("ai-route-default-ai-route.internal"));
        // The mapping starts from what the client asked for.
        assert_eq!(two.next_request().await.model.as_deref(), Some("spare-model"));
    }
    let seen = logged(&gateway, 4).await;
    assert!(seen.iter().all(|s| s.fallback && s.attempts == 2 && s.provider.as_deref() == Some("two")));
    // Nothing is replaced that is well.
    assert_eq!(send(&gateway, &chat("m")).await.header("x-higress-fallback-from"), None);
    // A class that is not named is passed on.
    gateway.apply(&document(providers, [main(&["5xx"])]));
    one.push(Behaviour::error(400));
    assert_eq!(send(&gateway, &chat("m")).await.status, 400);
    // Both down: the fallback's own status, marked.
    one.push(Behaviour::error(500));
    two.push(Behaviour::error(418));
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, answer.header("x-higress-fallback-from").is_some()), (418, true));
}

/// Peers skip the fallback for streams; before the first byte a stream is like any other request.
#[tokio::test]
async fn a_fallback_takes_over_streams_that_do_not_begin() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let main = falling_back(never_retrying(route("default-ai-route", "one")), "two", &["5xx"], &json!({}));
    let timeouts = Timeouts { first_byte: Duration::from_millis(300), connect: Duration::from_millis(300), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let url = one.url();
    let gateway = start_with(settings, &document([provider("one", &url, &["k1"]), provider("two", &two.url(), &["k2"])], [main]));
    one.push(Behaviour::Hang);
    assert_eq!(send(&gateway, &stream("m")).await.header("x-vendor"), Some("two"));
    // Once it has begun, nothing is tried again: the client sees the break.
    one.push(Behaviour::CutStream { after_frames: 1 });
    let answer = send(&gateway, &stream("m")).await;
    assert_eq!(answer.header("x-vendor"), Some("one"));
    assert!(matches!(answer.ending, Ending::Broken(_)));
    one.stop().await;
    assert_eq!(send(&gateway, &stream("m")).await.header("x-vendor"), Some("two"));
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_503_and_falls_back() {
    let two = vendor("two", &[]).await;
    let providers = [provider("two", &two.url(), &["k2"])];
    let gateway = Gateway::start(
        settings(),
        std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        &document(providers.clone(), [route("default-ai-route", "gone")]),
        agm_gateway::system_clock(),
    )
    .unwrap();
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, code(&answer)), (503, "provider_unusable".to_owned()));
    gateway.apply(&document(providers, [falling_back(route("default-ai-route", "gone"), "two", &["5xx"], &json!({}))]));
    assert_eq!(send(&gateway, &chat("m")).await.header("x-vendor"), Some("two"));
}

#[tokio::test]
async fn a_failed_request_is_sent_once_more_with_another_key() {
    let vendor = Vendor::start(Script::new("alpha", Flavour::OpenAi).keys([SECOND])).await.unwrap();
    let failing = with_failover(provider("alpha", &vendor.url(), &[FIRST, SECOND]), 100, 60_000);
    let gateway = start(&document([failing], [never_retrying(route("default-ai-route", "alpha"))]));
    for _ in 0..8 {
        assert_eq!(send(&gateway, &chat("m")).await.status, 200, "the good key is tried after the bad one");
    }
    assert!(vendor.request_count() <= 16);
}

/// A key that fails goes out, is checked with itself, and comes back (new-api PR #7071: the check used other keys and never recovered).
#[tokio::test]
async fn a_failing_key_goes_out_and_comes_back() {
    let vendor = Vendor::start(Script::new("alpha", Flavour::OpenAi).keys([SECOND])).await.unwrap();
    let failing = with_failover(provider("alpha", &vendor.url(), &[FIRST, SECOND]), 1, 50);
    let gateway = start(&document([failing], [never_retrying(route("default-ai-route", "alpha"))]));
    while gateway.token_health()[0].out.is_none() {
        assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    }
    let health = &gateway.token_health()[0];
    assert_eq!((health.out.as_ref().unwrap().status, health.mask.as_str()), (401, "sk-…cdef"));
    let before = vendor.requests().len();
    for _ in 0..10 {
        assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    }
    let with_first =
        vendor.requests().iter().skip(before).filter(|r| r.key.as_deref() == Some(FIRST) && r.model.as_deref() == Some("m")).count();
    assert_eq!(with_first, 0, "a key that is out is not used");
    vendor.update(|script| script.keys.push(FIRST.to_owned()));
    until(|| gateway.token_health()[0].out.is_none()).await;
    let checks: Vec<_> = vendor.requests().iter().filter(|r| r.model.as_deref() == Some("check-model")).cloned().collect();
    assert!(!checks.is_empty() && checks.iter().all(|r| r.key.as_deref() == Some(FIRST)), "the check uses the key that is out");
    assert!(gateway.recent_requests(0, 999).iter().all(|s| s.model.as_deref() == Some("m")), "checks are not traffic");
}

/// A check goes where the provider is now, not where it was before the wait.
#[tokio::test]
async fn a_check_follows_the_configuration() {
    let one = Vendor::start(Script::new("one", Flavour::OpenAi).keys(["other"])).await.unwrap();
    let two = vendor("two", &[]).await;
    let at = |url: &str| {
        let failing = with_failover(provider("alpha", url, &[FIRST]), 1, 400);
        document([failing], [never_retrying(route("default-ai-route", "alpha"))])
    };
    let gateway = start(&at(&one.url()));
    assert_eq!(send(&gateway, &chat("m")).await.status, 401);
    gateway.apply(&at(&two.url()));
    assert!(gateway.token_health()[0].out.is_some());
    assert_eq!(two.next_request().await.model.as_deref(), Some("check-model"));
    until(|| gateway.token_health()[0].out.is_none()).await;
    assert_eq!(one.request_count(), 1);
}

#[tokio::test]
async fn all_keys_out_is_not_the_end() {
    let vendor = Vendor::start(Script::new("alpha", Flavour::OpenAi).keys(["neither"])).await.unwrap();
    let failing = with_failover(provider("alpha", &vendor.url(), &[FIRST, SECOND]), 1, 50);
    let gateway = start(&document([failing], [never_retrying(route("default-ai-route", "alpha"))]));
    let out = || gateway.token_health().iter().filter(|t| t.out.is_some()).count();
    while out() < 2 {
        assert_eq!(send(&gateway, &chat("m")).await.status, 401, "the vendor's word is passed on");
    }
    // Applying the same configuration again forgets nothing.
    let failing = with_failover(provider("alpha", &vendor.url(), &[FIRST, SECOND]), 1, 50);
    gateway.apply(&document([failing], [never_retrying(route("default-ai-route", "alpha"))]));
    assert_eq!(out(), 2);
    vendor.update(|script| script.keys = vec![FIRST.to_owned(), SECOND.to_owned()]);
    until(|| out() == 0).await;
    assert_eq!(send(&gateway, &chat("m")).await.status, 200);
}

#[tokio::test]
async fn keys_are_spread_and_stateful_apis_stick() {
    let vendor = vendor("alpha", &[]).await;
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k1", "k2", "k3"])], [route("default-ai-route", "alpha")]));
    for _ in 0..30 {
        send(&gateway, &chat("m")).await;
    }
    let used = |from: usize| vendor.requests().iter().skip(from).filter_map(|r| r.key.clone()).collect::<BTreeSet<_>>().len();
    assert_eq!(used(0), 3);
    for _ in 0..10 {
        send(&gateway, &post("/v1/responses").json(&json!({"model": "m", "input": "hi"}))).await;
    }
    assert_eq!(used(30), 1);
}

/// The law: what may have reached the client is never sent twice.
#[tokio::test]
async fn a_connection_that_dies_in_mid_answer_is_not_retried() {
    let vendor = vendor("alpha", &[]).await;
    let proxy = ChaosProxy::start(vendor.addr()).await.unwrap();
    let gateway = start(&document([provider("alpha", &proxy.url(), &["k"])], [route("default-ai-route", "alpha")]));
    proxy.set(Faults { cut: Some(Cut { after: 300, side: Side::Target, how: How::Reset }), ..Faults::default() }).await.unwrap();
    let answer = http::send(gateway.addr(), &stream("m")).await.unwrap();
    assert!(matches!(answer.ending, Ending::Broken(_)), "{answer:?}");
    assert_eq!(vendor.request_count(), 1);
    proxy.stop().await;
}

#[tokio::test]
async fn a_body_that_passes_through_is_sent_once() {
    let (vendor, gateway) = simple().await;
    vendor.push_on(On::Every, Behaviour::CutBeforeHeaders);
    let answer = send(&gateway, &Request::new("POST", "/v1/other").header("x-api-key", KEY).body("abc")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(vendor.request_count(), 1);
}
