//! The words of a switch: its steps, their states, and what is reported of them. The engine is in `ops`.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// A step, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Agent, provider and model card are settled.
    Resolve,
    /// The state before is kept.
    Snapshot,
    /// The vendor is asked directly, with its key.
    Preflight,
    /// A temporary route shows that the gateway reaches the provider.
    Stage,
    /// The routes that take the model are created or amended.
    Route,
    /// A completion through the gateway with the agent's own key.
    Probe,
    /// The assignment becomes part of a revision, and `model.json` is published.
    Record,
    /// The platform's source of truth is changed.
    Deliver,
    /// The runtime is made to take it.
    Load,
    /// Everything is read back.
    Verify,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 10] = [
        Self::Resolve,
        Self::Snapshot,
        Self::Preflight,
        Self::Stage,
        Self::Route,
        Self::Probe,
        Self::Record,
        Self::Deliver,
        Self::Load,
        Self::Verify,
    ];

    /// The step as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Snapshot => "snapshot",
            Self::Preflight => "preflight",
            Self::Stage => "stage",
            Self::Route => "route",
            Self::Probe => "probe",
            Self::Record => "record",
            Self::Deliver => "deliver",
            Self::Load => "load",
            Self::Verify => "verify",
        }
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Acting.
    Running,
    /// Done and checked.
    Done,
    /// Does not apply; the sentence says why.
    Skipped,
    /// Failed; the sentence says why.
    Failed,
    /// Was done and has been taken back.
    Undone,
    /// Could not be taken back wholly; the sentence lists what is left.
    UndoIncomplete,
}

/// Where a switch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchState {
    /// Waits for another switch of the same agent.
    Queued,
    /// Steps are running.
    Running,
    /// Everything was done and verified.
    Done,
    /// Everything is delivered; the runtime needs a restart that was not ordered.
    PendingRestart,
    /// Failed, and nothing had been changed; or, going on after failures, not every agent was switched: then `switched` in the failure's
    /// details names those who were.
    Failed,
    /// Failed, and everything was taken back.
    RolledBack,
    /// Failed, and something could not be taken back.
    RollbackIncomplete,
}

impl SwitchState {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::PendingRestart => "pending-restart",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
            Self::RollbackIncomplete => "rollback-incomplete",
        }
    }
}

/// What is known of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// Where it stands.
    pub state: StepState,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<String>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
    /// What happened, or why not, in words.
    pub sentence: String,
    /// Findings that do not stop the switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Diagnostic>,
}

impl StepReport {
    /// A step that has not begun.
    pub fn pending(step: Step) -> Self {
        Self { step, state: StepState::Pending, started_at: None, ended_at: None, sentence: String::new(), warnings: Vec::new() }
    }
}

/// What a switch may do about a restart that the runtime needs. It governs only restarts that agm itself orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Restart {
    /// Order none.
    Never,
    /// Order it now, where agm can restart the agent; one of this host it cannot.
    Now,
}
