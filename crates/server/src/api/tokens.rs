//! API tokens.

use agm_ops::{NewToken, TokenMade, TokenView};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::answer::{Items, made};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, Name, NoQuery};
use crate::state::App;

/// List API tokens
#[utoipa::path(get, path = "/tokens", responses((status = 200, body = Items<TokenView>)))]
pub(crate) async fn list(State(app): State<App>) -> ApiResult<Json<Items<TokenView>>> {
    Ok(Json(Items { items: app.access.tokens().await? }))
}

/// Make an API token
///
/// Its text is shown this once.
#[utoipa::path(post, path = "/tokens", request_body = NewToken, responses((status = 201, body = TokenMade)))]
pub(crate) async fn create(State(app): State<App>, caller: Caller, _: NoQuery, Body(new): Body<NewToken>) -> ApiResult<Response> {
    let created = app.access.create_token(caller.actor(), &new).await?;
    Ok(made(false, &format!("/api/v1/tokens/{}", created.token.id), &created))
}

/// Revoke an API token
///
/// From now on it opens nothing.
#[utoipa::path(delete, path = "/tokens/{id}", responses((status = 204)))]
pub(crate) async fn revoke(State(app): State<App>, caller: Caller, Name(id): Name, _: NoQuery) -> ApiResult<StatusCode> {
    app.access.revoke_token(caller.actor(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
