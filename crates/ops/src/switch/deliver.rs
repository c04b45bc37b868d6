//! `record`, `deliver` and `load`: the wish is stored, then made true where the agent reads.

use std::time::Duration;

use agm_domain::edit::Edit;
use agm_domain::switch::{Step, StepState};

use super::MemberReport;
use super::engine::Run;
use super::journal::{Act, Delivery};
use crate::delivery;
use crate::error::OpError;

/// How long an agent's reload line is waited for. OpenClaw writes it within a second (measured: 0.55 to 0.9 s).
const LOADING: Duration = Duration::from_secs(5);

impl Run {
    /// Makes the assignments part of a revision and publishes their `model.json`.
    pub(super) async fn record(&mut self) -> Result<(), OpError> {
        let mut writer = self.agm.writer().await;
        let members = self.live_members();
        // Another process may have written since the plan.
        self.request.is_still_wanted(&writer.document, members.iter().filter(|m| !m.joined).map(|m| &m.agent))?;
        let assign = |m: &MemberReport| Edit::Assign {
            agent: m.agent.clone(),
            from: writer.document.assignments.get(&m.agent).cloned().map(Box::new),
            to: Some(Box::new(m.to.clone())),
        };
        let edits: Vec<Edit> = members.iter().map(assign).collect();
        self.begin(Step::Record, Act::edits(edits.clone())).await?;
        writer.apply(&edits)?;
        let current = writer.commit(&self.actor, format!("switch {}: {}", self.id, self.summary())).await?;
        for member in &members {
            self.agm.publish_assignment(&member.agent).await?;
        }
        self.done(Step::Record, format!("revision {}, and model.json is published", current.head.number));
        Ok(())
    }

    fn summary(&self) -> String {
        let agents: Vec<String> = self.live_members().iter().map(|m| m.agent.to_string()).collect();
        format!("{} to `{}` of `{}`", agents.join(", "), self.request.model, self.request.provider)
    }

    /// Changes the configuration files. From the moment this step is journalled, a crash is finished instead of taken back.
    pub(super) async fn deliver(&mut self) -> Result<(), OpError> {
        let current = self.agm.current();
        let known = self.live_members().into_iter().map(|m| (m.agent.clone(), self.agm.0.evidence.entry(&m.agent)));
        self.known_before = known.collect();
        let mut prepared = Vec::new();
        for member in self.live_members() {
            let Some(agent) = current.document.agents.get(&member.agent).filter(|a| a.config_file.is_some()) else { continue };
            match delivery::prepare(&self.agm, agent, &current.document, &member.to).await {
                Ok(edit) => prepared.push((member, edit)),
                Err(error) => self.member_failed(&member.agent, error).await?,
            }
        }
        let deliveries =
            prepared.iter().map(|(m, edit)| Delivery { agent: m.agent.clone(), undo: edit.undo(), before: edit.before() }).collect();
        self.begin_quietly(Step::Deliver, Act { deliveries, ..Act::default() }, prepared.is_empty()).await?;
        let mut sentences = Vec::new();
        for (member, edit) in prepared {
            let needs_restart = edit.needs_restart();
            match edit.write(&self.agm).await {
                Ok(sentence) => {
                    sentences.push(sentence);
                    self.update(|report| {
                        if let Some(same) = report.members.iter_mut().find(|m| m.agent == member.agent) {
                            same.needs_restart = needs_restart;
                        }
                    });
                }
                // It may have acted before it failed.
                Err(error) => self.member_failed(&member.agent, error).await?,
            }
        }
        self.nobody_is_left_moved()?;
        if !sentences.is_empty() {
            self.done(Step::Deliver, sentences.join("; "));
        }
        Ok(())
    }

    /// OpenClaw watches its file and reloads by itself. Where it has a log, its own words are waited for; they can also be a refusal, which
    /// `verify` finds.
    pub(super) async fn load(&mut self) -> Result<(), OpError> {
        let current = self.agm.current();
        let logged = |m: &MemberReport| {
            let agent = current.document.agents.get(&m.agent)?;
            agent.config_file.as_ref().filter(|f| f.log.is_some()).map(|_| agent.id.clone())
        };
        let agents: Vec<_> = self.live_members().iter().filter_map(logged).collect();
        self.begin_quietly(Step::Load, Act::default(), agents.is_empty()).await?;
        if agents.is_empty() {
            return Ok(());
        }
        let patience = tokio::time::Instant::now() + LOADING;
        let mut said = Vec::new();
        for agent in agents {
            let heard = self.agm.wait_for_loading(&agent, patience).await;
            said.push(format!(
                "{agent}: {}",
                heard.unwrap_or_else(|| format!("no reload line within {} s: reload expected", LOADING.as_secs()))
            ));
        }
        self.done(Step::Load, said.join("; "));
        Ok(())
    }

    /// Journals a step that may turn out to have nothing to do, and is then still shown as skipped.
    async fn begin_quietly(&mut self, step: Step, act: Act, nothing: bool) -> Result<(), OpError> {
        let before = self.now().steps.into_iter().find(|s| s.step == step);
        self.begin(step, act).await?;
        if let Some(before) = before.filter(|s| nothing && s.state == StepState::Skipped) {
            self.step(step, |report| *report = before);
        }
        Ok(())
    }
}
