//! Taking a switch back: the failed step first, then those before it, each by its inverse on what is there now.

use agm_domain::agent::AgentId;
use agm_domain::document::Document;
use agm_domain::edit::{Edit, Outcome};
use agm_domain::hybrid::{Moved, moved};
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
        let left: Vec<String> = edits.iter().rev().filter_map(|edit| self.undo_edit(edit, &mut writer.document)).collect();
        writer.commit_passing(&self.actor, format!("switch {}: {} taken back", self.id, step.as_str())).await?;
        for agent in edits.iter().filter_map(assigned) {
            self.agm.publish_assignment(agent).await?;
        }
        Ok(left)
    }

    /// Applies the inverse of an edit, unless the object is no longer ours or somebody else has come to rely on it; then says so.
    fn undo_edit(&self, edit: &Edit, document: &mut Document) -> Option<String> {
        let mut without = document.clone();
        let stays = match edit.inverse().apply(&mut without) {
            Outcome::Already => return None,
            Outcome::NotOurs { present } => present,
            Outcome::Applied => match self.relying(document, &without).first() {
                None => {
                    *document = without;
                    return None;
                }
                Some(other) => format!("{} stays as it is: {} runs on `{}` there now", named(edit), other.agent, other.model),
            },
        };
        // A route we created may serve others by now: it stays, without what only this switch needed.
        if let Edit::CreateRoute { route } = edit
            && let Some(live) = document.routes.get(&route.name).filter(|live| live.is_managed() && live.upstreams == route.upstreams)
        {
            let mut smaller = document.clone();
            let removed = Edit::remove_predicate(live, ModelPredicate::equal(&self.request.model)).apply(&mut smaller);
            if removed == Outcome::Applied && self.relying(document, &smaller).is_empty() {
                *document = smaller;
            }
        }
        Some(stays)
    }

    /// Agents outside this switch that the change would move.
    fn relying(&self, before: &Document, after: &Document) -> Vec<Moved> {
        let members: Vec<AgentId> = self.now().members.into_iter().map(|m| m.agent).collect();
        moved(before, after, &self.agm.0.switches.pending_but(&self.id), &members)
    }

    /// What was known before is known again, as far as it can still be read back.
    async fn restore_evidence(&mut self) {
        for (agent, known) in std::mem::take(&mut self.known_before) {
            self.agm.0.evidence.put_back(&agent, known);
        }
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

/// What an edit is about, for people.
fn named(edit: &Edit) -> String {
    edit.route().map_or_else(|| "the assignment".to_owned(), |route| format!("the route `{route}`"))
}

fn assigned(edit: &Edit) -> Option<&AgentId> {
    match edit {
        Edit::Assign { agent, .. } => Some(agent),
        _ => None,
    }
}
