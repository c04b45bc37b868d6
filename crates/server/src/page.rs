//! What a browser finds at `/`: the web UI, or in a build without one a page that says so. Static, and without a secret.

mod asset;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use rust_embed::Embed;

use crate::page::asset::answer;
use crate::state::App;

/// The built web UI, where `cargo xtask ui` was run before this was compiled.
#[derive(Embed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Ui;

/// What stands in for it.
#[derive(Embed)]
#[folder = "src/page/without"]
struct Without;

pub(crate) fn router() -> Router<App> {
    let index = get(async |headers: HeaderMap| file("index.html", &headers));
    Router::<App>::new()
        .route("/", index.clone())
        .route("/index.html", index)
        .route("/favicon.svg", get(async |headers: HeaderMap| file("favicon.svg", &headers)))
        .route("/favicon.ico", get(async |headers: HeaderMap| file("favicon.svg", &headers)))
        .route("/assets/{*name}", get(async |Path(name): Path<String>, headers: HeaderMap| file(&format!("assets/{name}"), &headers)))
}

/// Whether the path is one of the page's.
pub(crate) fn is_open(path: &str) -> bool {
    matches!(path, "/" | "/index.html" | "/favicon.svg" | "/favicon.ico") || path.starts_with("/assets/")
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    if Ui::get("index.html").is_some() { answer::<Ui>(name, headers) } else { answer::<Without>(name, headers) }
}
