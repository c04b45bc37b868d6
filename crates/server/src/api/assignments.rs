//! Assignments: what an agent runs on. Setting one is a switch.

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::switch::Restart;
use agm_ops::{Seen, SwitchPlan, SwitchRequest, assignment_etag};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::switches::{self, SwitchAnswer};
use crate::answer::tagged;
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, Id, IfMatch, IfMatchHeader, NoQuery, PutCondition, PutHeaders, Query, wait};
use crate::openapi::PeerErrors;
use crate::state::App;

// A switch of one agent. It is no part of `SwitchRequest`: where serde flattens one shape into another it passes over unknown members.
/// What an agent shall run on.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentRequest {
    /// Which provider.
    pub provider: String,
    /// Which model, exactly as the agent shall ask for it.
    pub model: String,
    /// Tokens; the model card's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Tokens; the model card's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// The model card's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<bool>,
    /// Whether a restart that the runtime needs is ordered. It governs only restarts that agm itself orders, and of an agent of this host it
    /// orders none: the switch ends `pending-restart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// Takes agents along whose model would reach another provider.
    #[serde(default)]
    pub move_others: bool,
}

impl AssignmentRequest {
    /// As a switch of this agent.
    pub(crate) fn of(self, target: &AgentId, seen: Seen) -> SwitchRequest {
        SwitchRequest {
            targets: vec![target.to_string()],
            provider: self.provider,
            model: self.model,
            context_window: self.context_window,
            max_tokens: self.max_tokens,
            reasoning: self.reasoning,
            restart: self.restart,
            move_others: self.move_others,
            keep_going: false,
            seen,
        }
    }
}

/// What setting an assignment answers: the switch, or in a dry run its plan.
#[derive(utoipa::ToSchema)]
#[schema(as = AssignmentAnswer)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described, never built")]
pub(crate) enum AssignmentAnswer {
    Switch(Box<SwitchAnswer>),
    Plan(Box<SwitchPlan>),
}

/// How a switch is asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// A duration (`500ms`, `30s`, `2m`; seconds without a unit), at most 300 s.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,6}(ms|s|m)?$", example = "30s")]
    #[serde(deserialize_with = "wait")]
    wait: Option<std::time::Duration>,
    /// `true` answers the plan, and changes nothing.
    #[param(required = false)]
    dry_run: bool,
}

/// Show an agent's assignment
///
/// As the documented `model.json`.
#[utoipa::path(get, path = "/agents/{id}/assignment", responses((status = 200, body = Assignment, headers(("ETag")))))]
pub(crate) async fn get(State(app): State<App>, Id(id): Id) -> ApiResult<Response> {
    let assignment = app.agm.assignment(&id)?;
    Ok(tagged(&assignment_etag(&assignment), &assignment))
}

/// Set an agent's assignment
///
/// A switch: 202 at once, or waited for.
#[utoipa::path(put, path = "/agents/{id}/assignment", params(How, PutHeaders), request_body = AssignmentRequest,
    responses((status = 200, body = AssignmentAnswer, description = "Done, or (with `dryRun`) the plan"), (status = 202, body = SwitchAnswer), PeerErrors))]
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(how): Query<How>,
    condition: PutCondition,
    Body(request): Body<AssignmentRequest>,
) -> ApiResult<Response> {
    app.agm.agent(&id)?;
    let request = request.of(&id, condition.0);
    if how.dry_run {
        let plan: SwitchPlan = app.agm.plan_switch(&request).await?;
        return Ok(Json(plan).into_response());
    }
    switches::run(&app, &caller, request, how.wait).await
}

/// Remove an agent's assignment
///
/// The agent stays registered; its published `model.json` goes.
#[utoipa::path(delete, path = "/agents/{id}/assignment", params(IfMatchHeader), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    _: NoQuery,
    IfMatch(expected): IfMatch,
) -> ApiResult<StatusCode> {
    app.agm.assignment(&id)?;
    app.agm.unassign(caller.actor(), &id, Some(expected.as_str()).filter(|expected| *expected != "*")).await?;
    Ok(StatusCode::NO_CONTENT)
}
