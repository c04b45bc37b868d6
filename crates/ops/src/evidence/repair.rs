//! Repair: what drifted is made as recorded again, as long as nobody undoes it each time.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::evidence::{Cause, Drift, Evidence, Level};
use agm_domain::hybrid::{Wish, route_wishes};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::delivery;
use crate::error::{Fault, OpError};

/// Repairs of the same thing after which somebody else is evidently at work.
pub(super) const TUG_OF_WAR: u32 = 3;

/// What a repair did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Repaired {
    /// Which agent.
    pub agent: String,
    /// What was mended, in words.
    pub repaired: Vec<String>,
    /// What could not be mended, and why.
    pub left: Vec<Diagnostic>,
    /// What is known now.
    pub evidence: Evidence,
}

/// A reload that took place.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reloaded {
    /// Which agent.
    pub target: String,
    /// The line of its log that shows it.
    pub evidence: String,
}

impl Agm {
    /// Mends what drifted about an agent.
    pub async fn repair_agent(&self, actor: &Actor, id: &AgentId, dry_run: bool) -> Result<Repaired, OpError> {
        self.acting()?;
        self.settled([id])?;
        let _turn = self.0.switches.turn(&[id.clone()].into()).await;
        let evidence = self.check_agent(id, false).await?;
        let mut done = Repaired { agent: id.to_string(), repaired: Vec::new(), left: Vec::new(), evidence };
        for drift in done.evidence.drift.clone() {
            if let Some(stopped) = drift.stopped {
                done.left.push(stopped);
            } else if !drift.repairable {
                done.left.push(Diagnostic::policy(Code::Drift, "", drift.message).hint(by_hand(drift.cause)));
            } else if dry_run {
                done.repaired.push(format!("would mend: {}", drift.message));
            } else {
                match self.mend(actor, id, &drift).await {
                    Ok(()) => {
                        self.0.evidence.count_repair(id, drift.level, self.now());
                        done.repaired.push(drift.message);
                    }
                    Err(error) => done.left.push(Diagnostic::policy(error.code, "", error.to_string())),
                }
            }
        }
        if !done.repaired.is_empty() && !dry_run {
            self.audit(actor, "agent.repair", &id.to_string(), json!({ "repaired": done.repaired })).await;
        }
        done.evidence = self.refresh_evidence(id).await;
        Ok(done)
    }

    async fn mend(&self, actor: &Actor, id: &AgentId, drift: &Drift) -> Result<(), OpError> {
        match drift.level {
            Level::Recorded => self.publish_assignment(id).await,
            Level::Delivered => self.redeliver(id).await.map(drop),
            Level::Routable => self.reroute(actor, id).await,
            Level::Reachable | Level::Loaded | Level::Observed => Err(OpError::internal("this cannot be mended from here")),
        }
    }

    /// Writes the agent's assignment into its configuration file again.
    pub(crate) async fn redeliver(&self, id: &AgentId) -> Result<Option<String>, OpError> {
        let current = self.current();
        let (Some(agent), Some(assignment)) = (current.document.agents.get(id), current.document.assignments.get(id)) else {
            return Ok(None);
        };
        if agent.config_file.is_none() {
            return Ok(None);
        }
        let prepared = delivery::prepare(self, agent, &current.document, assignment).await?;
        prepared.write(self).await.map(Some)
    }

    async fn reroute(&self, actor: &Actor, id: &AgentId) -> Result<(), OpError> {
        let mut writer = self.writer().await;
        let Some(assignment) = writer.document.assignments.get(id) else { return Ok(()) };
        let wish = Wish { agent: id.clone(), provider: assignment.provider.clone(), model: assignment.model.clone() };
        let routing = route_wishes(&writer.document, &self.calling_point(), &[wish], &self.0.switches.pending(), false, &self.stamp())?;
        writer.apply(&routing.edits)?;
        writer.commit(actor, format!("{id}: routes repaired")).await?;
        Ok(())
    }

    /// Makes an agent take its configuration. OpenClaw has no way to be asked: it watches its file. So this delivers again if need be, and
    /// succeeds only when the agent's own log shows that it took it.
    pub async fn reload_agent(&self, actor: &Actor, id: &AgentId) -> Result<Reloaded, OpError> {
        self.acting()?;
        if let Err(none) = self.assignment(id)
            && none.code != Code::AssignmentNotFound
        {
            return Err(none);
        }
        let sentence = self.redeliver(id).await?;
        let evidence = self.refresh_evidence(id).await;
        self.audit(actor, "agent.reload", &id.to_string(), json!({})).await;
        if let Some(proof) = evidence.of(Level::Loaded).filter(|p| p.verdict == agm_domain::evidence::Verdict::Proven) {
            return Ok(Reloaded { target: id.name().to_owned(), evidence: proof.fact.clone() });
        }
        let message = match sentence {
            Some(_) => format!("{id} has not said that it loaded its configuration"),
            None => format!("{id} has no configuration file here, so there is nothing that could be reloaded"),
        };
        let cure = "OpenClaw reloads by itself when its file changes; restart it if it runs without watching";
        Err(OpError::new(Fault::Conflict, Code::RestartRequired, message).hint(cure))
    }
}

fn by_hand(cause: Cause) -> &'static str {
    match cause {
        Cause::FileUnusable => "mend or replace the file, then repair again",
        Cause::ProviderRemoved => "add the provider again, or switch the agent to another one",
        _ => "switch the agent again",
    }
}
