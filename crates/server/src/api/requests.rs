//! What went through the gateway.

use agm_ops::{RequestView, UsageView};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::answer::Page;
use crate::error::ApiResult;
use crate::extract::{Paging, Query, limit};
use crate::state::App;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// The `seq` of the last request seen; all that are still known, if absent.
    after: u64,
    /// The `nextCursor` of the part before; counts before `after`.
    cursor: Option<String>,
    /// How many, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50, value_type = Option<u32>)]
    #[serde(deserialize_with = "limit")]
    limit: Option<usize>,
}

/// Usage since the start
#[utoipa::path(get, path = "/usage", responses((status = 200, body = UsageView)))]
pub(crate) async fn usage(State(app): State<App>) -> Json<UsageView> {
    Json(app.agm.usage())
}

/// List requests
///
/// Oldest first, out of memory: the newest few thousand. Never a prompt, an answer or a key. `nextCursor` is the next `cursor`, or `after`.
#[utoipa::path(get, path = "/requests", params(Since), responses((status = 200, body = Page<RequestView>)))]
pub(crate) async fn list(State(app): State<App>, Query(query): Query<Since>) -> ApiResult<Json<Page<RequestView>>> {
    let paging = Paging { cursor: query.cursor, limit: query.limit };
    let limit = paging.limit();
    let requests = app.agm.requests(paging.cursor()?.unwrap_or(query.after), limit + 1);
    Ok(Json(Page::of(requests, limit, |request| request.seq.to_string())))
}
