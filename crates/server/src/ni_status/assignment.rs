//! `/ni_status/assignment`, reading.

use std::collections::BTreeMap;

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::name::WorkerName;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::error::ApiResult;
use crate::extract::Name;
use crate::state::App;

/// Every assignment.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Assignments {
    /// The Manager's; `null` if it has none.
    manager: Option<Assignment>,
    /// The Workers', by name; those without one are absent.
    workers: BTreeMap<String, Assignment>,
}

/// Show every assignment (monitor API)
#[utoipa::path(get, path = "/ni_status/assignment", responses((status = 200, body = Assignments)))]
pub(crate) async fn all(State(app): State<App>) -> Json<Assignments> {
    let manager = app.agm.assignments().remove(&AgentId::Manager);
    Json(Assignments { manager, workers: of_workers(&app) })
}

/// Show the Manager's assignment (monitor API)
///
/// The bare `model.json`.
#[utoipa::path(get, path = "/ni_status/assignment/manager", responses((status = 200, body = Assignment)))]
pub(crate) async fn manager(State(app): State<App>) -> ApiResult<Json<Assignment>> {
    Ok(Json(app.agm.assignment(&AgentId::Manager)?))
}

/// Show the Workers' assignments (monitor API)
///
/// A bare map by name.
#[utoipa::path(get, path = "/ni_status/assignment/workers", responses((status = 200, body = BTreeMap<String, Assignment>)))]
pub(crate) async fn workers(State(app): State<App>) -> Json<BTreeMap<String, Assignment>> {
    Json(of_workers(&app))
}

/// Show a Worker's assignment (monitor API)
///
/// The bare `model.json`.
#[utoipa::path(get, path = "/ni_status/assignment/workers/{name}", responses((status = 200, body = Assignment)))]
pub(crate) async fn worker(State(app): State<App>, Name(name): Name) -> ApiResult<Json<Assignment>> {
    Ok(Json(app.agm.assignment(&named(&name))?))
}

/// The Worker of this name; here even `manager` would be a Worker's.
pub(super) fn named(name: &str) -> AgentId {
    AgentId::Worker(WorkerName::from(name))
}

fn of_workers(app: &App) -> BTreeMap<String, Assignment> {
    let assignments = app.agm.assignments().into_iter();
    assignments.filter(|(id, _)| *id != AgentId::Manager).map(|(id, assignment)| (id.name().to_owned(), assignment)).collect()
}
