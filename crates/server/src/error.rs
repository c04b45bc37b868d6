//! The one edge at which a failed operation becomes an answer.

use agm_domain::code::Code;
use agm_ops::{Fault, OpError};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What every refused or failed request is answered with.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Always `false`.
    pub success: bool,
    /// What failed, on what, and what to do.
    pub message: String,
    /// The same, for old clients.
    pub error: String,
    /// Stable, for programs.
    pub code: Code,
    /// More, for programs: `hint`, `diagnostics`, `switch`, …
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

/// An error on its way out.
#[derive(Debug)]
pub(crate) struct ApiError(pub(crate) OpError);

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl From<OpError> for ApiError {
    fn from(error: OpError) -> Self {
        Self(error)
    }
}

impl From<agm_domain::diagnostic::Diagnostic> for ApiError {
    fn from(diagnostic: agm_domain::diagnostic::Diagnostic) -> Self {
        Self(diagnostic.into())
    }
}

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(OpError::new(Fault::Invalid, code, message))
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self(self.0.hint(hint))
    }

    pub(crate) fn detail(self, name: &str, value: Value) -> Self {
        Self(self.0.detail(name, value))
    }

    pub(crate) fn status(&self) -> StatusCode {
        status(&self.0)
    }

    pub(crate) fn body(&self) -> ErrorBody {
        let message = self.0.to_string();
        let mut details = *self.0.details.clone();
        if let Some(hint) = &self.0.hint {
            details.insert("hint".to_owned(), json!(hint));
        }
        ErrorBody { success: false, error: message.clone(), message, code: self.0.code, details }
    }
}

/// The status that an error is answered with.
pub fn status_of(error: &OpError) -> u16 {
    status(error).as_u16()
}

/// The status of an error. Codes that are about HTTP itself come first; everything else follows from whose doing it is.
pub(crate) fn status(error: &OpError) -> StatusCode {
    match error.code {
        Code::MalformedBody | Code::MalformedRequest => StatusCode::BAD_REQUEST,
        Code::AuthFailed => StatusCode::UNAUTHORIZED,
        Code::OriginRefused | Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        _ => match error.fault {
            Fault::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::Conflict => StatusCode::CONFLICT,
            Fault::Stale => StatusCode::PRECONDITION_FAILED,
            Fault::Forbidden => StatusCode::FORBIDDEN,
            Fault::Peer => StatusCode::BAD_GATEWAY,
            Fault::PeerSilent => StatusCode::GATEWAY_TIMEOUT,
            Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        },
    }
}

impl ApiError {
    pub(crate) fn answer(&self) -> Response {
        let status = self.status();
        if self.0.fault == Fault::Internal {
            tracing::error!(code = self.0.code.as_str(), message = self.0.message, "a request failed for a reason of our own");
        }
        let mut response = (status, Json(self.body())).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            // As long as the latest answer to a wrong login takes.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.answer()
    }
}
