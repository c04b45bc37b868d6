//! `GET /api/v1/events`: what happens, as it happens (server-sent events).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use agm_domain::code::Code;
use agm_ops::{Event, EventKind, MetricsView, Resumed};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use crate::auth::{self, Client};
use crate::error::{ApiError, ApiResult};
use crate::extract::Query;
use crate::state::App;

/// A comment this often shows both ends that the other one lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Types, separated by commas; `switch.*` names all of that kind. All, if absent. `resync` always comes.
    #[param(example = "switch.*,agent.changed")]
    types: Option<String>,
    /// As the header `Last-Event-ID`, for clients that cannot send one.
    last_event_id: Option<u64>,
}

/// For the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described, never built")]
struct Headers {
    /// The `id` of the last event seen: what came since is sent first.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<u64>,
}

/// Events as they happen
///
/// Server-sent events. Each has `id` (its number; absent on `metrics.tick`), `event` (its type) and as `data` the JSON of `Event`. A reader
/// that comes back with `Last-Event-ID` gets what it missed; one that missed too much, or is too slow, gets `resync` and reads the state anew.
/// A comment is sent every 15 s. The stream ends when agm stops, and when the login it was opened with ends.
#[utoipa::path(get, path = "/api/v1/events", params(Wanted, Headers),
    responses((status = 200, content_type = "text/event-stream", body = Event)))]
pub(crate) async fn events(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    Client(client): Client,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let last_seen = match headers.get(LAST_EVENT_ID) {
        Some(value) => Some(number(value)?),
        None => wanted.last_event_id,
    };
    let (resumed, live) = app.agm.events().subscribe(last_seen);
    let mut waiting = VecDeque::new();
    let filter = Filter::of(wanted.types.as_deref());
    match resumed {
        Resumed::Events(missed) => waiting.extend(missed.iter().filter(|event| filter.wants(event.kind)).map(|event| frame(event))),
        Resumed::Lost => waiting.push_back(resync(&app)),
    }
    waiting.push_front(Bytes::from_static(b": welcome\n\n"));
    let ticks = filter.wants(EventKind::MetricsTick).then(|| app.ticker.subscribe());
    let present = app.readers.clone();
    let feed = Feed { app, _present: present, filter, waiting, live, ticks, headers, client, speak: Instant::now() + KEEP_ALIVE };
    let frames = stream::unfold(feed, async |mut feed| feed.next().await.map(|frame| (Ok::<_, std::convert::Infallible>(frame), feed)));
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response())
}

struct Feed {
    app: App,
    /// Counts this reader.
    _present: Arc<()>,
    filter: Filter,
    waiting: VecDeque<Bytes>,
    live: broadcast::Receiver<Arc<Event>>,
    ticks: Option<watch::Receiver<Option<Arc<MetricsView>>>>,
    /// What the reader proved with, to be proved again now and then.
    headers: HeaderMap,
    client: std::net::IpAddr,
    speak: Instant,
}

impl Feed {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Some(frame);
            }
            tokio::select! {
                biased;
                () = self.app.stopping.cancelled() => return None,
                event = self.live.recv() => match event {
                    Ok(event) if self.filter.wants(event.kind) => self.waiting.push_back(frame(&event)),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up(),
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                () = changed(self.ticks.as_mut()) => self.tick(),
                () = sleep_until(self.speak) => {
                    self.speak = Instant::now() + KEEP_ALIVE;
                    // A token may be revoked, a session end: then so does what they opened.
                    auth::authenticate(&self.app, &self.headers, self.client).await.ok()?;
                    self.waiting.push_back(Bytes::from_static(b": keep-alive\n\n"));
                }
            }
        }
    }

    /// Events were lost: what is still in the queue is older than the state that will be read anew.
    fn catch_up(&mut self) {
        self.live = self.live.resubscribe();
        self.waiting.push_back(resync(&self.app));
    }

    fn tick(&mut self) {
        let Some(metrics) = self.ticks.as_mut().and_then(|ticks| ticks.borrow_and_update().clone()) else { return };
        let event = Event { data: json!(metrics).into(), ..blank(&self.app, EventKind::MetricsTick, "system") };
        // Without a number: it is not kept, so nobody can come back to it.
        self.waiting.push_back(text(&event, None));
    }
}

async fn changed(ticks: Option<&mut watch::Receiver<Option<Arc<MetricsView>>>>) {
    let Some(ticks) = ticks else { return std::future::pending().await };
    if ticks.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Which types are wanted.
struct Filter(Option<Vec<String>>);

impl Filter {
    fn of(types: Option<&str>) -> Self {
        let named = |types: &str| types.split(',').map(str::trim).filter(|kind| !kind.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        Self(types.map(named).filter(|types| !types.is_empty()))
    }

    fn wants(&self, kind: EventKind) -> bool {
        let text = kind.as_str();
        let matches = |wanted: &String| wanted == text || wanted.strip_suffix('*').is_some_and(|start| text.starts_with(start));
        kind == EventKind::Resync || self.0.as_ref().is_none_or(|types| types.iter().any(matches))
    }
}

fn resync(app: &App) -> Bytes {
    frame(&blank(app, EventKind::Resync, "events"))
}

/// An event of the stream itself, with the number and revision of now.
fn blank(app: &App, kind: EventKind, subject: &str) -> Event {
    Event {
        seq: app.agm.events().last(),
        time: jiff::Timestamp::now(),
        kind,
        subject: subject.to_owned(),
        revision: app.agm.current().head.number,
        data: json!({}).into(),
    }
}

fn frame(event: &Event) -> Bytes {
    text(event, Some(event.seq))
}

fn text(event: &Event, id: Option<u64>) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // JSON has no line breaks of its own.
    Bytes::from(format!("{id}event: {}\ndata: {}\n\n", event.kind, json!(event)))
}

fn number(value: &HeaderValue) -> ApiResult<u64> {
    let parsed = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| ApiError::new(Code::MalformedRequest, "`Last-Event-ID` is not the number of an event").hint("leave it out"))
}

#[cfg(test)]
mod tests;
