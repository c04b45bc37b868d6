//! What every request and every answer goes through, whatever is in between.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use agm_ops::OpError;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, StatusCode, Uri};
use tower::ServiceExt as _;

use crate::error::ApiError;

/// The path under which everything answers too: behind the gateway `/` is somebody else's.
const PREFIX: &str = "/agm";
pub(crate) const VERSION: HeaderName = HeaderName::from_static("agm-version");

/// The prefix under which a request came: `/agm` or nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prefix(pub(crate) &'static str);

/// Answers a request.
pub(crate) async fn answer(router: Router, mut request: Request<Body>) -> Response {
    let bare = request.uri().path() == PREFIX;
    let mut response = if bare {
        // Without the slash the page's relative links would leave the prefix.
        (StatusCode::PERMANENT_REDIRECT, [(LOCATION, "/agm/")]).into_response()
    } else {
        let prefix = strip(request.uri_mut());
        request.extensions_mut().insert(prefix);
        AssertUnwindSafe(router.oneshot(request)).catch_unwind().await.map_or_else(|panic| panicked(&*panic), |Ok(response)| response)
    };
    mark(&mut response);
    response
}

/// An answer that never came to the router.
pub(crate) fn refuse(error: &ApiError) -> Response {
    let mut response = error.answer();
    mark(&mut response);
    response
}

fn strip(uri: &mut Uri) -> Prefix {
    let Some(rest) = uri.path_and_query().and_then(|whole| whole.as_str().strip_prefix(PREFIX)) else { return Prefix::default() };
    let Some(rest) = rest.starts_with('/').then(|| PathAndQuery::try_from(rest).ok()).flatten() else { return Prefix::default() };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest);
    match Uri::from_parts(parts) {
        Ok(stripped) => {
            *uri = stripped;
            Prefix(PREFIX)
        }
        Err(_) => Prefix::default(),
    }
}

fn mark(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    // What an asset says of itself stands; everything else is a state of this moment, and nobody's to keep.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// A panic is a bug of ours; it ends this answer and nothing else.
fn panicked(panic: &(dyn Any + Send)) -> Response {
    let what = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = what.unwrap_or("without words"), "a handler panicked");
    ApiError::from(OpError::internal("the request met a fault of agm")).into_response()
}
