//! The model catalog.

use agm_ops::{ModelChanged, ModelView, Seen, exists};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};

use crate::answer::{Items, edited, tagged};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, IfMatch, IfMatchHeader, Name, PutCondition, PutHeaders, Query};
use crate::state::App;

/// List models
///
/// The catalog, the deployment's own cards, and everything the providers list.
#[utoipa::path(get, path = "/models", responses((status = 200, body = Items<ModelView>)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Items<ModelView>> {
    Json(Items { items: app.agm.models() })
}

/// Show a model's card
///
/// Every id has one: unknown models have the documented default. A `/` in the id is written `%2F`.
#[utoipa::path(get, path = "/models/{id}", responses((status = 200, body = ModelView, headers(("ETag")))))]
pub(crate) async fn get(State(app): State<App>, Name(id): Name) -> ApiResult<Response> {
    let model = app.agm.model(&id)?;
    Ok(tagged(&model.etag, &model))
}

/// Give a model a card of this deployment
///
/// The members given stand in place of the catalog's: `contextWindow`, `maxTokens`, `reasoning`, `input`, `price`.
#[utoipa::path(put, path = "/models/{id}", params(DryRun, PutHeaders), request_body(content = Object),
    responses((status = 200, body = ModelChanged, headers(("ETag")))))]
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Name(id): Name,
    Query(query): Query<DryRun>,
    condition: PutCondition,
    Body(card): Body<Map<String, Value>>,
) -> ApiResult<Response> {
    let present = app.agm.model(&id)?;
    // Every model has a card, and so a state to edit; creating means that this deployment has none of its own yet.
    let expected = match condition.0 {
        Seen::Anything => "*".to_owned(),
        Seen::Tag(tag) => tag,
        Seen::Nothing if present.own.is_some() => return Err(exists(&format!("a card of `{id}`")).into()),
        Seen::Nothing => present.etag,
    };
    let changed = app.agm.put_model(caller.actor(), &id, Value::Object(card), Some(&expected), query.dry_run).await?;
    Ok(edited(query.dry_run, None, &changed.model.etag, &changed))
}

/// Take a model's own card away
///
/// The catalog's counts again.
#[utoipa::path(delete, path = "/models/{id}", params(DryRun, IfMatchHeader), responses((status = 200, body = ModelChanged)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Name(id): Name,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Json<ModelChanged>> {
    Ok(Json(app.agm.delete_model(caller.actor(), &id, Some(&expected), query.dry_run).await?))
}
