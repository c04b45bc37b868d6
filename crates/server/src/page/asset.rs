//! One file of the page as an answer.

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, StatusCode};
use rust_embed::{Embed, EmbeddedFile};

use crate::error::ApiError;

/// Names below `assets/` carry a hash of their content: a name never means something else.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The others are asked for again each time, and are not sent again while they are the same.
const ASK_AGAIN: &str = "no-cache";

/// Answers with a file: compressed, where the build put a compressed one beside it and the client takes that.
pub(super) fn answer<Files: Embed>(name: &str, headers: &HeaderMap) -> Response {
    let Some(plain) = Files::get(name) else {
        return ApiError::new(agm_domain::code::Code::NotFound, "the page has no such file").into_response();
    };
    let compressed = takes_brotli(headers).then(|| Files::get(&format!("{name}.br"))).flatten();
    let encoded = compressed.is_some();
    let file = compressed.unwrap_or(plain.clone());
    let etag = etag(&file);
    let cache = if name.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN };
    let common = [(CACHE_CONTROL, cache), (ETAG, etag.as_str()), (VARY, "accept-encoding")];
    if has(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let mut response = (common, [(CONTENT_TYPE, kind(&plain))], file.data.into_owned()).into_response();
    if encoded {
        response.headers_mut().insert(CONTENT_ENCODING, http::HeaderValue::from_static("br"));
    }
    response
}

/// The type of a file, with the character set that browsers otherwise guess.
fn kind(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

fn etag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash()))
}

/// Whether the client has what carries this tag.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).any(|tag| matches!(tag.trim(), "*") || tag.trim().trim_start_matches("W/") == etag)
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("br")
            && !parts.any(|weight| matches!(weight.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
