//! Everything that answers, on one screen.

use agm_domain::code::Code;
use agm_ops::{Fault, OpError};
use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api;
use crate::auth::{self, Client};
use crate::error::ApiError;
use crate::state::App;
use crate::{events, health, idempotency, metrics, ni_status, openapi, page};

/// What needs a login.
fn behind_the_door() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(ni_status::router())
        .nest("/api/v1", api::router())
        .routes(routes!(events::events))
        .routes(routes!(openapi::document))
        .routes(routes!(metrics::prometheus))
}

/// What does not: the page has no secret, health is for probes, and the login is how one gets in.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(ni_status::health::health))
        .routes(routes!(api::session::who, api::session::log_in))
}

/// All of it, without the layers that need a running server; for the OpenAPI document.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    open().merge(behind_the_door()).into_openapi()
}

pub(crate) fn router(app: &App) -> Router {
    let (open, _) = open().split_for_parts();
    let (closed, _) = behind_the_door().split_for_parts();
    let closed = closed
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::once))
        .layer(middleware::from_fn_with_state(app.clone(), auth::guard));
    Router::new()
        .merge(closed)
        .merge(open)
        .merge(page::router())
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), metrics::count))
        .with_state(app.clone())
}

async fn nothing_here(State(app): State<App>, parts: Parts) -> Response {
    let error = OpError::new(Fault::NotFound, Code::NotFound, "nothing answers at this path");
    behind_login(&app, &parts, error.hint("`/api/v1/openapi.json` lists everything that does").into()).await
}

async fn wrong_method(State(app): State<App>, parts: Parts) -> Response {
    let path = parts.uri.path();
    let error = ApiError::new(Code::MethodNotAllowed, format!("{} is not possible here", parts.method))
        .hint("the `Allow` header and `/api/v1/openapi.json` say what is");
    if health::is_open(path) || page::is_open(path) {
        return error.into_response();
    }
    behind_login(&app, &parts, error).await
}

/// Who has not logged in does not learn which paths there are.
async fn behind_login(app: &App, parts: &Parts, error: ApiError) -> Response {
    let client = Client::of(app, &parts.headers, &parts.extensions).0;
    match auth::authenticate(app, &parts.headers, client).await {
        Ok(_) => error.into_response(),
        Err(refused) => auth::unauthorized(refused, &parts.headers),
    }
}
