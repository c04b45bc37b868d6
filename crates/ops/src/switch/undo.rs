//! Taking a switch back: the failed step first, then those before it, each by its inverse on what is there now.

use agm_domain::edit::{Edit, Outcome};
use agm_domain::route::ModelPredicate;
use agm_domain::switch::{Step, StepState, SwitchState};

use super::engine::Run;
use super::journal::{self, Act};
use crate::delivery;
use crate::error::OpError;

/// How often a step is tried to be taken back before it is given up and listed.
const TRIES: usize = 3;

impl Run {
    /// Takes back everything that was done, and says how that went.
    pub(super) async fn undo_all(&mut self) -> SwitchState {
        let mut acts = std::mem::take(&mut self.acts);
        let acted = acts.iter().any(|(_, act)| !act.edits.is_empty() || !act.deliveries.is_empty());
        let mut incomplete = false;
        while let Some((step, act)) = acts.pop() {
            if act.edits.is_empty() && act.deliveries.is_empty() {
                continue;
            }
            let mut left = Vec::new();
            let whole = self.undo(step, &act, &mut left).await;
            incomplete |= !whole;
            if let Err(error) = journal::put_undo(&self.agm.0.store, &self.id, step, &left).await {
                tracing::error!(switch = %self.id, %error, "taking back a step could not be journalled");
            }
            let state = if whole { StepState::Undone } else { StepState::UndoIncomplete };
            self.step(step, |report| {
                if report.state != StepState::Failed {
                    report.state = state;
                }
            });
            self.update(|report| report.left.extend(left));
        }
        self.restore_evidence().await;
        match (acted, incomplete) {
            (false, _) => SwitchState::Failed,
            (true, false) => SwitchState::RolledBack,
            (true, true) => SwitchState::RollbackIncomplete,
        }
    }

    /// Takes one step back. What is no longer ours goes to `left` and is no failure; what could not be done does too, and is one.
    async fn undo(&self, step: Step, act: &Act, left: &mut Vec<String>) -> bool {
        let mut whole = true;
        for delivery in act.deliveries.iter().rev() {
            match delivery::undo(&self.agm, &delivery.agent, &delivery.undo).await {
                Ok(notes) => left.extend(notes),
                Err(error) => {
                    whole = false;
                    left.push(error.to_string());
                }
            }
        }
        if act.edits.is_empty() {
            return whole;
        }
        for attempt in 1..=TRIES {
            match self.undo_edits(step, &act.edits).await {
                Ok(notes) => {
                    left.extend(notes);
                    return whole;
                }
                Err(error) if attempt == TRIES => left.push(format!("{} could not be taken back: {error}", step.as_str())),
                Err(error) => tracing::warn!(switch = %self.id, step = step.as_str(), %error, "taking back failed, trying again"),
            }
        }
        false
    }

    async fn undo_edits(&self, step: Step, edits: &[Edit]) -> Result<Vec<String>, OpError> {
        let mut writer = self.agm.writer().await;
        let mut left = Vec::new();
        for edit in edits.iter().rev() {
            if let Outcome::NotOurs { present } = edit.inverse().apply(&mut writer.document) {
                let shared = matches!(edit, Edit::CreateRoute { .. }) && self.leave_shared_route(edit, &mut writer.document);
                if !shared {
                    left.push(present);
                }
            }
        }
        writer.commit(&self.actor, format!("switch {}: {} taken back", self.id, step.as_str())).await?;
        for agent in edits.iter().filter_map(assigned) {
            self.agm.publish_assignment(agent).await?;
        }
        Ok(left)
    }

    /// A route we created may meanwhile serve another agent of ours: it stays, without what only we needed.
    fn leave_shared_route(&self, edit: &Edit, document: &mut agm_domain::document::Document) -> bool {
        let Edit::CreateRoute { route } = edit else { return false };
        let Some(live) = document.routes.get(&route.name) else { return false };
        let ours = ModelPredicate::equal(&self.request.model);
        let others = live.model_predicates.iter().any(|p| !route.model_predicates.contains(p));
        if !others || !live.is_managed() || live.upstreams != route.upstreams {
            return false;
        }
        let needed = document.assignments.values().any(|a| a.model == self.request.model)
            || self.agm.0.switches.pending_but(&self.id).iter().any(|w| w.model == self.request.model);
        if !needed && live.model_predicates.contains(&ours) {
            Edit::remove_predicate(live, ours).apply(document);
        }
        true
    }

    /// What is known of the agents after a rollback is what can be read back now.
    async fn restore_evidence(&self) {
        for member in self.now().members {
            let evidence = self.agm.refresh_evidence(&member.agent).await;
            self.update(|report| {
                if let Some(m) = report.members.iter_mut().find(|m| m.agent == member.agent) {
                    m.evidence = evidence;
                }
            });
        }
    }
}

fn assigned(edit: &Edit) -> Option<&agm_domain::agent::AgentId> {
    match edit {
        Edit::Assign { agent, .. } => Some(agent),
        _ => None,
    }
}
