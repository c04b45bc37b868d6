use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use agm_testkit::http::{Ending, Request};
use agm_testkit::sse::{Frame, SseStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;

use crate::server::{Server, head};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn request() -> Request {
    Request::new("POST", "/v1/chat/completions").json(&serde_json::json!({"stream": true}))
}

/// Sends one chunk for every permit, then the last chunk unless `broken`.
async fn stepped(chunks: &'static [&'static str], steps: &Arc<Semaphore>, broken: bool) -> Server {
    let steps = Arc::clone(steps);
    Server::start(move |mut stream| {
        let steps = Arc::clone(&steps);
        async move {
            head(&mut stream).await;
            stream.set_nodelay(true).unwrap();
            stream.write_all(HEAD).await.unwrap();
            for text in chunks {
                steps.acquire().await.unwrap().forget();
                stream.write_all(&chunk(text)).await.unwrap();
            }
            if !broken {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
async fn frames_are_read_one_by_one_as_they_are_sent() {
    let steps = Arc::new(Semaphore::new(0));
    let server = stepped(&["event: a\ndata: {\"n\":1}\n\n", ": comment\n\ndata: x\ndata: y\n\nda", "ta: z\r\n\r\n"], &steps, false).await;
    let mut stream = SseStream::open(server.addr, &request()).await.unwrap();
    assert_eq!((stream.status(), stream.header("Content-Type")), (200, Some("text/event-stream")));
    steps.add_permits(1);
    let first = stream.next_frame().await.unwrap();
    assert_eq!((first.event.as_deref(), first.json()["n"].as_u64()), (Some("a"), Some(1)));
    let none = tokio::time::timeout(Duration::from_millis(20), stream.next_frame()).await;
    assert!(none.is_err(), "{none:?}");
    steps.add_permits(1);
    assert_eq!(stream.next_frame().await.unwrap().data, "x\ny");
    steps.add_permits(1);
    assert_eq!(stream.next_frame().await.unwrap().data, "z");
    assert!(stream.next_frame().await.is_none());
    assert_eq!(stream.finish().await.ending, Ending::Clean);
}

#[tokio::test]
async fn a_transcript_tells_gaps_text_and_a_clean_end() {
    let steps = Arc::new(Semaphore::new(3));
    let chunks = &[
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n",
        "data: [DONE]\n\n",
    ];
    let server = stepped(chunks, &steps, false).await;
    let transcript = SseStream::open(server.addr, &request()).await.unwrap().finish().await;
    assert_eq!((transcript.text().as_str(), transcript.saw_done()), ("Hello", true));
    assert_eq!(transcript.ending, Ending::Clean);
    assert_eq!(transcript.gaps().len(), 2);
    let first_byte = transcript.first_byte.unwrap();
    assert!(first_byte >= transcript.sent && transcript.frames[0].at >= first_byte);
    assert!(transcript.time_to_first_frame().unwrap() >= first_byte - transcript.sent);
}

#[tokio::test]
async fn a_broken_stream_is_told_from_a_finished_one() {
    let steps = Arc::new(Semaphore::new(2));
    let server = stepped(&["data: a\n\n", "data: unfini"], &steps, true).await;
    let transcript = SseStream::open(server.addr, &request()).await.unwrap().finish().await;
    assert!(matches!(transcript.ending, Ending::Broken(_)), "{:?}", transcript.ending);
    assert_eq!((transcript.frames.len(), transcript.unfinished.as_str()), (1, "data: unfini"));
    assert!(!transcript.saw_done());
}

#[tokio::test]
async fn leaving_and_resetting_reach_the_server() {
    for reset in [false, true] {
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        let server = Server::start(move |mut stream| {
            let tell = tell.clone();
            async move {
                head(&mut stream).await;
                let mut body = [0; 15];
                stream.read_exact(&mut body).await.unwrap();
                stream.write_all(HEAD).await.unwrap();
                stream.write_all(&chunk("data: a\n\n")).await.unwrap();
                tell.send(stream.read_u8().await.unwrap_err().kind()).await.unwrap();
            }
        })
        .await;
        let mut stream = SseStream::open(server.addr, &request()).await.unwrap();
        stream.next_frame().await.unwrap();
        if reset {
            stream.reset().unwrap();
        } else {
            stream.leave();
        }
        let seen = told.recv().await.unwrap();
        let expected = if reset { std::io::ErrorKind::ConnectionReset } else { std::io::ErrorKind::UnexpectedEof };
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn not_asking_for_frames_stops_the_server() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |mut stream| {
        let tell = tell.clone();
        async move {
            head(&mut stream).await;
            stream.write_all(HEAD).await.unwrap();
            let frame = chunk(&format!("data: {}\n\n", "x".repeat(64 * 1024)));
            let mut sent = 0;
            // A write that cannot go on for this long is held up by the reader.
            while tokio::time::timeout(Duration::from_millis(200), stream.write_all(&frame)).await.is_ok_and(|done| done.is_ok()) {
                sent += 1;
                assert!(sent < 10_000, "nothing holds the sender");
            }
            tell.send(sent).await.unwrap();
        }
    })
    .await;
    let stream = SseStream::open_with_buffer(server.addr, &request(), 4096).await.unwrap();
    let sent: usize = told.recv().await.unwrap();
    assert!(sent * 64 < 64 * 1024, "{sent} frames of 64 KiB went into the buffers");
    stream.leave();
}

#[test]
fn a_stamp_tells_how_long_a_frame_took() {
    let frame = |data: &str| Frame {
        event: None,
        data: data.to_owned(),
        at: std::time::Instant::now(),
        wall: UNIX_EPOCH + Duration::from_micros(1_000_500),
    };
    assert_eq!(frame(r#"{"content":"t=1000000 word"}"#).delay(), Some(Duration::from_micros(500)));
    assert_eq!(frame(r#"{"content":"word"}"#).delay(), None);
}
