//! The shapes of answers that more than one noun has.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// A whole list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Items<T> {
    /// Everything there is.
    pub items: Vec<T>,
}

/// A part of a list that grows.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// This part.
    pub items: Vec<T>,
    /// What to give as `cursor` for the next part; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page out of one item more than was asked for; that item only says that there is more.
    pub(crate) fn of(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Self { items, next_cursor }
    }
}

/// A view of something editable, with its `ETag`.
pub(crate) fn tagged<T: Serialize>(etag: &str, view: &T) -> Response {
    let mut response = Json(view).into_response();
    if let Ok(value) = HeaderValue::try_from(format!("\"{etag}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// What came of an edit: where it is if it was made just now, and its `ETag`. A plan is neither anywhere nor has it one.
pub(crate) fn edited<T: Serialize>(dry_run: bool, made_at: Option<String>, etag: &str, view: &T) -> Response {
    if dry_run {
        return Json(view).into_response();
    }
    let mut response = tagged(etag, view);
    if let Some(location) = made_at.and_then(|location| HeaderValue::try_from(location).ok()) {
        *response.status_mut() = StatusCode::CREATED;
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// What was made, and where it is; what would be, in a dry run.
pub(crate) fn made<T: Serialize>(dry_run: bool, location: &str, view: &T) -> Response {
    if dry_run { Json(view).into_response() } else { located(StatusCode::CREATED, location, view) }
}

/// An answer that names another resource.
pub(crate) fn located<T: Serialize>(status: StatusCode, location: &str, view: &T) -> Response {
    let mut response = (status, Json(view)).into_response();
    if let Ok(value) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}
