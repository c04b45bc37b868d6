//! An answer as bytes that can be kept.

use agm_ops::OpError;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION, SET_COOKIE};
use http::response::Parts;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// The headers of an answer that are part of it.
const HEADERS: [HeaderName; 4] = [CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE];

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

pub(super) fn written(parts: &Parts, body: &[u8]) -> Result<Vec<u8>, OpError> {
    let text = |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let answer = Answer { status: parts.status.as_u16(), headers: HEADERS.iter().filter_map(text).collect(), body: STANDARD.encode(body) };
    serde_json::to_vec(&answer).map_err(|error| OpError::internal(error.to_string()))
}

pub(super) fn read(bytes: &[u8]) -> Result<Response, OpError> {
    let failed = |error: &dyn std::fmt::Display| OpError::internal(format!("a kept answer cannot be read: {error}"));
    let answer: Answer = serde_json::from_slice(bytes).map_err(|error| failed(&error))?;
    let mut response = Response::new(Body::from(STANDARD.decode(&answer.body).map_err(|error| failed(&error))?));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|error| failed(&error))?;
    for (header, value) in answer.headers {
        if let (Ok(header), Ok(value)) = (HeaderName::try_from(header), HeaderValue::try_from(value)) {
            response.headers_mut().insert(header, value);
        }
    }
    Ok(response)
}
