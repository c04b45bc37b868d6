//! An answer of the gateway itself, in the shape that OpenAI's clients read.

use std::fmt::Write as _;

use agm_domain::api::Api;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Response, StatusCode};

use crate::body::collect::Unread;
use crate::body::peek::BodyFault;
use crate::upstream::{Failure, Kind};

/// Why a request gets no answer of a provider. The statuses are those of Console contract 7.6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The member of the body at fault.
    pub param: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), param: None }
    }

    pub(crate) fn no_route(path: &str, model: Option<&str>) -> Self {
        let asked = model.map_or_else(|| "without a model".to_owned(), |m| format!("with model `{m}`"));
        let message = format!("no route takes {path} {asked}; list the routes with `agm route list`");
        Self::new(StatusCode::NOT_FOUND, "route_not_found", message)
    }

    pub(crate) fn no_key(route: &str) -> Self {
        let message = format!("route `{route}` needs a consumer key; send `Authorization: Bearer <key>`");
        Self::new(StatusCode::UNAUTHORIZED, "missing_api_key", message)
    }

    pub(crate) fn unknown_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", "this key belongs to no consumer; ask the operator of the gateway for a key")
    }

    pub(crate) fn not_allowed(route: &str, consumer: &str) -> Self {
        let message = format!("consumer `{consumer}` may not call route `{route}`; allow it on the route");
        Self::new(StatusCode::FORBIDDEN, "consumer_not_allowed", message)
    }

    pub(crate) fn too_many(consumer: &str, limit: u32) -> Self {
        let message = format!("consumer `{consumer}` has {limit} requests running; wait for one to end");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
    }

    pub(crate) fn unsupported_upgrade() -> Self {
        let message = "the gateway forwards no WebSockets; send POST /v1/chat/completions or /v1/responses with `\"stream\": true` instead, \
            or call the provider's realtime API directly";
        Self::new(StatusCode::BAD_REQUEST, "websocket_unsupported", message)
    }

    pub(crate) fn too_many_headers(limit: usize) -> Self {
        let message = format!("the request has more than {limit} headers; send fewer or raise the gateway's limit");
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_many", message)
    }

    pub(crate) fn bad_target(target: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_path",
            format!("`{target}` is not a path that can be forwarded; use one without `.` and `..`"),
        )
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        let message = format!("the gateway does not forward {method}; use the method that the API's documentation names");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    pub(crate) fn model_not_found(model: &str) -> Self {
        let message = format!("this key reaches no model `{model}`; GET /v1/models lists those it reaches");
        Self { param: Some("model"), ..Self::new(StatusCode::NOT_FOUND, "model_not_found", message) }
    }

    pub(crate) fn unread(why: &Unread, limit: usize) -> Self {
        match why {
            Unread::TooLong => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the request body is longer than {limit} bytes; send less or raise the gateway's limit"),
            ),
            Unread::NoRoom => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "gateway_busy",
                "too many large requests are under way; send it again in a moment",
            ),
            Unread::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the request body came too slowly; send it again"),
            Unread::Broken => Self::new(StatusCode::BAD_REQUEST, "body_incomplete", "the request body broke off; send it again"),
        }
    }

    pub(crate) fn body(fault: &BodyFault) -> Self {
        let param = matches!(fault, BodyFault::ModelNotText | BodyFault::ModelTooLong).then_some("model");
        Self { param, ..Self::new(StatusCode::BAD_REQUEST, "invalid_body", fault.to_string()) }
    }

    pub(crate) fn unsupported_api(route: &str, what: &agm_domain::endpoint::UnsupportedApi) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_api", format!("route `{route}`: {what}"))
    }

    pub(crate) fn no_provider(route: &str, provider: &str) -> Self {
        let message =
            format!("route `{route}` sends to provider `{provider}`, which does not exist or cannot be used; correct the provider");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "provider_unusable", message)
    }

    pub(crate) fn failure(route: &str, provider: &str, failure: &Failure) -> Self {
        let (status, code) = match failure.kind {
            Kind::Connect => (StatusCode::SERVICE_UNAVAILABLE, "provider_unreachable"),
            Kind::Broken => (StatusCode::SERVICE_UNAVAILABLE, "provider_broke_off"),
            // A connection that is not had in time is a connect failure to Envoy (Console contract 7.6).
            Kind::ConnectTimeout => (StatusCode::SERVICE_UNAVAILABLE, "provider_timeout"),
            Kind::FirstByteTimeout => (StatusCode::GATEWAY_TIMEOUT, "provider_timeout"),
            Kind::NotHttp => (StatusCode::BAD_GATEWAY, "provider_not_http"),
            Kind::ClientBody => (StatusCode::BAD_REQUEST, "body_incomplete"),
            Kind::ClientBodyTooLong => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Kind::ClientBodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "body_timeout"),
        };
        Self::new(status, code, format!("provider `{provider}` of route `{route}`: {failure}; try again or check the provider"))
    }

    pub(crate) fn panic() -> Self {
        let message = "the gateway failed on this request; others are not affected; report it with the gateway's log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    }

    /// The body. Anthropic's clients look for a `type` beside `error`.
    pub(crate) fn body_json(&self, api: Option<Api>) -> String {
        let text = |t: &str| serde_json::Value::from(t).to_string();
        let mut json = String::with_capacity(160 + self.message.len());
        if api == Some(Api::Messages) {
            json.push_str("{\"type\":\"error\",\"error\":{\"message\":");
        } else {
            json.push_str("{\"error\":{\"message\":");
        }
        json.push_str(&text(&self.message));
        let param = self.param.map_or_else(|| "null".to_owned(), text);
        let _ = write!(json, ",\"type\":\"{}\",\"code\":\"{}\",\"param\":{param}}}}}", self.kind(), self.code);
        json
    }

    fn kind(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        }
    }

    /// The answer.
    pub(crate) fn response(&self, api: Option<Api>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.body_json(api)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self.status {
            StatusCode::UNAUTHORIZED => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"agm\""))),
            StatusCode::TOO_MANY_REQUESTS => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            StatusCode::METHOD_NOT_ALLOWED => {
                drop(headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests;
