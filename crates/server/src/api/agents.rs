//! Agents.

use agm_domain::diff::Change;
use agm_domain::evidence::Evidence;
use agm_ops::{AgentChanged, AgentPatch, AgentView, NewAgent, Reloaded, Repaired};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::answer::{Items, edited, tagged};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, Id, IfMatch, IfMatchHeader, NoQuery, OptionalBody, Query};
use crate::openapi::PeerErrors;
use crate::state::App;

/// What removing an agent changed, or would.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentChanges {
    /// What changed.
    pub changes: Vec<Change>,
}

/// An agent's gateway key in clear.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentKey {
    /// Which agent.
    pub id: String,
    /// Its key.
    pub key: String,
}

/// How thoroughly to check.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct CheckRequest {
    /// Also make a real request with the agent's key. It costs a token.
    pub probe: bool,
}

/// List agents
///
/// The Manager first.
#[utoipa::path(get, path = "/agents", responses((status = 200, body = Items<AgentView>)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Items<AgentView>> {
    Json(Items { items: app.agm.agents() })
}

/// Register a Worker
///
/// It gets a consumer and a key, and joins every route that agm keeps.
#[utoipa::path(post, path = "/agents", params(DryRun), request_body = NewAgent,
    responses((status = 201, body = AgentChanged, headers(("ETag"))), (status = 200, description = "The plan", body = AgentChanged)))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    Body(new): Body<NewAgent>,
) -> ApiResult<Response> {
    let added = app.agm.add_agent(caller.actor(), new, query.dry_run).await?;
    let at = format!("/api/v1/agents/{}", added.agent.id);
    Ok(edited(query.dry_run, Some(at), &added.agent.etag, &added))
}

/// Show an agent
#[utoipa::path(get, path = "/agents/{id}", responses((status = 200, body = AgentView, headers(("ETag")))))]
pub(crate) async fn get(State(app): State<App>, Id(id): Id) -> ApiResult<Response> {
    let agent = app.agm.agent(&id)?;
    Ok(tagged(&agent.etag, &agent))
}

/// Change an agent
#[utoipa::path(patch, path = "/agents/{id}", params(DryRun, IfMatchHeader), request_body = AgentPatch,
    responses((status = 200, body = AgentChanged, headers(("ETag")))))]
pub(crate) async fn patch(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
    Body(patch): Body<AgentPatch>,
) -> ApiResult<Response> {
    let changed = app.agm.edit_agent(caller.actor(), &id, patch, Some(&expected), query.dry_run).await?;
    Ok(edited(query.dry_run, None, &changed.agent.etag, &changed))
}

/// Remove a Worker
///
/// Its consumer, key, assignment and published `model.json` go; its own files stay.
#[utoipa::path(delete, path = "/agents/{id}", params(DryRun, IfMatchHeader), responses((status = 200, body = AgentChanges)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
) -> ApiResult<Json<AgentChanges>> {
    let changes = app.agm.remove_agent(caller.actor(), &id, Some(&expected), query.dry_run).await?;
    Ok(Json(AgentChanges { changes }))
}

/// Show an agent's evidence
///
/// How far its assignment is proven, each level with its time, source and fact.
#[utoipa::path(get, path = "/agents/{id}/evidence", responses((status = 200, body = Evidence)))]
pub(crate) async fn evidence(State(app): State<App>, Id(id): Id) -> ApiResult<Json<Evidence>> {
    Ok(Json(app.agm.evidence(&id)?))
}

/// Check an agent's evidence now
#[utoipa::path(post, path = "/agents/{id}/evidence", request_body(content = Option<CheckRequest>),
    responses((status = 200, body = Evidence), PeerErrors))]
pub(crate) async fn check(
    State(app): State<App>,
    Id(id): Id,
    _: NoQuery,
    OptionalBody(request): OptionalBody<CheckRequest>,
) -> ApiResult<Json<Evidence>> {
    Ok(Json(app.agm.check_agent(&id, request.probe).await?))
}

/// Repair an agent's drift
#[utoipa::path(post, path = "/agents/{id}/repair", params(DryRun), responses((status = 200, body = Repaired), PeerErrors))]
pub(crate) async fn repair(State(app): State<App>, caller: Caller, Id(id): Id, Query(query): Query<DryRun>) -> ApiResult<Json<Repaired>> {
    Ok(Json(app.agm.repair_agent(caller.actor(), &id, query.dry_run).await?))
}

/// Reveal an agent's gateway key
///
/// In clear, to an admin; taken down in the audit log.
#[utoipa::path(post, path = "/agents/{id}/key", responses((status = 200, body = AgentKey)))]
pub(crate) async fn key(State(app): State<App>, caller: Caller, Id(id): Id, _: NoQuery) -> ApiResult<Json<AgentKey>> {
    let key = app.agm.agent_key(caller.actor(), &id).await?;
    Ok(Json(AgentKey { id: id.to_string(), key: key.expose().to_owned() }))
}

/// Give an agent a new gateway key
///
/// The old one stops working at once. A plan makes no key.
#[utoipa::path(post, path = "/agents/{id}/key/rotate", params(DryRun), responses((status = 200, body = AgentChanged)))]
pub(crate) async fn rotate_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(query): Query<DryRun>,
) -> ApiResult<Json<AgentChanged>> {
    Ok(Json(app.agm.rotate_agent_key(caller.actor(), &id, query.dry_run).await?))
}

/// Make an agent load its configuration
///
/// 409 `RESTART_REQUIRED`, with what is needed, where nothing short of a restart does.
#[utoipa::path(post, path = "/agents/{id}/reload", responses((status = 200, body = Reloaded), PeerErrors))]
pub(crate) async fn reload(State(app): State<App>, caller: Caller, Id(id): Id, _: NoQuery) -> ApiResult<Json<Reloaded>> {
    Ok(Json(app.agm.reload_agent(caller.actor(), &id).await?))
}
