//! Which state an edit is made on: `If-Match` and `If-None-Match`.

use agm_domain::code::Code;
use agm_ops::Seen;
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;

use crate::error::{ApiError, ApiResult};

/// The `ETag` an edit is made on, or `*`.
pub(crate) struct IfMatch(pub(crate) String);

/// What a PUT is made on.
pub(crate) struct PutCondition(pub(crate) Seen);

/// For the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described, never built")]
pub(crate) struct IfMatchHeader {
    /// The `ETag` of the state that the edit is made on; `*` forces it. Without it: 428.
    #[param(rename = "If-Match")]
    if_match: String,
}

/// For the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described, never built")]
pub(crate) struct PutHeaders {
    /// The `ETag` of the state that the edit is made on; `*` forces it. Without this and `If-None-Match`: 428.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
    /// `*`: create, and refuse if it exists.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        match tag(&parts.headers, &IF_MATCH)? {
            Some(tag) => Ok(Self(tag)),
            None => Err(required("`If-Match: <etag>`, or `If-Match: *` to force it")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for PutCondition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let (present, absent) = (tag(&parts.headers, &IF_MATCH)?, tag(&parts.headers, &IF_NONE_MATCH)?);
        match (present, absent.as_deref()) {
            (Some(tag), None) => Ok(Self(Seen::tag(tag))),
            (None, Some("*")) => Ok(Self(Seen::Nothing)),
            (None, None) => Err(required("`If-Match: <etag>` to edit, `If-None-Match: *` to create, or `If-Match: *` to force it")),
            _ => Err(ApiError::new(Code::MalformedRequest, "the preconditions cannot be understood")
                .hint("send either `If-Match: <etag>` or `If-None-Match: *`")),
        }
    }
}

fn tag(headers: &HeaderMap, name: &HeaderName) -> ApiResult<Option<String>> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if values.next().is_some() || inner.is_empty() || inner.contains(['"', ',', ' ']) {
        let message = format!("`{name}` cannot be understood");
        return Err(ApiError::new(Code::MalformedRequest, message).hint("send one ETag as you got it, or `*`"));
    }
    Ok(Some(inner.to_owned()))
}

fn required(what: &str) -> ApiError {
    ApiError::new(Code::PreconditionRequired, "the request does not say which state it edits").hint(format!("send {what}"))
}
