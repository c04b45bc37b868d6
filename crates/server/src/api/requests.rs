//! What went through the gateway.

use agm_domain::figures::{By, KEPT_MINUTES};
use agm_ops::{RequestFilter, RequestView, StatusClass, UsageView};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::answer::Page;
use crate::error::ApiResult;
use crate::extract::{Paging, Query, limit, window};
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
    /// Of which agent: its id; or a consumer that is no agent's.
    agent: Option<String>,
    /// Of which provider.
    provider: Option<String>,
    /// For which model: the one that was asked for, or the one that the answer names.
    model: Option<String>,
    /// By which route.
    route: Option<String>,
    /// With which class of status.
    #[param(inline)]
    status: Option<StatusClass>,
    /// `true`: only those of the playground; `false`: all but those.
    playground: Option<bool>,
    /// `true`: the newest ones instead of the oldest, still oldest first, without a cursor.
    #[param(required = false)]
    newest: bool,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Figures {
    /// Also the last minutes, step by step: a duration of at most an hour (`60m`), rounded up to whole minutes.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,7}(ms|s|m|h)?$", example = "60m")]
    #[serde(deserialize_with = "window")]
    window: Option<u64>,
    /// What the last minutes are told apart by; those of an hour, if no window is given.
    #[param(inline)]
    by: Option<By>,
}

/// Usage since the start
///
/// With `window` or `by` also that of the last minutes: one array for each line of a chart, one place in it for each minute. It is kept in
/// memory only. What is unknown is `null`.
#[utoipa::path(get, path = "/usage", params(Figures), responses((status = 200, body = UsageView)))]
pub(crate) async fn usage(State(app): State<App>, Query(query): Query<Figures>) -> Json<UsageView> {
    let minutes = query.window.or(query.by.map(|_| KEPT_MINUTES));
    Json(UsageView { window: minutes.map(|minutes| app.agm.usage_window(minutes, query.by)), ..app.agm.usage() })
}

/// List requests
///
/// Oldest first, out of memory: the newest few thousand. Never a prompt, an answer or a key. `nextCursor` is the next `cursor`, or `after`.
/// Those that fit everything that is given.
#[utoipa::path(get, path = "/requests", params(Since), responses((status = 200, body = Page<RequestView>)))]
pub(crate) async fn list(State(app): State<App>, Query(query): Query<Since>) -> ApiResult<Json<Page<RequestView>>> {
    let paging = Paging { cursor: query.cursor, limit: query.limit };
    let limit = paging.limit();
    let filter = RequestFilter {
        agent: query.agent,
        provider: query.provider,
        model: query.model,
        route: query.route,
        status: query.status,
        playground: query.playground,
    };
    let after = paging.cursor()?.unwrap_or(query.after);
    let ahead = usize::from(!query.newest);
    let requests = app.agm.requests_like(&filter, after, limit + ahead, query.newest);
    Ok(Json(Page::of(requests, limit, |request| request.seq.to_string())))
}
