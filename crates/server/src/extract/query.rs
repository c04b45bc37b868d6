//! Query parameters. An unknown one is refused: a `dryrun=true` that is passed over would change something.

use std::time::Duration;

use agm_domain::code::Code;
use agm_ops::parse_duration;
use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::error::{ApiError, ApiResult};

/// The longest a request waits for a switch.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The longest window of figures.
const LONGEST_WINDOW: Duration = Duration::from_hours(1);
/// The most items of one page.
const MOST_ITEMS: usize = 500;

/// Query parameters of this shape, and no others.
pub(crate) struct Query<T>(pub(crate) T);

/// No query parameters.
pub(crate) struct NoQuery;

/// Whether something is only planned.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRun {
    /// `true` answers what would happen, and changes nothing.
    #[param(required = false)]
    pub(crate) dry_run: bool,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The `nextCursor` of the part before.
    pub(crate) cursor: Option<String>,
    /// How many items, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50, value_type = Option<u32>)]
    #[serde(deserialize_with = "limit")]
    pub(crate) limit: Option<usize>,
}

/// How long to wait for a switch.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// A duration (`500ms`, `30s`, `2m`; seconds without a unit), at most 300 s.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,6}(ms|s|m)?$", example = "30s")]
    #[serde(deserialize_with = "wait")]
    pub(crate) wait: Option<Duration>,
}

/// How many of the last minutes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Window {
    /// Also the last minutes, step by step: a duration of at most an hour (`60m`), rounded up to whole minutes.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,7}(ms|s|m|h)?$", example = "60m")]
    #[serde(deserialize_with = "window")]
    pub(crate) window: Option<u64>,
}

impl Paging {
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(50)
    }

    /// The cursor as what it was made of.
    pub(crate) fn cursor<T: std::str::FromStr>(&self) -> ApiResult<Option<T>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let parsed = cursor.parse().map_err(|_| {
            ApiError::new(Code::ValidationFailed, "this is not a cursor of this list")
                .hint("give `nextCursor` as you got it, or start without one")
        })?;
        Ok(Some(parsed))
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(read)| Self(read)).map_err(|error| {
            let message = format!("the query cannot be understood: {}", reason(&error.body_text()));
            ApiError::new(Code::MalformedRequest, message).hint("see the operation in `/api/v1/openapi.json`")
        })
    }
}

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        match parts.uri.query() {
            None | Some("") => Ok(Self),
            Some(_) => Err(ApiError::new(Code::MalformedRequest, "this operation has no query parameters").hint("leave them out")),
        }
    }
}

/// What is wrong with a query, without what axum says of it to programmers, and with the parameter's name once.
fn reason(text: &str) -> &str {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    match text.split_once(": ") {
        Some((name, rest)) if rest.strip_prefix('`').is_some_and(|rest| rest.starts_with(name)) => rest,
        _ => text,
    }
}

/// A wait out of its text.
pub(crate) fn wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wait = parse_duration(&text).filter(|wait| *wait <= LONGEST_WAIT);
    wait.map(Some).ok_or_else(|| serde::de::Error::custom("`wait` is a duration of at most 300 s, for example `30s`"))
}

/// Whole minutes out of a duration's text.
pub(crate) fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let window = parse_duration(&text).filter(|window| !window.is_zero() && *window <= LONGEST_WINDOW);
    let minutes = window.map(|window| u64::try_from(window.as_millis().div_ceil(60_000)).unwrap_or(1));
    minutes.map(Some).ok_or_else(|| serde::de::Error::custom("`window` is a duration of at most an hour, for example `60m`"))
}

/// A page's length out of its text.
pub(crate) fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let limit = usize::deserialize(deserializer)?;
    let allowed = (1..=MOST_ITEMS).contains(&limit);
    if allowed { Ok(Some(limit)) } else { Err(serde::de::Error::custom("`limit` is a number from 1 to 500")) }
}
