//! Streams: on time, whole or visibly broken, in constant memory.

use std::time::Duration;

use agm_domain::provider::Provider;
use agm_gateway::{Outcome, Timeouts};
use agm_simvendor::{Behaviour, Ending as VendorEnding, Flavour, Pacing, Script, Vendor};
use agm_testkit::chaos::{ChaosProxy, Cut, Faults, How, Side};
use agm_testkit::http::{Ending, Request};
use agm_testkit::process::{Launch, resources_of};
use agm_testkit::sse::SseStream;
use serde_json::json;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::*;

async fn open_stream(gateway: &agm_gateway::Gateway, request: &Request) -> SseStream {
    tokio::time::timeout(SOON, SseStream::open(gateway.addr(), request)).await.expect("a head in time").unwrap()
}

fn paced(frames: usize, gap: Duration) -> Pacing {
    Pacing { frames: Some(frames), gap, frame_bytes: None, stamp: true }
}

/// Peers forward frames one late (new-api #7005): here each arrives when it is made.
#[tokio::test]
async fn every_frame_arrives_when_it_was_sent() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = paced(20, Duration::from_millis(60)));
    let transcript = open_stream(&gateway, &stream("m")).await.finish().await;
    assert_eq!(transcript.ending, Ending::Clean);
    let mut delays: Vec<Duration> = transcript.frames.iter().filter_map(agm_testkit::sse::Frame::delay).collect();
    assert_eq!(delays.len(), 20);
    delays.sort();
    assert!(delays[10] < Duration::from_millis(30), "{delays:?}");
}

/// The median of several, relative to going direct, so that a busy machine does not decide.
#[tokio::test]
async fn the_first_frame_is_not_held_up() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.keys.clear());
    vendor.update(|script| script.pacing = paced(3, Duration::from_millis(5)));
    let mut added = Vec::new();
    for _ in 0..15 {
        let mut times = Vec::new();
        for addr in [vendor.addr(), gateway.addr()] {
            let transcript = SseStream::open(addr, &stream("m")).await.unwrap().finish().await;
            times.push(transcript.time_to_first_frame().unwrap());
        }
        added.push(times[1].saturating_sub(times[0]));
    }
    added.sort();
    assert!(added[7] < Duration::from_millis(15), "{added:?}");
}

/// A cut answer that ends as if it were whole is the worst of lies (Portkey #1797).
#[tokio::test]
async fn a_cut_stream_breaks_off_for_the_client_too() {
    let (vendor, gateway) = simple().await;
    for (number, behaviour) in
        [Behaviour::CutStream { after_frames: 2 }, Behaviour::CutMidBody, Behaviour::WrongContentLength].into_iter().enumerate()
    {
        for request in [stream("m"), chat("m")] {
            if matches!(behaviour, Behaviour::WrongContentLength) && request.to_bytes("x").windows(6).any(|w| w == b"stream") {
                continue;
            }
            vendor.push(behaviour.clone());
            let answer = send(&gateway, &request).await;
            assert!(matches!(answer.ending, Ending::Broken(_)), "{number}: {answer:?}");
            assert!(!answer.text().contains("[DONE]"));
        }
    }
    until(|| gateway.recent_requests(0, 99).len() == 5).await;
    for seen in gateway.recent_requests(0, 99) {
        assert_eq!((seen.outcome, seen.status), (Outcome::CutByProvider, 200));
    }
}

/// A connection that is closed, not reset, in the middle of a chunk.
#[tokio::test]
async fn a_stream_closed_in_mid_chunk_breaks_off() {
    let vendor = vendor("alpha", &[]).await;
    let proxy = ChaosProxy::start(vendor.addr()).await.unwrap();
    let gateway = start(&document([provider("alpha", &proxy.url(), &["k"])], [route("default-ai-route", "alpha")]));
    proxy.set(Faults { cut: Some(Cut { after: 400, side: Side::Target, how: How::Close }), ..Faults::default() }).await.unwrap();
    let answer = send(&gateway, &stream("m")).await;
    assert!(answer.status == 200 && matches!(answer.ending, Ending::Broken(_)), "{answer:?}");
    assert_eq!(logged(&gateway, 1).await[0].outcome, Outcome::CutByProvider);
    proxy.stop().await;
}

/// A vendor that ends its stream properly but forgets the end mark: not ours to judge.
#[tokio::test]
async fn a_stream_that_ends_properly_ends_properly() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::StreamWithoutDone);
    let answer = send(&gateway, &stream("m")).await;
    assert_eq!(answer.ending, Ending::Clean);
    vendor.push(Behaviour::ErrorInStream { after_frames: 1 });
    let answer = send(&gateway, &stream("m")).await;
    assert!(answer.text().contains("error") && !answer.text().contains("[DONE]"), "{}", answer.text());
}

/// A stream whose only end is that of its connection looks the same cut and whole; only its own end mark tells.
#[tokio::test]
async fn a_stream_that_ends_with_its_connection_needs_its_end_mark() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let vendor = aside(async move {
        for end in ["", "data: [DONE]\n\n"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            assert!(socket.read(&mut request).await.unwrap() > 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"choices\":[{}]}\n\n";
            socket.write_all(format!("{head}{end}").as_bytes()).await.unwrap();
        }
    });
    let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
    assert!(matches!(send(&gateway, &stream("m")).await.ending, Ending::Broken(_)));
    assert_eq!(send(&gateway, &stream("m")).await.ending, Ending::Clean);
    vendor.done().await;
}

/// So does a document: its last bracket tells.
#[tokio::test]
async fn a_document_that_ends_with_its_connection_needs_its_last_bracket() {
    for (document_sent, whole) in
        [("{\"a\":[1,{\"b\":\"}\"}", false), ("{\"a\":[1,{\"b\":\"}\"}]}", true), ("[[1],2]", true), ("[[1]", false)]
    {
        let (url, _vendor) = scripted(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{document_sent}")).await;
        let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
        let answer = send(&gateway, &chat("m")).await;
        assert_eq!(answer.ending == Ending::Clean, whole, "{document_sent}: {answer:?}");
        let expected = if whole { Outcome::Answered } else { Outcome::CutByProvider };
        assert_eq!(logged(&gateway, 1).await[0].outcome, expected);
    }
}

/// Of an answer that neither says how long it is nor has an end of its own, nobody can tell whether it was cut.
#[tokio::test]
async fn where_the_end_says_nothing_nothing_is_claimed() {
    let image = "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\nsome bytes";
    let error = |end: &str| format!("HTTP/1.1 500 Oops\r\ncontent-type: application/problem+json\r\n\r\n{{\"error\":{{\"message\":1{end}");
    let (unknown, whole, cut) = (Outcome::EndUnknown, Outcome::Answered, Outcome::CutByProvider);
    for (answer, expected) in [(image.to_owned(), unknown), (error("}}"), whole), (error("}"), cut)] {
        let (url, _vendor) = scripted(answer.clone()).await;
        let route = never_retrying(route("default-ai-route", "alpha"));
        let gateway = start(&document([provider("alpha", &url, &["k"])], [route]));
        let got = send(&gateway, &chat("m")).await;
        assert_eq!(got.ending == Ending::Clean, expected != cut, "{answer}: {got:?}");
        assert_eq!(logged(&gateway, 1).await[0].outcome, expected, "{answer}");
        assert_eq!(gateway.last_seen("manager")[0].outcome, expected);
        let mut metrics = String::new();
        gateway.encode_metrics(&mut metrics);
        let count = u8::from(expected == unknown);
        let family = "agm_gateway_end_unknown_total{route=\"default-ai-route\",provider=\"alpha\",consumer=\"manager\"}";
        assert!(metrics.contains(&format!("{family} {count}\n")), "{metrics}");
    }
}

/// A client of HTTP/1.0 takes the end of its connection for the end of its answer: a cut one ends with a reset.
#[tokio::test]
async fn a_cut_is_told_to_old_clients_too() {
    let (vendor, gateway) = simple().await;
    for cut in [true, false] {
        if cut {
            vendor.push(Behaviour::CutStream { after_frames: 2 });
        }
        let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
        let request = String::from_utf8(stream("m").to_bytes("x")).unwrap().replacen("HTTP/1.1", "HTTP/1.0", 1);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = tokio::time::timeout(SOON, socket.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(end.is_err(), cut, "{end:?}: {}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn a_silent_stream_is_cut() {
    let vendor = vendor("alpha", &[]).await;
    let timeouts = Timeouts { idle: Duration::from_millis(200), ..Timeouts::default() };
    let settings = agm_gateway::Settings { timeouts, ..settings() };
    let gateway = start_with(settings, &document([provider("alpha", &vendor.url(), &["k"])], [route("default-ai-route", "alpha")]));
    vendor.push(Behaviour::StallStream { after_frames: 1 });
    let answer = send(&gateway, &stream("m")).await;
    assert!(matches!(answer.ending, Ending::Broken(_)), "{answer:?}");
    assert_eq!(logged(&gateway, 1).await[0].outcome, Outcome::CutByProvider);
    assert_eq!(vendor.next_request().await.ended().await, VendorEnding::Abandoned);
    // A stream that is slow, but never that slow, lives on.
    vendor.update(|script| script.pacing = paced(8, Duration::from_millis(80)));
    assert_eq!(send(&gateway, &stream("m")).await.ending, Ending::Clean);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_call() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = paced(10_000, Duration::from_millis(20)));
    let mut leaving = open_stream(&gateway, &stream("m")).await;
    assert!(leaving.next_frame().await.is_some());
    leaving.leave();
    let ended = tokio::time::timeout(SOON, async { vendor.next_request().await.ended().await }).await;
    assert_eq!(ended.unwrap(), VendorEnding::Abandoned);
    let seen = &logged(&gateway, 1).await[0];
    assert_eq!(seen.outcome, Outcome::LeftByClient);
    // Before the answer begins, too.
    vendor.push(Behaviour::Hang);
    let addr = gateway.addr();
    let waiting = aside(async move { agm_testkit::http::send(addr, &chat("m")).await });
    let request = vendor.next_request().await;
    drop(waiting);
    assert_eq!(tokio::time::timeout(SOON, request.ended()).await.unwrap(), VendorEnding::Abandoned);
    let seen = &logged(&gateway, 2).await[1];
    assert_eq!((seen.outcome, seen.status), (Outcome::LeftByClient, 499));
    until(|| gateway.in_flight().is_empty()).await;
}

/// A client that does not read makes the vendor wait: nothing piles up here.
#[tokio::test]
async fn a_paused_reader_stops_the_vendor() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(60_000), gap: Duration::ZERO, frame_bytes: Some(4096), stamp: false });
    let mut paused = SseStream::open_with_buffer(gateway.addr(), &stream("m"), 16 << 10).await.unwrap();
    assert!(paused.next_frame().await.is_some());
    let request = vendor.next_request().await;
    let mut before = 0;
    let stalled = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = request.progress().bytes;
            if now == before {
                break now;
            }
            before = now;
        }
    };
    let stalled = tokio::time::timeout(SOON, stalled).await.expect("the vendor is stopped");
    assert!(stalled < 16 << 20, "{stalled} bytes piled up on the way");
    // And on it goes.
    let reading = async {
        while request.progress().bytes == stalled {
            assert!(paused.next_frame().await.is_some());
        }
    };
    tokio::time::timeout(SOON, reading).await.expect("the vendor goes on");
}

/// Set for the process that has memory to itself.
const ALONE: &str = "AGM_TEST_ALONE";

/// new-api keeps whole answers to count their tokens; here a stream costs the same however long it is (5 MB each).
/// Memory is the process's, so the test runs itself once more, in one of its own.
#[tokio::test]
async fn long_streams_cost_no_memory() {
    if std::env::var_os(ALONE).is_some() {
        return stream_at_length().await;
    }
    let this = ["--exact", "streams::long_streams_cost_no_memory"];
    let mut process = Launch::new(std::env::current_exe().unwrap()).args(this).env(ALONE, "1").start().unwrap();
    let status = process.wait(SOON * 12).await.unwrap();
    let output = format!("{:?}", process.output());
    assert!(status.success() && output.contains("1 passed"), "{output}");
}

async fn stream_at_length() {
    const STREAMS: usize = 8;
    const FRAMES: usize = 500;
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(FRAMES), gap: Duration::ZERO, frame_bytes: Some(10_000), stamp: false });
    send(&gateway, &stream("m")).await;
    let rss = || resources_of(std::process::id()).unwrap().rss_bytes;
    let before = rss();
    let reading: Vec<_> = (0..STREAMS)
        .map(|_| {
            let addr = gateway.addr();
            // Read as plain bytes, of which nothing is kept.
            aside(async move {
                let mut socket = TcpStream::connect(addr).await.unwrap();
                socket.write_all(&stream("m").header("connection", "close").to_bytes("x")).await.unwrap();
                let (mut bytes, mut most, mut buffer) = (0, 0, vec![0; 64 << 10]);
                while let count @ 1.. = socket.read(&mut buffer).await.unwrap() {
                    if bytes >> 20 != (bytes + count) >> 20 {
                        most = most.max(resources_of(std::process::id()).unwrap().rss_bytes);
                    }
                    bytes += count;
                }
                (bytes, most)
            })
        })
        .collect();
    let mut most = rss();
    for task in reading {
        let (bytes, seen) = task.done().await;
        assert!(bytes > FRAMES * 10_000, "the whole stream came: {bytes}");
        most = most.max(seen);
    }
    let each = most.saturating_sub(before) / STREAMS as u64;
    assert!(each < 1 << 20, "{each} bytes for each stream, gateway, vendor and client together");
}

/// A big answer that is no stream is not held either.
#[tokio::test]
async fn a_huge_body_passes() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::HugeBody { bytes: 40 << 20 });
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, &answer.ending), (200, &Ending::Clean));
    assert!(answer.body.len() > 40 << 20);
    assert!(logged(&gateway, 1).await[0].usage.is_some());
}

#[tokio::test]
async fn many_streams_lose_no_frame() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = paced(20, Duration::from_millis(10)));
    let streams: Vec<_> = (0..200)
        .map(|_| {
            let addr = gateway.addr();
            aside(async move { SseStream::open(addr, &stream("m")).await.unwrap().finish().await })
        })
        .collect();
    for task in streams {
        let transcript = task.done().await;
        assert!(transcript.saw_done() && transcript.ending == Ending::Clean);
        assert_eq!(transcript.frames.iter().filter(|f| f.delay().is_some()).count(), 20);
    }
    assert_eq!(logged(&gateway, 200).await.iter().filter(|s| s.outcome == Outcome::Answered).count(), 200);
}

/// Anthropic counts what came from its cache beside the input, OpenAI within it.
#[tokio::test]
async fn anthropics_convention_is_understood() {
    let vendor = Vendor::start(Script::new("claude", Flavour::Anthropic)).await.unwrap();
    vendor.update(|script| script.cached_tokens = 2);
    let gateway = start(&document([native(&vendor)], [route("default-ai-route", "claude")]));
    for streaming in [false, true] {
        let body = json!({"model": "claude-x", "max_tokens": 64, "stream": streaming, "messages": [{"role": "user", "content": "say hello to the whole world"}]});
        let answer = send(&gateway, &post("/v1/messages").header("anthropic-version", "2023-06-01").json(&body)).await;
        assert_eq!((answer.status, &answer.ending), (200, &Ending::Clean), "{}", answer.text());
    }
    let seen = logged(&gateway, 2).await;
    let usage = seen[0].usage.unwrap();
    assert!(usage.cache_read == 2 && usage.input > 2 && usage.total == usage.input + usage.output, "{usage:?}");
    assert_eq!(seen[0].usage, seen[1].usage);
    assert_eq!(seen[1].served_model.as_deref(), Some("claude-x"));
}

fn native(vendor: &Vendor) -> Provider {
    provider("claude", &vendor.url(), &["k"])
}
