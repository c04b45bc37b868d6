//! `/ni_status/health`.

use axum::Json;

use crate::health::{Health, healthy};

/// Health (monitor API)
///
/// Answers as long as the process lives. Needs no login.
#[utoipa::path(get, path = "/ni_status/health", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    healthy()
}
