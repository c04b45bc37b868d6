//! `GET /metrics`: everything there is to count, in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;

use crate::state::App;

mod process;

/// Answered requests by method, path template and class of status.
#[derive(Default)]
pub(crate) struct Counters(Mutex<BTreeMap<(String, String, u16), u64>>);

impl Counters {
    fn add(&self, method: &str, path: &str, status: u16) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((method.to_owned(), path.to_owned(), status)).or_default() += 1;
    }
}

/// Counts an answer. What no route took is one label, and so is a method that nobody knows: clients must not be able to make labels.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let path = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    app.counters.add(&method, &path, response.status().as_u16());
    response
}

/// Metrics for Prometheus
///
/// The gateway's families, and those of agm itself: requests to this API, switches, agents, drift, the process.
#[utoipa::path(get, path = "/metrics", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn prometheus(State(app): State<App>) -> Response {
    let mut text = String::new();
    app.agm.gateway().encode_metrics(&mut text);
    own(&app, &mut text);
    process::encode(&mut text);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn own(app: &App, out: &mut String) {
    family(out, "agm_info", "gauge", "The version that runs", &[(&[("version", env!("CARGO_PKG_VERSION"))], 1)]);
    let status = app.agm.status();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let figures: [(&str, &str, u64); 9] = [
        ("agm_acting", "Whether this process may change anything", u64::from(status.acting)),
        ("agm_revision", "The revision in force", status.revision),
        ("agm_providers", "Providers", count(status.providers)),
        ("agm_routes", "Routes", count(status.routes)),
        ("agm_agents", "Agents", count(status.agents)),
        ("agm_switches_running", "Switches that have not ended", count(status.switches.len())),
        ("agm_drift", "Agents whose actual state differs from the recorded one", count(status.drift.len())),
        ("agm_event_readers", "Readers of the stream of events", count(Arc::strong_count(&app.readers).saturating_sub(1))),
        ("agm_events_last", "The number of the newest event", app.agm.events().last()),
    ];
    for (name, help, figure) in figures {
        family(out, name, "gauge", help, &[(&[], figure)]);
    }
    let counts = app.counters.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let name = "agm_http_requests_total";
    head(out, name, "counter", "Answered requests to the management API");
    for ((method, path, status), count) in counts {
        let status = status.to_string();
        sample(out, name, &[("method", &method), ("path", &path), ("status", &status)], count);
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str, samples: &[(&[(&str, &str)], u64)]) {
    head(out, name, kind, help);
    for (labels, value) in samples {
        sample(out, name, labels, *value);
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
    // Values are version, methods, path templates and statuses: nothing to escape.
    let labels: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{text}\"")).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(out, "{name}{labels} {value}");
}
