//! A switch that was cut off, by a crash or because agm was stopped, as its journal tells it, and the way to its end: on from where it was, or back.

use agm_domain::code::Code;
use agm_domain::edit::Edit;
use agm_domain::switch::{Step, StepState, SwitchState};

use super::engine::Run;
use super::journal::{Act, Told};
use super::{MemberReport, SwitchFailure, SwitchReport};
use crate::agm::Agm;
use crate::delivery;
use crate::error::{Fault, OpError};

impl Run {
    /// Brings it to its end. Taking back goes on once it was decided; otherwise `deliver` divides what is taken back from what is finished.
    pub(super) async fn recover(agm: Agm, report: SwitchReport, told: Told) {
        let delivering = told.began.iter().any(|(step, _)| *step == Step::Deliver);
        tracing::warn!(switch = %report.id, delivering, taken_back = told.failure.is_some(), "found a switch that was cut off");
        let members = told.members.iter().map(|member| member.agent.clone()).collect();
        let _turn = agm.0.switches.turn(&members).await;
        let mut run = Self::told(agm.clone(), report, &told);
        run.put_back_torn_files().await;
        if told.failure.is_some() {
            run.go_back().await;
        } else if delivering {
            run.finish().await;
        } else {
            let error = OpError::new(Fault::Unavailable, Code::SwitchFailed, "agm ended before the switch delivered anything");
            run.take_back(error.hint("repeat it")).await;
        }
    }

    /// The journal knows which steps began, not how they ended: what came before the last one was done.
    fn told(agm: Agm, mut report: SwitchReport, told: &Told) -> Self {
        report.state = SwitchState::Running;
        report.members = members(told);
        report.failure.clone_from(&told.failure);
        report.left = told.undone.iter().flat_map(|(_, undone)| undone.left.clone()).collect();
        let wholly = |step: Step| told.undone.iter().any(|(other, undone)| *other == step && undone.whole);
        let acts: Vec<(Step, Act)> = told.began.iter().filter(|(step, _)| !wholly(*step)).cloned().collect();
        let mut run = Self::resumed(agm, report, acts);
        run.undone = !told.undone.is_empty();
        for (index, (step, _)) in told.began.iter().enumerate() {
            let last = index + 1 == told.began.len();
            let undone = told.undone.iter().find(|(other, _)| other == step).map(|(_, undone)| undone.whole);
            let (state, sentence) = match (undone, last, &told.failure) {
                (_, true, Some(failure)) => (StepState::Failed, failure.message.as_str()),
                (Some(true), ..) => (StepState::Undone, "before it was cut off"),
                (Some(false), ..) => (StepState::UndoIncomplete, "before it was cut off"),
                (None, true, None) => (StepState::Running, "before it was cut off"),
                (None, ..) => (StepState::Done, "before it was cut off"),
            };
            run.step(*step, |report| {
                report.state = state;
                sentence.clone_into(&mut report.sentence);
            });
        }
        run
    }

    /// A file that was being written in place may be neither the old one nor the new one. What then still cannot be read fails where it is
    /// needed, with a reason.
    async fn put_back_torn_files(&self) {
        for delivery in self.acts.iter().flat_map(|(_, act)| &act.deliveries) {
            match delivery::put_back_torn(&self.agm, &delivery.agent, delivery.before.clone()).await {
                Ok(false) => {}
                Ok(true) => tracing::warn!(agent = %delivery.agent, "a file that was half written was put back from its backup"),
                Err(error) => tracing::warn!(agent = %delivery.agent, %error, "a file could not be put back from its backup"),
            }
        }
    }

    async fn finish(mut self) {
        match self.deliver_and_verify().await {
            Ok(state) => self.end(state).await,
            Err(error) => self.take_back(error).await,
        }
    }

    async fn deliver_and_verify(&mut self) -> Result<SwitchState, OpError> {
        // Whoever fell out is taken back, which may have been cut off.
        for member in self.now().members.into_iter().filter(|m| m.failure.is_some()) {
            self.take_member_back(&member.agent).await?;
        }
        self.forget_superseded().await?;
        self.agm.publish_everything().await?;
        self.deliver().await?;
        self.load().await?;
        self.verify().await
    }

    /// What a later change assigned is not this switch's business any more, and neither is that agent's file.
    async fn forget_superseded(&mut self) -> Result<(), OpError> {
        let current = self.agm.current();
        let superseded = |m: &MemberReport| current.document.assignments.get(&m.agent) != Some(&m.to);
        for member in self.live_members().into_iter().filter(superseded) {
            for (_, act) in &mut self.acts {
                act.deliveries.retain(|delivery| delivery.agent != member.agent);
            }
            self.falls_out(&member.agent, SwitchFailure::of(&too_late(&member)), SwitchState::Failed).await?;
        }
        if !self.live_members().is_empty() {
            return Ok(());
        }
        let message = "no agent of this switch was left to be switched when it could be finished";
        Err(OpError::new(Fault::Conflict, Code::SwitchFailed, message).hint("repeat it if it is still wanted"))
    }
}

fn too_late(member: &MemberReport) -> OpError {
    let message = format!("{} was assigned something else before the switch could be finished", member.agent);
    OpError::new(Fault::Conflict, Code::SwitchFailed, message).hint("repeat the switch if it is still wanted")
}

/// The members as they were planned, and who of them fell out.
fn members(told: &Told) -> Vec<MemberReport> {
    let recorded = |member: &MemberReport| {
        let edits = told.began.iter().filter(|(step, _)| *step == Step::Record).flat_map(|(_, act)| &act.edits);
        edits.into_iter().any(|edit| matches!(edit, Edit::Assign { agent, .. } if *agent == member.agent))
    };
    let mut members = told.members.clone();
    for failed in &told.failed {
        let Some(member) = members.iter_mut().find(|m| m.agent == failed.agent) else { continue };
        member.state = if recorded(member) { SwitchState::RolledBack } else { SwitchState::Failed };
        member.failure = Some(failed.failure.clone());
    }
    members
}
