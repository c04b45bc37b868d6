//! Request bodies.

use std::time::Duration;

use agm_domain::code::Code;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::json;
use crate::error::{ApiError, ApiResult};

/// The largest body.
const LIMIT: usize = 1 << 20;
/// For the whole body.
const PATIENCE: Duration = Duration::from_secs(30);

/// A JSON body of which nothing is lost: a member that nobody knows is refused.
pub(crate) struct Body<T>(pub(crate) T);

/// The same where the body may be absent.
pub(crate) struct OptionalBody<T>(pub(crate) T);

/// A JSON body whose unknown members are passed over, as the documented monitor API always did.
pub(crate) struct Lenient<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        Ok(Self(json::strict(&read(request).await?)?))
    }
}

impl<T: DeserializeOwned + Default, S: Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        let headers = request.headers().clone();
        let bytes = collect(request).await?;
        if bytes.is_empty() || bytes.as_ref() == b"null" {
            return Ok(Self(T::default()));
        }
        is_json(&headers)?;
        Ok(Self(json::strict(&bytes)?))
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Lenient<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        Ok(Self(json::lenient(&read(request).await?)?))
    }
}

async fn read(request: Request) -> ApiResult<Bytes> {
    is_json(request.headers())?;
    collect(request).await
}

/// The whole body, if it is not too large.
pub(crate) async fn collect(request: Request) -> ApiResult<Bytes> {
    let whole = Limited::new(request.into_body(), LIMIT).collect();
    match tokio::time::timeout(PATIENCE, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::new(Code::BodyTooLarge, "the body is larger than 1 MiB").hint("nothing that agm takes is that large"))
        }
        Ok(Err(_)) => Err(ApiError::new(Code::MalformedBody, "the body broke off").hint("send it again")),
        Err(_) => Err(ApiError::new(Code::MalformedBody, "the body did not arrive in time").hint("send it again")),
    }
}

fn is_json(headers: &HeaderMap) -> ApiResult<()> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if json {
        return Ok(());
    }
    Err(ApiError::new(Code::UnsupportedMediaType, "the body is not declared as JSON").hint("send it with `Content-Type: application/json`"))
}
