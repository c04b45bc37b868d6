//! The playground.

use std::convert::Infallible;
use std::time::Duration;

use agm_ops::{Playground, PlaygroundEvent, PlaygroundRequest, PlaygroundSummary};
use axum::body::Body as Answer;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::auth::Caller;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Body, NoQuery};
use crate::state::App;

/// A comment this often shows both ends that the other one lives: a model may think for long before it says a word.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const WAITING: &[u8] = b": waiting\n\n";

/// Ask a model as an agent
///
/// One real chat request through the gateway with the agent's key; it costs what the agent's own would. What can be judged before is
/// refused at once; then server-sent events: `chunk` for each piece, its data being the vendor's own JSON (one chunk with the whole answer
/// where nothing is streamed); at the end `summary` with `PlaygroundSummary`, or `error` with `ErrorBody`, whose `details.summary` says how
/// far it came. Who leaves cancels the request. It is in the request log, marked `playground`, and counts in the figures under that name: for
/// the agent it proves nothing. Neither prompt nor answer is kept, also not for an `Idempotency-Key`.
#[utoipa::path(post, path = "/playground", request_body = PlaygroundRequest,
    responses((status = 200, content_type = "text/event-stream", body = PlaygroundSummary)))]
pub(crate) async fn ask(State(app): State<App>, caller: Caller, _: NoQuery, Body(request): Body<PlaygroundRequest>) -> ApiResult<Response> {
    let playground = app.agm.playground(caller.actor(), request).await?;
    Ok(([(CONTENT_TYPE, "text/event-stream")], Answer::from_stream(kept_alive(frames(playground)))).into_response())
}

fn frames(playground: Playground) -> impl Stream<Item = Bytes> {
    stream::unfold(playground, async |mut playground| {
        let event = playground.next().await?;
        Some((frame(event), playground))
    })
}

fn frame(event: PlaygroundEvent) -> Bytes {
    let (kind, data) = match event {
        PlaygroundEvent::Chunk(data) => ("chunk", data),
        PlaygroundEvent::Summary(summary) => ("summary", json!(summary).to_string()),
        PlaygroundEvent::Failed(error) => ("error", json!(ApiError::from(error).body()).to_string()),
    };
    let lines: Vec<String> = data.lines().map(|line| format!("data: {line}\n")).collect();
    Bytes::from(format!("event: {kind}\n{}\n", lines.concat()))
}

/// The same with a comment where nothing comes for long. The answer begins with one, so that its head is sent at once.
fn kept_alive(frames: impl Stream<Item = Bytes> + Send + 'static) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let rest = stream::unfold(Box::pin(frames), async |mut frames| match tokio::time::timeout(KEEP_ALIVE, frames.next()).await {
        Ok(frame) => frame.map(|frame| (Ok(frame), frames)),
        Err(_) => Some((Ok(Bytes::from_static(WAITING)), frames)),
    });
    stream::once(std::future::ready(Ok(Bytes::from_static(WAITING)))).chain(rest)
}
