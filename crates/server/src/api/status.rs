//! How agm and its host are.

use agm_ops::{MetricsView, StatusView};
use axum::Json;
use axum::extract::State;

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
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = MetricsView)))]
pub(crate) async fn metrics(State(app): State<App>) -> Json<MetricsView> {
    Json(app.agm.metrics())
}
