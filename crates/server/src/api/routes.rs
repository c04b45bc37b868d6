//! Routes.

use agm_domain::name::DEFAULT_ROUTE;
use agm_ops::{DefaultSet, ExplainRequest, Explanation, RouteChanged, RouteEdit, RouteFinding, RouteRemoved, RouteView, RoutesRepaired};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::answer::{edited, tagged};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, IfMatch, IfMatchHeader, Name, PutCondition, PutHeaders, Query};
use crate::openapi::PeerErrors;
use crate::state::App;

/// Every route, and what is wrong with them.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteList {
    /// In the order in which the gateway tries them.
    pub items: Vec<RouteView>,
    /// What is wrong.
    pub findings: Vec<RouteFinding>,
}

/// Who owns the default route from now on.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewDefault {
    /// The provider.
    pub provider: String,
}

/// List routes
///
/// In the order in which the gateway tries them.
#[utoipa::path(get, path = "/routes", responses((status = 200, body = RouteList)))]
pub(crate) async fn list(State(app): State<App>) -> Json<RouteList> {
    Json(RouteList { items: app.agm.routes(), findings: app.agm.route_findings() })
}

/// Show a route
#[utoipa::path(get, path = "/routes/{name}", responses((status = 200, body = RouteView, headers(("ETag")))))]
pub(crate) async fn get(State(app): State<App>, Name(name): Name) -> ApiResult<Response> {
    let route = app.agm.route(&name)?;
    Ok(tagged(&route.etag, &route))
}

/// Create or change a route
///
/// What is absent stays as it is. Refused where an agent's model would go elsewhere, with `details.moved`.
#[utoipa::path(put, path = "/routes/{name}", params(DryRun, PutHeaders), request_body = RouteEdit,
    responses((status = 200, body = RouteChanged, headers(("ETag"))), (status = 201, body = RouteChanged, headers(("ETag")))))]
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<DryRun>,
    condition: PutCondition,
    Body(edit): Body<RouteEdit>,
) -> ApiResult<Response> {
    let changed = app.agm.put_route(caller.actor(), &name, &edit, &condition.0, query.dry_run).await?;
    let at = changed.created.then(|| format!("/api/v1/routes/{name}"));
    Ok(edited(query.dry_run, at, &changed.route.etag, &changed))
}

/// Remove a route
///
/// Refused where an agent's model would go elsewhere.
#[utoipa::path(delete, path = "/routes/{name}", params(DryRun, IfMatchHeader), responses((status = 200, body = RouteRemoved)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Json<RouteRemoved>> {
    Ok(Json(app.agm.delete_route(caller.actor(), &name, Some(&expected), query.dry_run).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// The model a request would ask for.
    model: String,
    /// Who would ask: `manager`, `worker:alice` or a consumer. The Manager, if absent.
    #[serde(rename = "as")]
    caller: Option<String>,
}

/// Explain which route takes a model
///
/// And why the others do not. No request is made.
#[utoipa::path(get, path = "/routes/explain", params(Question), responses((status = 200, body = Explanation)))]
pub(crate) async fn explain(State(app): State<App>, Query(question): Query<Question>) -> ApiResult<Json<Explanation>> {
    let request = ExplainRequest { model: question.model, caller: question.caller };
    Ok(Json(app.agm.explain(&request)?))
}

/// Show the default route
#[utoipa::path(get, path = "/routes/default", responses((status = 200, body = RouteView, headers(("ETag")))))]
pub(crate) async fn get_default(State(app): State<App>) -> ApiResult<Response> {
    let route = app.agm.route(DEFAULT_ROUTE)?;
    Ok(tagged(&route.etag, &route))
}

/// Give the default route to another provider
///
/// Every model that now reaches it is tried first; what fails is taken back.
#[utoipa::path(put, path = "/routes/default", params(DryRun, IfMatchHeader), request_body = NewDefault,
    responses((status = 200, body = DefaultSet), PeerErrors))]
pub(crate) async fn put_default(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
    Body(new): Body<NewDefault>,
) -> ApiResult<Json<DefaultSet>> {
    let expected = Some(expected.as_str()).filter(|expected| *expected != "*");
    Ok(Json(app.agm.set_default(caller.actor(), &new.provider, expected, query.dry_run).await?))
}

/// Repair the routes
///
/// What agm keeps is made as it should be; what others made is left alone.
#[utoipa::path(post, path = "/routes/repair", params(DryRun), responses((status = 200, body = RoutesRepaired)))]
pub(crate) async fn repair(State(app): State<App>, caller: Caller, Query(query): Query<DryRun>) -> ApiResult<Json<RoutesRepaired>> {
    Ok(Json(app.agm.repair_routes(caller.actor(), query.dry_run).await?))
}
