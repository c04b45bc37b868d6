//! What a browser finds at `/` in a build without the web UI. Static, and without a secret.

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use crate::state::App;

const PAGE: &str = include_str!("page/index.html");
const ICON: &str = include_str!("page/favicon.svg");
const STYLE: &str = include_str!("page/page.css");

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", PAGE)))
        .route("/index.html", get(async || asset("text/html; charset=utf-8", PAGE)))
        .route("/page.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/favicon.svg", get(async || asset("image/svg+xml", ICON)))
        .route("/favicon.ico", get(async || asset("image/svg+xml", ICON)))
}

/// Whether the path is one of the page's.
pub(crate) fn is_open(path: &str) -> bool {
    matches!(path, "/" | "/index.html" | "/page.css" | "/favicon.svg" | "/favicon.ico")
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], content).into_response()
}
