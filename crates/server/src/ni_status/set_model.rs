//! Setting a model through the monitor API: a whole switch, waited for.

use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::Evidence;
use agm_domain::switch::SwitchState;
use agm_ops::{OpError, Seen, SwitchReport};
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::assignment::named;
use crate::api::assignments::AssignmentRequest;
use crate::api::switches;
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Lenient, Name, Query, Wait};
use crate::openapi::PeerErrors;
use crate::state::App;

/// How long is waited unless the caller says otherwise.
const PATIENCE: Duration = Duration::from_secs(25);

/// What an agent shall run on, with its target.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SetModel {
    /// `manager`, `alice` or `worker:alice`.
    target: String,
    /// What it shall run on.
    #[serde(flatten)]
    wish: AssignmentRequest,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelSet {
    /// Only for a switch that came to `done`.
    success: bool,
    /// `manager` or the Worker's name.
    target: String,
    /// Which provider.
    provider: String,
    /// Which model.
    model: String,
    /// Whether routes were changed.
    route_updated: bool,
    /// How far it is proven.
    evidence: Evidence,
    /// The switch's id.
    switch: String,
    /// Why it is not done: `IN_PROGRESS` or `RESTART_REQUIRED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The same, for old clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Set the Manager's model (monitor API)
///
/// A whole switch, waited for (25 s, or `wait`); 202 if it is not done by then, or if a restart is needed.
#[utoipa::path(put, path = "/ni_status/assignment/manager", params(Wait), request_body = AssignmentRequest,
    responses((status = 200, body = ModelSet), (status = 202, body = ModelSet), PeerErrors))]
pub(crate) async fn put_manager(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Wait>,
    Lenient(wish): Lenient<AssignmentRequest>,
) -> ApiResult<Response> {
    set(&app, &caller, &AgentId::Manager, wish, query.wait).await
}

/// Set a Worker's model (monitor API)
///
/// A whole switch, waited for (25 s, or `wait`); 202 if it is not done by then, or if a restart is needed.
#[utoipa::path(put, path = "/ni_status/assignment/workers/{name}", params(Wait), request_body = AssignmentRequest,
    responses((status = 200, body = ModelSet), (status = 202, body = ModelSet), PeerErrors))]
pub(crate) async fn put_worker(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<Wait>,
    Lenient(wish): Lenient<AssignmentRequest>,
) -> ApiResult<Response> {
    set(&app, &caller, &named(&name), wish, query.wait).await
}

/// Set an agent's model (monitor API)
///
/// A whole switch, waited for (25 s, or `wait`); 202 if it is not done by then, or if a restart is needed.
#[utoipa::path(post, path = "/ni_status/set-model", params(Wait), request_body = SetModel,
    responses((status = 200, body = ModelSet), (status = 202, body = ModelSet), PeerErrors))]
pub(crate) async fn set_model(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Wait>,
    Lenient(request): Lenient<SetModel>,
) -> ApiResult<Response> {
    let target = AgentId::parse(&request.target)?;
    set(&app, &caller, &target, request.wish, query.wait).await
}

async fn set(app: &App, caller: &Caller, target: &AgentId, wish: AssignmentRequest, wait: Option<Duration>) -> ApiResult<Response> {
    // One agent, and one that exists: `worker:*` names many only in `/api/v1`.
    app.agm.agent(target)?;
    let request = wish.of(target, Seen::Anything);
    let id = app.agm.start_switch(caller.actor(), request).await?;
    let report = app.agm.wait_for_switch(&id, wait.unwrap_or(PATIENCE)).await?;
    switches::answer(report, true, |report, error| ModelSet::of(report, target, error))
}

impl ModelSet {
    fn of(report: SwitchReport, target: &AgentId, error: Option<OpError>) -> Self {
        let message = error.as_ref().map(ToString::to_string);
        let member = report.members.into_iter().find(|member| member.agent == *target);
        Self {
            success: report.state == SwitchState::Done,
            target: target.name().to_owned(),
            provider: report.request.provider,
            model: report.request.model,
            route_updated: report.route_updated,
            evidence: member.map(|member| member.evidence).unwrap_or_default(),
            switch: report.id,
            code: error.map(|error| error.code),
            error: message.clone(),
            message,
        }
    }
}
