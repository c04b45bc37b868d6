//! `verify`: everything is read back from where the agents read.

use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::name::PROBE_PREFIX;
use agm_domain::switch::{Step, SwitchState};

use super::SwitchFailure;
use super::engine::Run;
use super::journal::Act;
use crate::error::{Fault, OpError};

impl Run {
    /// Reads everything back; the evidence of every agent starts anew from it.
    pub(super) async fn verify(&mut self) -> Result<SwitchState, OpError> {
        self.begin(Step::Verify, Act::default()).await?;
        let current = self.agm.current();
        let stray = format!("{PROBE_PREFIX}{}", self.id);
        if current.document.routes.contains_key(stray.as_str()) {
            return Err(OpError::internal(format!("the temporary route `{stray}` is still there")));
        }
        let mut proven = Vec::new();
        for member in self.live_members() {
            let evidence = self.agm.begin_evidence(&member.agent, member.evidence.of(Level::Reachable).cloned()).await;
            let broken = evidence.proofs.iter().find(|p| p.level != Level::Observed && p.verdict == Verdict::Contradicted);
            if let Some(proof) = broken {
                let message = format!("{} is not {}: {}", member.agent, proof.level.as_str(), proof.fact);
                return Err(
                    OpError::new(Fault::Conflict, Code::SwitchFailed, message).hint("somebody else may be writing there; look and repeat")
                );
            }
            proven.push(format!("{}: {}", member.agent, evidence.proven().map_or("nothing proven", Level::as_str)));
            let waits = member.needs_restart && !matches!(evidence.verdict(Level::Loaded), Verdict::Proven);
            self.update(|report| {
                if let Some(m) = report.members.iter_mut().find(|m| m.agent == member.agent) {
                    m.evidence = evidence;
                    m.state = if waits { SwitchState::PendingRestart } else { SwitchState::Done };
                }
            });
        }
        self.done(Step::Verify, format!("read back; {}", proven.join(", ")));
        let members = self.now().members;
        let failed: Vec<String> = members.iter().filter(|m| m.failure.is_some()).map(|m| m.agent.to_string()).collect();
        if failed.is_empty() {
            let waits = members.iter().any(|m| m.state == SwitchState::PendingRestart);
            return Ok(if waits { SwitchState::PendingRestart } else { SwitchState::Done });
        }
        let message = format!("{} of {} agents were not switched: {}", failed.len(), members.len(), failed.join(", "));
        let error = OpError::new(Fault::Peer, Code::SwitchFailed, message).hint("each agent's own failure says why");
        self.update(|report| report.failure = Some(SwitchFailure::of(&error)));
        Ok(SwitchState::Failed)
    }
}
