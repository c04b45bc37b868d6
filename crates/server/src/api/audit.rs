//! The audit log.

use agm_ops::AuditView;
use axum::Json;
use axum::extract::State;

use crate::answer::Page;
use crate::error::ApiResult;
use crate::extract::{Paging, Query};
use crate::state::App;

/// Show the audit log
///
/// Who did what, newest first.
#[utoipa::path(get, path = "/audit", params(Paging), responses((status = 200, body = Page<AuditView>)))]
pub(crate) async fn list(State(app): State<App>, Query(paging): Query<Paging>) -> ApiResult<Json<Page<AuditView>>> {
    let entries = app.agm.audit_log(paging.cursor()?, paging.limit() + 1).await?;
    Ok(Json(Page::of(entries, paging.limit(), |entry| entry.id.clone())))
}
