//! Switches.

use std::time::Duration;

use agm_domain::code::Code;
use agm_domain::switch::SwitchState;
use agm_ops::{OpError, SwitchPlan, SwitchReport, SwitchRequest};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::answer::{Page, located};
use crate::auth::Caller;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Body, Name, NoQuery, Paging, Query, Wait};
use crate::openapi::PeerErrors;
use crate::state::App;

/// A switch, and whether it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwitchAnswer {
    /// Only for a switch that came to `done`.
    pub success: bool,
    /// The switch's id.
    pub switch: String,
    /// Why it is not done: `IN_PROGRESS`, `RESTART_REQUIRED`, or the cause of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Everything known of it.
    #[serde(flatten)]
    pub report: SwitchReport,
}

impl From<SwitchReport> for SwitchAnswer {
    fn from(report: SwitchReport) -> Self {
        let error = report.error();
        Self {
            success: report.state == SwitchState::Done,
            switch: report.id.clone(),
            code: error.as_ref().map(|error| error.code),
            message: error.map(|error| error.to_string()),
            report,
        }
    }
}

/// Start a switch
///
/// Of one agent or many. 202 with its id and `Location` at once, or waited for. Waited for, a failed one answers with the status and code of
/// its cause and `details.switch`; one that needs a restart, or is not finished, 202.
#[utoipa::path(post, path = "/switches", params(Wait), request_body = SwitchRequest,
    responses((status = 200, body = SwitchAnswer), (status = 202, body = SwitchAnswer), PeerErrors))]
pub(crate) async fn start(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Wait>,
    Body(request): Body<SwitchRequest>,
) -> ApiResult<Response> {
    run(&app, &caller, request, query.wait).await
}

/// Plan a switch
///
/// The steps, what changes, who moves, what restarts, what undoing would cost. Changes nothing.
#[utoipa::path(post, path = "/switches/plan", request_body = SwitchRequest, responses((status = 200, body = SwitchPlan), PeerErrors))]
pub(crate) async fn plan(State(app): State<App>, _: NoQuery, Body(request): Body<SwitchRequest>) -> ApiResult<Json<SwitchPlan>> {
    Ok(Json(app.agm.plan_switch(&request).await?))
}

/// List switches
///
/// Newest first.
#[utoipa::path(get, path = "/switches", params(Paging), responses((status = 200, body = Page<SwitchReport>)))]
pub(crate) async fn list(State(app): State<App>, Query(paging): Query<Paging>) -> ApiResult<Json<Page<SwitchReport>>> {
    let cursor: Option<uuid::Uuid> = paging.cursor()?;
    let reports = app.agm.switches(cursor.map(|id| id.to_string()).as_deref(), paging.limit() + 1).await?;
    Ok(Json(Page::of(reports, paging.limit(), |report| report.id.clone())))
}

/// Show a switch
///
/// 200 whatever became of it; with `wait`, once it has ended.
#[utoipa::path(get, path = "/switches/{id}", params(Wait), responses((status = 200, body = SwitchAnswer)))]
pub(crate) async fn get(State(app): State<App>, Name(id): Name, Query(query): Query<Wait>) -> ApiResult<Json<SwitchAnswer>> {
    // Ids name files in the journal: nothing else is looked for there.
    let id: uuid::Uuid = id.parse().map_err(|_| ApiError::from(no_switch(&id)))?;
    let report = app.agm.wait_for_switch(&id.to_string(), query.wait.unwrap_or_default()).await?;
    Ok(Json(report.into()))
}

/// Starts a switch and answers as the caller wanted.
pub(crate) async fn run(app: &App, caller: &Caller, request: SwitchRequest, wait: Option<Duration>) -> ApiResult<Response> {
    let id = app.agm.start_switch(caller.actor(), request).await?;
    let report = match wait {
        None => app.agm.switch(&id).await?,
        Some(patience) => app.agm.wait_for_switch(&id, patience).await?,
    };
    answer(report, wait.is_some(), |report, _| SwitchAnswer::from(report))
}

/// What became of a switch, as `view` shows it: 200 once it is done, 202 with its place while it is not. One that failed is an error where it
/// was waited for; else it is told where to look, whatever happened meanwhile.
pub(crate) fn answer<T: Serialize>(
    report: SwitchReport,
    waited: bool,
    view: impl FnOnce(SwitchReport, Option<OpError>) -> T,
) -> ApiResult<Response> {
    let failed = matches!(report.state, SwitchState::Failed | SwitchState::RolledBack | SwitchState::RollbackIncomplete);
    let error = report.error();
    if report.state == SwitchState::Done {
        Ok(Json(view(report, None)).into_response())
    } else if failed && waited {
        Err(error.unwrap_or_else(|| OpError::internal("the switch failed without a reason")).into())
    } else {
        let place = format!("/api/v1/switches/{}", report.id);
        Ok(located(StatusCode::ACCEPTED, &place, &view(report, error)))
    }
}

fn no_switch(id: &str) -> OpError {
    OpError::new(agm_ops::Fault::NotFound, Code::SwitchNotFound, format!("there is no switch `{id}`"))
        .hint("`GET /api/v1/switches` lists those there are")
}
