//! Whether agm lives, and whether it can work.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::state::App;

/// agm lives.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Always `healthy`: who cannot answer does not.
    status: String,
}

/// Whether agm can work.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    /// `ready` or `not-ready`.
    status: String,
    /// Whether this process may change anything; one that may not still answers what is asked.
    acting: bool,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Health
///
/// Answers as long as the process lives. Needs no login.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    healthy()
}

/// Readiness
///
/// 503 while agm is stopping, with the reason. Needs no login.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    let acting = app.agm.is_acting();
    if app.draining.load(Ordering::Relaxed) {
        let reason = Some("agm is stopping".to_owned());
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { status: "not-ready".to_owned(), acting, reason })).into_response();
    }
    Json(Readiness { status: "ready".to_owned(), acting, reason: None }).into_response()
}

pub(crate) fn healthy() -> Json<Health> {
    Json(Health { status: "healthy".to_owned() })
}

/// Whether the path answers without a login, whatever the method.
pub(crate) fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/ni_status/health")
}
