//! Providers.

use agm_domain::new_provider::NewProvider;
use agm_ops::{ModelList, ProviderAdded, ProviderChanged, ProviderPatch, ProviderRemoved, ProviderTest, ProviderView, TestRequest};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::answer::{Items, edited, tagged};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, IfMatch, IfMatchHeader, Name, NoQuery, OptionalBody, Query};
use crate::openapi::PeerErrors;
use crate::state::App;

/// List providers
///
/// Keys are masked.
#[utoipa::path(get, path = "/providers", responses((status = 200, body = Items<ProviderView>)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Items<ProviderView>> {
    Json(Items { items: app.agm.providers() })
}

/// Add a provider
///
/// The first one creates the default route; every further one gets a route of its own as soon as it has a model predicate. Nobody's model moves.
#[utoipa::path(post, path = "/providers", params(DryRun), request_body = NewProvider,
    responses((status = 201, body = ProviderAdded, headers(("ETag"))), (status = 200, description = "The plan", body = ProviderAdded)))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    Body(new): Body<NewProvider>,
) -> ApiResult<Response> {
    let added = app.agm.add_provider(caller.actor(), &new, query.dry_run).await?;
    let at = format!("/api/v1/providers/{}", added.provider.name);
    Ok(edited(query.dry_run, Some(at), &added.provider.etag, &added))
}

/// Show a provider
#[utoipa::path(get, path = "/providers/{name}", responses((status = 200, body = ProviderView, headers(("ETag")))))]
pub(crate) async fn get(State(app): State<App>, Name(name): Name) -> ApiResult<Response> {
    let provider = app.agm.provider(&name)?;
    Ok(tagged(&provider.etag, &provider))
}

/// Change a provider
///
/// What is absent stays as it is; keys too. Scheme, host and port change only together with the keys: a stored key goes nowhere else.
#[utoipa::path(patch, path = "/providers/{name}", params(DryRun, IfMatchHeader), request_body = ProviderPatch,
    responses((status = 200, body = ProviderChanged, headers(("ETag"))), PeerErrors))]
pub(crate) async fn patch(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
    Body(patch): Body<ProviderPatch>,
) -> ApiResult<Response> {
    let changed = app.agm.edit_provider(caller.actor(), &name, patch, Some(&expected), query.dry_run).await?;
    Ok(edited(query.dry_run, None, &changed.provider.etag, &changed))
}

/// Remove a provider
///
/// Refused, with every reason, while an agent or a route needs it. Its own route goes with it.
#[utoipa::path(delete, path = "/providers/{name}", params(DryRun, IfMatchHeader), responses((status = 200, body = ProviderRemoved)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Json<ProviderRemoved>> {
    Ok(Json(app.agm.remove_provider(caller.actor(), &name, Some(&expected), query.dry_run).await?))
}

/// What to test a stored provider with.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub(crate) struct TestWith {
    /// A model, for a real completion; without one only the vendor's list is asked for.
    model: Option<String>,
}

/// Test a provider
///
/// Asks the vendor, with every stored key. A failed test is an answer (`success: false` and why), not an error.
#[utoipa::path(post, path = "/providers/{name}/test", request_body(content = Option<TestWith>), responses((status = 200, body = ProviderTest)))]
pub(crate) async fn test(
    State(app): State<App>,
    Name(name): Name,
    _: NoQuery,
    OptionalBody(with): OptionalBody<TestWith>,
) -> ApiResult<Json<ProviderTest>> {
    let request = TestRequest { provider: Some(name), model: with.model, ..TestRequest::default() };
    Ok(Json(app.agm.test_provider(&request).await?))
}

/// Test a provider that is not saved yet
///
/// Or an edit of a stored one, which needs the key again if scheme, host or port differ. Nothing is stored.
#[utoipa::path(post, path = "/provider-tests", request_body = TestRequest, responses((status = 200, body = ProviderTest)))]
pub(crate) async fn test_any(State(app): State<App>, _: NoQuery, Body(request): Body<TestRequest>) -> ApiResult<Json<ProviderTest>> {
    Ok(Json(app.agm.test_provider(&request).await?))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Refresh {
    /// Asks the vendor again, also if its list is known.
    #[param(required = false)]
    refresh: bool,
}

/// The models a provider lists
///
/// Asked for once, then kept; with `stale` if the vendor could not be asked again.
#[utoipa::path(get, path = "/providers/{name}/models", params(Refresh), responses((status = 200, body = ModelList), PeerErrors))]
pub(crate) async fn models(State(app): State<App>, Name(name): Name, Query(query): Query<Refresh>) -> ApiResult<Json<ModelList>> {
    Ok(Json(app.agm.provider_models(&name, query.refresh).await?))
}
