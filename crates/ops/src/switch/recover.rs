//! After a crash: a switch that had not begun to deliver is taken back; one that had is finished and verified. A change of the default route
//! knows by itself how far it had come. Stray temporary routes go.

use std::sync::atomic::Ordering;

use agm_domain::code::Code;
use agm_domain::edit::Edit;
use agm_domain::route::AiRoute;
use agm_domain::switch::{Step, StepState, SwitchState};

use super::engine::Run;
use super::journal::{self, Subject};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// How many changes back recovery looks: further than journals are kept.
const LOOKED_AT: usize = 2 * journal::KEPT;

impl Agm {
    /// Brings every unfinished change to its end.
    pub(crate) async fn recover(&self) {
        self.recover_switches().await;
        if let Err(error) = journal::trim(&self.0.store).await {
            tracing::warn!(%error, "old journals could not be removed");
        }
        if let Err(error) = self.publish_everything().await {
            tracing::warn!(%error, "not every model.json could be published; the background checks go on trying");
        }
        if let Err(error) = self.sweep_published().await {
            tracing::warn!(%error, "what is published of removed agents could not be looked through");
        }
        self.0.recovered.store(true, Ordering::Release);
    }

    async fn recover_switches(&self) {
        let ids = match self.0.store.journal_ids(None, LOOKED_AT).await {
            Ok(ids) => ids,
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read, so unfinished changes stay unfinished");
                return;
            }
        };
        // A lease that was lost and regained finds this process's own changes still running.
        let running = self.under_way();
        // Newest first: what came last is taken back first.
        for id in ids.into_iter().filter(|id| !running.contains(id)) {
            if let Err(error) = self.recover_one(&id).await {
                tracing::error!(change = %id, %error, "an unfinished change could not be brought to its end");
            }
        }
        if let Err(error) = self.sweep_probe_routes().await {
            tracing::error!(%error, "temporary routes could not be removed");
        }
    }

    async fn recover_one(&self, id: &str) -> Result<(), OpError> {
        if journal::has_ended(&self.0.store, id).await? {
            return Ok(());
        }
        let Some(told) = journal::read(&self.0.store, id).await? else { return Ok(()) };
        let report = match told.subject {
            Subject::Report(report) => *report,
            Subject::Default(change) => {
                self.recover_default(id, *change, told.began).await;
                return Ok(());
            }
        };
        let delivering = told.began.iter().any(|(step, _)| *step == Step::Deliver);
        tracing::warn!(switch = %id, delivering, "found a switch that a crash cut off");
        let mut run = Run::resumed(self.clone(), report, told.began);
        run.tell_what_is_known();
        if delivering {
            run.finish().await;
        } else {
            let error = OpError::new(Fault::Unavailable, Code::SwitchFailed, "agm was cut off before the switch delivered anything");
            run.take_back(error.hint("repeat it")).await;
        }
        Ok(())
    }

    async fn sweep_probe_routes(&self) -> Result<(), OpError> {
        let running = self.under_way();
        let mut writer = self.writer().await;
        let is_stray = |r: &&AiRoute| r.name.is_probe() && !running.iter().any(|id| r.name.as_str().ends_with(id.as_str()));
        let stray: Vec<AiRoute> = writer.document.routes.values().filter(is_stray).cloned().collect();
        for route in stray {
            Edit::DeleteRoute { route: Box::new(route) }.apply(&mut writer.document);
        }
        writer.commit(&Actor::system(), "temporary routes of a crash removed").await?;
        Ok(())
    }
}

impl Run {
    /// The journal knows which steps began, not how they ended: what came before the last one was done.
    fn tell_what_is_known(&mut self) {
        self.restore_members();
        let began: Vec<Step> = self.acts.iter().map(|(step, _)| *step).collect();
        for (index, step) in began.iter().enumerate() {
            let last = index + 1 == began.len();
            self.step(*step, |report| {
                report.state = if last { StepState::Running } else { StepState::Done };
                "before the crash".clone_into(&mut report.sentence);
            });
        }
    }

    /// The members as the `record` step had them.
    fn restore_members(&mut self) {
        let record = self.acts.iter().find(|(step, _)| *step == Step::Record).map(|(_, act)| act.edits.clone()).unwrap_or_default();
        let members: Vec<super::MemberReport> = record
            .into_iter()
            .filter_map(|edit| match edit {
                Edit::Assign { agent, from, to: Some(to) } => Some(super::MemberReport {
                    agent,
                    from: from.map(|from| *from),
                    to: *to,
                    joined: false,
                    needs_restart: false,
                    state: SwitchState::Running,
                    evidence: agm_domain::evidence::Evidence::default(),
                    failure: None,
                }),
                _ => None,
            })
            .collect();
        self.update(|report| report.members = members);
    }

    /// What a later change assigned is not this switch's business any more.
    fn forget_superseded(&mut self) -> Result<(), OpError> {
        let current = self.agm.current();
        self.update(|report| report.members.retain(|m| current.document.assignments.get(&m.agent) == Some(&m.to)));
        if self.now().members.is_empty() {
            // Nothing is left to take back either.
            self.acts.clear();
            let message = "every agent of this switch was assigned something else before it could be finished";
            return Err(OpError::new(Fault::Conflict, Code::SwitchFailed, message).hint("repeat it if it is still wanted"));
        }
        Ok(())
    }

    async fn finish(mut self) {
        match self.deliver_and_verify().await {
            Ok(state) => self.end(state).await,
            Err(error) => self.take_back(error).await,
        }
    }

    async fn deliver_and_verify(&mut self) -> Result<SwitchState, OpError> {
        self.forget_superseded()?;
        self.agm.publish_everything().await?;
        self.deliver().await?;
        self.load().await?;
        self.verify().await
    }
}
