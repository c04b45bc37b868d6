//! Taking a switch back: the failed step first, then those before it, each by its inverse on what is there now.

use agm_domain::switch::{StepState, SwitchState};

use super::MemberReport;
use super::engine::Run;
use super::take_back::{Shape, TakeBack, Taken};

impl Run {
    /// Takes back everything that was done, and says how that went.
    pub(super) async fn undo_all(&mut self) -> SwitchState {
        let acts = std::mem::take(&mut self.acts);
        // Who was assigned something else since is protected like everybody else.
        let current = self.agm.current();
        let ours = |m: &MemberReport| {
            let now = current.document.assignments.get(&m.agent);
            now == Some(&m.to) || now == m.from.as_ref()
        };
        let members = self.now().members.into_iter().filter(ours).map(|m| m.agent).collect();
        let way = TakeBack {
            agm: &self.agm,
            actor: &self.actor,
            id: &self.id,
            what: format!("switch {}", self.id),
            shape: Shape::Switch { members, model: self.request.model.clone() },
        };
        let state = way.all(acts, |taken| self.taken_back(taken)).await;
        self.restore_evidence().await;
        if state == SwitchState::Failed && self.undone { SwitchState::RolledBack } else { state }
    }

    fn taken_back(&self, taken: Taken) {
        let state = if taken.whole { StepState::Undone } else { StepState::UndoIncomplete };
        self.step(taken.step, |report| {
            if report.state != StepState::Failed {
                report.state = state;
            }
        });
        self.update(|report| report.left.extend(taken.left));
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
