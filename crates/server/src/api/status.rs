//! How agm and its host are.

use agm_ops::{MetricsView, StatusView};
use axum::Json;
use axum::extract::State;

use crate::extract::{Query, Window};
use crate::state::App;

/// How agm is
///
/// Counts, running switches, findings, drift: what `agm status` shows.
#[utoipa::path(get, path = "/status", responses((status = 200, body = StatusView)))]
pub(crate) async fn status(State(app): State<App>) -> Json<StatusView> {
    Json(app.agm.status())
}

/// How the host is
///
/// A figure that cannot be had is `null`.
#[utoipa::path(get, path = "/metrics", params(Window), responses((status = 200, body = MetricsView)))]
pub(crate) async fn metrics(State(app): State<App>, Query(query): Query<Window>) -> Json<MetricsView> {
    Json(MetricsView { window: query.window.map(|minutes| app.agm.host_window(minutes)), ..app.agm.metrics() })
}
