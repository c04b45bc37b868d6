//! `verify`: everything is read back from where the agents read.

use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::name::RouteName;
use agm_domain::switch::{Step, SwitchState};

use super::engine::Run;
use super::journal::Act;
use crate::error::{Fault, OpError};

impl Run {
    /// Reads everything back; the evidence of every agent starts anew from it.
    pub(super) async fn verify(&mut self) -> Result<SwitchState, OpError> {
        self.begin(Step::Verify, Act::default()).await?;
        let current = self.agm.current();
        let stray = RouteName::probe(&self.id);
        if current.document.routes.contains_key(&stray) {
            return Err(OpError::internal(format!("the temporary route `{stray}` is still there")));
        }
        let mut proven = Vec::new();
        for member in self.live_members() {
            let evidence = self.agm.begin_evidence(&member.agent, member.evidence.of(Level::Reachable).cloned()).await;
            if let Some(missing) = evidence.unproven() {
                let message = format!("{} {missing}", member.agent);
                let error = OpError::new(Fault::Conflict, Code::SwitchFailed, message);
                self.member_failed(&member.agent, error.hint("somebody else may be writing there; look and repeat")).await?;
                continue;
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
        self.nobody_is_left_moved()?;
        self.done(Step::Verify, format!("read back; {}", proven.join(", ")));
        Ok(self.outcome())
    }
}
