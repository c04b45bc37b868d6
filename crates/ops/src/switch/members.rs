//! The agents of a switch: who still takes part, who fell out of it, and what is taken back for the latter.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::edit::Edit;
use agm_domain::switch::SwitchState;
use serde_json::json;

use super::engine::Run;
use super::journal::{self, Failed};
use super::{MemberReport, SWITCHED, SwitchFailure};
use crate::delivery;
use crate::error::{Fault, OpError};

impl Run {
    /// Members that have not failed.
    pub(super) fn live_members(&self) -> Vec<MemberReport> {
        self.now().members.into_iter().filter(|m| m.failure.is_none()).collect()
    }

    /// One agent's part failed: with `keepGoing` what was done for it is taken back and the others go on, else the switch fails.
    pub(super) async fn member_failed(&mut self, agent: &AgentId, error: OpError) -> Result<(), OpError> {
        if !self.request.keep_going {
            return Err(error);
        }
        self.falls_out(agent, SwitchFailure::of(&error), SwitchState::RolledBack).await?;
        self.take_member_back(agent).await?;
        if self.live_members().is_empty() { Err(error) } else { Ok(()) }
    }

    /// Takes down that an agent has no part in the switch any more; nothing is taken back.
    pub(super) async fn falls_out(&mut self, agent: &AgentId, failure: SwitchFailure, state: SwitchState) -> Result<(), OpError> {
        journal::put_failed(&self.agm.0.store, &self.id, &Failed { agent: agent.clone(), failure: failure.clone() }).await?;
        self.update(|report| {
            if let Some(failed) = report.members.iter_mut().find(|m| m.agent == *agent) {
                failed.failure = Some(failure);
                failed.state = state;
            }
        });
        Ok(())
    }

    /// Takes back what was delivered and recorded for one agent, as far as it still shows. Done twice it changes nothing more.
    pub(super) async fn take_member_back(&mut self, agent: &AgentId) -> Result<(), OpError> {
        let Some(member) = self.now().members.into_iter().find(|m| m.agent == *agent) else { return Ok(()) };
        let theirs = self.acts.iter().rev().flat_map(|(_, act)| act.deliveries.iter().rev()).filter(|delivery| delivery.agent == *agent);
        let mut left = Vec::new();
        for delivery in theirs {
            left.extend(delivery::undo(&self.agm, agent, &delivery.undo).await?);
        }
        for (_, act) in &mut self.acts {
            act.deliveries.retain(|delivery| delivery.agent != *agent);
        }
        let mut writer = self.agm.writer().await;
        // Where it says something else by now, that is somebody else's wish.
        Edit::Assign { agent: agent.clone(), from: Some(Box::new(member.to)), to: member.from.map(Box::new) }.apply(&mut writer.document);
        writer.commit(&self.actor, format!("switch {}: {agent} taken back", self.id)).await?;
        self.agm.publish_assignment(agent).await?;
        if let Some(known) = self.known_before.get(agent) {
            self.agm.0.evidence.put_back(agent, known.clone());
        }
        let evidence = self.agm.refresh_evidence(agent).await;
        self.update(|report| {
            report.left.extend(left);
            if let Some(member) = report.members.iter_mut().find(|m| m.agent == *agent) {
                member.evidence = evidence;
            }
        });
        Ok(())
    }

    /// An agent that fell out keeps its old model, which the new routes must not have taken away from it.
    pub(super) fn nobody_is_left_moved(&self) -> Result<(), OpError> {
        let current = self.agm.current();
        for member in self.now().members.iter().filter(|m| m.failure.is_some()) {
            let (Some(from), Some(agent)) = (&member.from, current.document.agents.get(&member.agent)) else { continue };
            let reach = current.table().reach(&self.agm.calling_point(), &agent.consumer, &from.model);
            if reach.only_provider() != Some(&from.provider) {
                let message =
                    format!("{} could not be switched, and its `{}` would no longer reach `{}`", member.agent, from.model, from.provider);
                let error = OpError::new(Fault::Conflict, Code::RouteConflict, message);
                return Err(error.hint("switch it alone first, and see why it fails"));
            }
        }
        Ok(())
    }

    /// Where the switch ends when nothing more is to be done: done only if nobody fell out.
    pub(super) fn outcome(&self) -> SwitchState {
        let members = self.now().members;
        let (failed, switched): (Vec<_>, Vec<_>) = members.iter().partition(|m| m.failure.is_some());
        if failed.is_empty() {
            let waits = members.iter().any(|m| m.state == SwitchState::PendingRestart);
            return if waits { SwitchState::PendingRestart } else { SwitchState::Done };
        }
        let names = |members: &[&MemberReport]| members.iter().map(|m| m.agent.to_string()).collect::<Vec<_>>();
        let failed = names(&failed);
        let message = format!("{} of {} agents were not switched: {}", failed.len(), members.len(), failed.join(", "));
        let error = OpError::new(Fault::Peer, Code::SwitchFailed, message).hint("each agent's own failure says why");
        let error = error.detail(SWITCHED, json!(names(&switched))).detail("failed", json!(failed));
        self.update(|report| report.failure = Some(SwitchFailure::of(&error)));
        SwitchState::Failed
    }
}
