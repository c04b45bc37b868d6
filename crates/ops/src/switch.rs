//! The switch: the transaction that changes what agents run on.
//!
//! A switch runs in a task of its own, step by step. Each step is journalled before it acts; a failed step is taken back first, then those
//! before it, in reverse. What was promised to the caller is read back before it is called done.

mod deliver;
mod engine;
pub(crate) mod journal;
mod members;
mod plan;
mod queue;
mod recover;
mod registry;
mod resume;
mod route;
pub(crate) mod take_back;
mod undo;
mod verify;

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::evidence::Evidence;
use agm_domain::switch::{Restart, StepReport, SwitchState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::plan::{FileChange, PlannedMember, SwitchPlan};
pub use self::recover::Unfinished;
pub(crate) use self::registry::Switches;
pub(crate) use self::route::{OWN_KEY, reachable};
use crate::error::{Fault, OpError};
use crate::seen::Seen;

/// A wish to change what agents run on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchRequest {
    /// `manager`, `worker:<name>`, a bare worker name, or `worker:*` for every Worker.
    pub targets: Vec<String>,
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
    /// With several targets: go on when one fails, instead of taking everything back.
    #[serde(default)]
    pub keep_going: bool,
    /// On which assignment of its targets it was worked out. It is looked at when the turn of the switch comes, and kept nowhere.
    #[serde(skip)]
    pub seen: Seen,
}

impl SwitchRequest {
    /// Refuses it where its targets have another assignment than was seen.
    fn is_still_wanted<'a>(&self, document: &Document, targets: impl IntoIterator<Item = &'a AgentId>) -> Result<(), OpError> {
        targets.into_iter().try_for_each(|id| self.seen.is_assignment(id, document.assignments.get(id)))
    }
}

/// What is known of a switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchReport {
    /// Sorts by time.
    pub id: String,
    /// Where it stands.
    pub state: SwitchState,
    /// What was asked for.
    pub request: SwitchRequest,
    /// Who asked.
    pub author: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// The agents, in order of their ids.
    pub members: Vec<MemberReport>,
    /// The backup that was taken: a revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// Whether routes were changed.
    #[serde(default)]
    pub route_updated: bool,
    /// What the routes' change looks like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Change>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SwitchFailure>,
    /// What is no longer ours, or could not be taken back, with its present value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

/// One agent of a switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberReport {
    /// Which agent.
    #[schema(value_type = String)]
    pub agent: AgentId,
    /// What it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Assignment>,
    /// What it gets.
    pub to: Assignment,
    /// Whether it joined because it would have been moved.
    #[serde(default)]
    pub joined: bool,
    /// Whether the agent takes the change only at a restart.
    #[serde(default)]
    pub needs_restart: bool,
    /// Where it stands; differs from the switch's only when going on after failures.
    pub state: SwitchState,
    /// How far the change is proven.
    pub evidence: Evidence,
    /// Why this agent failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SwitchFailure>,
}

/// The member of a failure's details that names the agents which were switched all the same.
const SWITCHED: &str = "switched";

/// Why a switch failed, as the error of the operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwitchFailure {
    /// Stable, for programs.
    pub code: Code,
    /// What failed and on what.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whose doing.
    pub fault: Fault,
    /// More, for programs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl SwitchFailure {
    pub(crate) fn of(error: &OpError) -> Self {
        Self {
            code: error.code,
            message: error.message.clone(),
            hint: error.hint.clone(),
            fault: error.fault,
            details: (*error.details).clone(),
        }
    }

    /// The error that the operation answers with.
    pub fn to_error(&self) -> OpError {
        OpError {
            fault: self.fault,
            code: self.code,
            message: self.message.clone(),
            hint: self.hint.clone(),
            details: Box::new(self.details.clone()),
        }
    }
}

impl SwitchReport {
    /// Remarks of all steps.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.steps.iter().flat_map(|s| &s.warnings)
    }

    /// Whether it failed for some of its agents only: the others run on what was asked for.
    pub fn is_partial(&self) -> bool {
        let switched = self.failure.as_ref().and_then(|f| f.details.get(SWITCHED)?.as_array());
        self.state == SwitchState::Failed && switched.is_some_and(|agents| !agents.is_empty())
    }

    /// What a caller that waited is told when the switch did not come to `done`.
    pub fn error(&self) -> Option<OpError> {
        let with = |error: OpError| error.detail("switch", Value::String(self.id.clone()));
        match self.state {
            SwitchState::Done => None,
            SwitchState::Queued | SwitchState::Running => {
                let message = format!("switch {} is still {}", self.id, self.state.as_str());
                Some(with(
                    OpError::new(Fault::Conflict, Code::InProgress, message).hint("`agm status` and `agm agent show` show where it stands"),
                ))
            }
            SwitchState::PendingRestart => {
                let message = "everything is delivered; the agent takes it at its next restart";
                Some(with(
                    OpError::new(Fault::Conflict, Code::RestartRequired, message)
                        .hint("restart the agent; agm restarts no agent of this host"),
                ))
            }
            SwitchState::Failed | SwitchState::RolledBack => self.failure.as_ref().map(|f| with(f.to_error())),
            SwitchState::RollbackIncomplete => {
                let cause = self.failure.as_ref().map(|f| f.message.clone()).unwrap_or_default();
                let message = format!("the switch failed ({cause}) and could not be taken back wholly: {}", self.left.join("; "));
                let error =
                    OpError::new(Fault::Internal, Code::RollbackIncomplete, message).hint("mend what is listed, then repeat the switch");
                Some(with(error).detail("left", serde_json::json!(self.left)))
            }
        }
    }
}
