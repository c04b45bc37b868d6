//! The vendor behind everything that is measured: as fast as hyper allows, and never the reason for a delay.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use memchr::memmem;
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;

/// Content frames of a stream.
pub(crate) const FRAMES: u32 = 51;
/// From one frame to the next.
pub(crate) const GAP: Duration = Duration::from_millis(20);
/// Stands in every content frame before the microseconds since 1970 at which it was made.
pub(crate) const STAMP: &str = "made at ";

/// A short queue shows as first tokens that take a second: the kernel drops the handshake and the client repeats it.
const BACKLOG: u32 = 4096;

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Prints where it listens and serves until it is killed.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    let listener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?);
    let connections = TaskTracker::new();
    loop {
        let (connection, _) = listener.accept().await.context("cannot accept")?;
        connection.set_nodelay(true)?;
        connections.spawn(async move {
            let mut server = hyper::server::conn::http1::Builder::new();
            // A connection that breaks is the client's failure, and counted there.
            server.timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), service_fn(answer)).await.ok();
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Answer, hyper::Error> {
    let list = request.uri().path().ends_with("/models");
    let body = request.into_body().collect().await?.to_bytes();
    if list {
        return Ok(typed(
            "application/json",
            full(r#"{"object":"list","data":[{"id":"bench-model","object":"model","owned_by":"bench"}]}"#.into()),
        ));
    }
    let model = model(&body).unwrap_or("bench-model").to_owned();
    if memmem::find(&body, br#""stream":true"#).or_else(|| memmem::find(&body, br#""stream": true"#)).is_some() {
        let usage = memmem::find(&body, b"include_usage").is_some();
        return Ok(typed("text/event-stream", paced(model, usage)));
    }
    Ok(typed("application/json", full(completion(&model).into())))
}

/// The model asked for. Nothing here reads JSON: a mock that takes as long as what it stands behind measures itself.
fn model(body: &[u8]) -> Option<&str> {
    let after = &body[memmem::find(body, br#""model""#)? + 7..];
    let start = memchr::memchr(b'"', after)? + 1;
    let length = memchr::memchr(b'"', &after[start..])?;
    str::from_utf8(&after[start..start + length]).ok()
}

/// About 300 bytes.
fn completion(model: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":"All is well: the team can go on."}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":256,"completion_tokens":9,"total_tokens":265}}}}"#
    )
}

/// The first frame at once, each further one `GAP` after the one before was due.
fn paced(model: String, usage: bool) -> UnsyncBoxBody<Bytes, Infallible> {
    let start = Instant::now();
    let end = ending(&model, usage);
    let frames = stream::iter(0..FRAMES).then(move |number| {
        let model = model.clone();
        async move {
            // The timer counts in milliseconds; the first frame is not to wait for it.
            if number > 0 {
                sleep_until(start + GAP * number).await;
            }
            content(&model, number)
        }
    });
    let all = frames.chain(stream::iter([end])).map(|text| Ok(Frame::data(Bytes::from(text))));
    StreamBody::new(all).boxed_unsync()
}

fn content(model: &str, number: u32) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let role = if number == 0 { r#""role":"assistant","# } else { "" };
    chunk(model, &format!(r#"[{{"index":0,"delta":{{{role}"content":"{STAMP}{now}. "}},"finish_reason":null}}]"#), "")
}

fn ending(model: &str, usage: bool) -> String {
    let mut text = chunk(model, r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#, "");
    if usage {
        text += &chunk(
            model,
            "[]",
            &format!(r#","usage":{{"prompt_tokens":256,"completion_tokens":{FRAMES},"total_tokens":{}}}"#, 256 + FRAMES),
        );
    }
    text + "data: [DONE]\n\n"
}

fn chunk(model: &str, choices: &str, rest: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"{model}\",\"choices\":{choices}{rest}}}\n\n"
    )
}

fn full(text: Bytes) -> UnsyncBoxBody<Bytes, Infallible> {
    Full::new(text).boxed_unsync()
}

fn typed(content_type: &'static str, body: UnsyncBoxBody<Bytes, Infallible>) -> Answer {
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

#[cfg(test)]
mod tests;
