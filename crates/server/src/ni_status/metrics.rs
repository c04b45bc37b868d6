//! `/ni_status/metrics`.

use agm_ops::MetricsView;
use axum::Json;
use axum::extract::State;

use crate::state::App;

/// Show system metrics (monitor API)
///
/// A figure that cannot be had is `null`.
#[utoipa::path(get, path = "/ni_status/metrics", responses((status = 200, body = MetricsView)))]
pub(crate) async fn metrics(State(app): State<App>) -> Json<MetricsView> {
    Json(app.agm.metrics())
}
