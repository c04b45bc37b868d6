//! API tokens.

use agm_ops::{NewToken, TokenMade, TokenPlan, TokenView};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::answer::{Items, located};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, Name, Query};
use crate::state::App;

/// List API tokens
#[utoipa::path(get, path = "/tokens", responses((status = 200, body = Items<TokenView>)))]
pub(crate) async fn list(State(app): State<App>) -> ApiResult<Json<Items<TokenView>>> {
    Ok(Json(Items { items: app.access.tokens().await? }))
}

/// Make an API token
///
/// Its text is shown this once. A plan makes none.
#[utoipa::path(post, path = "/tokens", params(DryRun), request_body = NewToken,
    responses((status = 201, body = TokenMade), (status = 200, description = "The plan", body = TokenPlan)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    Body(new): Body<NewToken>,
) -> ApiResult<Response> {
    if query.dry_run {
        return Ok(Json(app.access.plan_token(caller.actor(), &new).await?).into_response());
    }
    let created = app.access.create_token(caller.actor(), &new).await?;
    Ok(located(StatusCode::CREATED, &format!("/api/v1/tokens/{}", created.token.id), &created))
}

/// Revoke an API token
///
/// From now on it opens nothing. The answer says what it was.
#[utoipa::path(delete, path = "/tokens/{id}", params(DryRun), responses((status = 200, body = TokenView)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Name(id): Name,
    Query(query): Query<DryRun>,
) -> ApiResult<Json<TokenView>> {
    Ok(Json(app.access.revoke_token(caller.actor(), &id, query.dry_run).await?))
}
