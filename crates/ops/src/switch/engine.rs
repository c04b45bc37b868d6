//! Running a switch: its steps in order, and what happens when one fails.

use std::collections::{BTreeMap, BTreeSet};

use agm_domain::agent::AgentId;
use agm_domain::evidence::Evidence;
use agm_domain::switch::{Step, StepReport, StepState, SwitchState};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::journal::{self, Act, Subject};
use super::plan::Resolved;
use super::queue::Turn;
use super::{MemberReport, SwitchFailure, SwitchReport, SwitchRequest};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;
use crate::events::EventKind;
use crate::evidence::Entry;

/// Revisions looked at, at a time.
const HEADS: usize = 16;

/// A switch under way.
pub(super) struct Run {
    pub(super) agm: Agm,
    pub(super) id: String,
    pub(super) actor: Actor,
    pub(super) request: SwitchRequest,
    report: watch::Sender<SwitchReport>,
    /// What was done so far, in order, to be taken back in reverse.
    pub(super) acts: Vec<(Step, Act)>,
    /// What was known of the agents before anything was delivered.
    pub(super) known_before: BTreeMap<AgentId, Option<Entry>>,
    /// Whether something was taken back before a crash.
    pub(super) undone: bool,
}

impl Agm {
    /// Starts a switch and returns its id at once. It goes on whether or not anybody waits for it.
    pub async fn start_switch(&self, actor: &Actor, request: SwitchRequest) -> Result<String, OpError> {
        self.acting()?;
        let targets = self.targets(&request.targets)?;
        self.settled(&targets)?;
        // Whatever is wrong with the request itself is told before a switch exists.
        self.resolve(&request, &targets, "").await?;
        let id = Uuid::now_v7().to_string();
        let run = Run::new(self.clone(), id.clone(), actor.clone(), request);
        // In a task of its own from the first: a caller that goes away leaves no switch that is written down and never runs.
        let (written, told) = tokio::sync::oneshot::channel();
        drop(self.0.tasks.spawn(async move {
            let journalled = journal::put_request(&run.agm.0.store, &run.id, &run.subject()).await;
            let begin = journalled.is_ok();
            if begin {
                run.agm.0.switches.add(&run.id, run.report.subscribe());
            }
            drop(written.send(journalled));
            if begin {
                run.execute(targets).await;
            }
        }));
        told.await.map_err(|_| OpError::internal("the switch was not begun"))??;
        Ok(id)
    }
}

impl Agm {
    /// The newest revision that is not in the middle of another change: what one can go back to.
    async fn last_settled(&self) -> Result<u64, OpError> {
        let head = self.current().head.clone();
        let mut before = head.passing.then_some(head.number);
        while before.is_some() {
            let heads = self.0.store.list(before, HEADS).await?;
            if let Some(settled) = heads.iter().find(|head| !head.passing) {
                return Ok(settled.number);
            }
            before = heads.last().map(|head| head.number);
        }
        Ok(head.number)
    }
}

impl Run {
    fn new(agm: Agm, id: String, actor: Actor, request: SwitchRequest) -> Self {
        let report = SwitchReport {
            id,
            state: SwitchState::Queued,
            request,
            author: actor.name.clone(),
            created_at: agm.stamp(),
            ended_at: None,
            steps: Step::ALL.into_iter().map(StepReport::pending).collect(),
            members: Vec::new(),
            snapshot: None,
            route_updated: false,
            routes: Vec::new(),
            failure: None,
            left: Vec::new(),
        };
        Self::with(agm, actor, report, Vec::new())
    }

    /// A switch that was cut off, as its journal tells it.
    pub(super) fn resumed(agm: Agm, report: SwitchReport, acts: Vec<(Step, Act)>) -> Self {
        let actor = Actor::new(report.author.clone(), crate::Role::Admin);
        let run = Self::with(agm, actor, report, acts);
        run.agm.0.switches.add(&run.id, run.report.subscribe());
        run
    }

    fn with(agm: Agm, actor: Actor, report: SwitchReport, acts: Vec<(Step, Act)>) -> Self {
        let (id, request) = (report.id.clone(), report.request.clone());
        Self { agm, id, actor, request, report: watch::Sender::new(report), acts, known_before: BTreeMap::new(), undone: false }
    }

    async fn execute(mut self, targets: BTreeSet<AgentId>) {
        match self.take_turn(targets).await {
            // The turn is held to the very end, undo included.
            Ok((_turn, resolved)) => match self.steps(resolved).await {
                Ok(state) => self.end(state).await,
                Err(error) => self.take_back(error).await,
            },
            Err(error) => self.take_back(error).await,
        }
    }

    /// Waits for the turn on every agent concerned. Who joins is known only from the plan, and the plan holds only while we have the turn,
    /// so both are settled together.
    async fn take_turn(&mut self, mut agents: BTreeSet<AgentId>) -> Result<(Turn, Resolved), OpError> {
        loop {
            let turn = self.agm.0.switches.turn(&agents).await;
            self.update(|r| r.state = SwitchState::Running);
            self.begin(Step::Resolve, Act::default()).await?;
            let targets = self.agm.targets(&self.request.targets)?;
            let resolved = self.agm.resolve(&self.request, &targets, &self.id).await?;
            let concerned: BTreeSet<AgentId> = resolved.wishes.iter().map(|w| w.agent.clone()).collect();
            if concerned.is_subset(&agents) {
                self.agm.settled(&concerned)?;
                self.agm.0.switches.want(&self.id, resolved.wishes.clone());
                return Ok((turn, resolved));
            }
            agents.extend(concerned);
        }
    }

    async fn steps(&mut self, resolved: Resolved) -> Result<SwitchState, OpError> {
        self.show_plan(&resolved);
        if resolved.plan.nothing_to_do {
            return Ok(if resolved.plan.restarts.is_empty() { SwitchState::Done } else { SwitchState::PendingRestart });
        }
        journal::put_members(&self.agm.0.store, &self.id, &self.now().members).await?;
        self.snapshot().await?;
        self.preflight().await?;
        if !resolved.routing.edits.is_empty() {
            self.stage(&resolved).await?;
            self.route().await?;
        }
        self.probe().await?;
        self.record().await?;
        self.deliver().await?;
        self.load().await?;
        self.verify().await
    }

    fn show_plan(&self, resolved: &Resolved) {
        let plan = &resolved.plan;
        let members = plan.members.iter().map(|m| {
            let failure = resolved.failed.iter().find(|(agent, _)| *agent == m.agent).map(|(_, error)| SwitchFailure::of(error));
            MemberReport {
                agent: m.agent.clone(),
                from: m.from.clone(),
                to: m.to.clone(),
                joined: m.joined,
                needs_restart: plan.restarts.contains(&m.agent.to_string()),
                state: if failure.is_some() { SwitchState::Failed } else { SwitchState::Running },
                evidence: Evidence::default(),
                failure,
            }
        });
        let members: Vec<MemberReport> = members.collect();
        let names: Vec<String> = members.iter().map(|m| m.agent.to_string()).collect();
        self.update(|report| {
            report.members = members;
            report.routes.clone_from(&plan.routes);
            for planned in plan.steps.iter().filter(|s| s.state == StepState::Skipped) {
                if let Some(step) = report.steps.iter_mut().find(|s| s.step == planned.step) {
                    step.state = StepState::Skipped;
                    step.sentence.clone_from(&planned.sentence);
                }
            }
            if let Some(step) = report.steps.iter_mut().find(|s| s.step == Step::Resolve) {
                step.warnings.clone_from(&plan.warnings);
            }
        });
        let request = &self.request;
        self.done(Step::Resolve, format!("{} to `{}` of `{}`", names.join(", "), request.model, request.provider));
        if plan.nothing_to_do {
            self.update(|report| {
                for member in &mut report.members {
                    member.evidence = self.agm.0.evidence.of(&member.agent);
                }
            });
        }
    }

    async fn snapshot(&mut self) -> Result<(), OpError> {
        self.begin(Step::Snapshot, Act::default()).await?;
        let number = self.agm.last_settled().await?;
        self.update(|r| r.snapshot = Some(number));
        self.done(Step::Snapshot, format!("revision {number} is the backup"));
        Ok(())
    }

    /// Journals that a step is about to act, then shows it as running.
    pub(super) async fn begin(&mut self, step: Step, act: Act) -> Result<(), OpError> {
        journal::put_begin(&self.agm.0.store, &self.id, step, &act).await?;
        self.acts.push((step, act));
        let now = self.agm.stamp();
        self.step(step, |report| {
            report.state = StepState::Running;
            report.started_at = Some(now);
        });
        Ok(())
    }

    /// A step is done and checked.
    pub(super) fn done(&self, step: Step, sentence: impl Into<String>) {
        let (now, sentence) = (self.agm.stamp(), sentence.into());
        self.step(step, |report| {
            report.state = StepState::Done;
            report.ended_at = Some(now);
            report.sentence = sentence;
        });
    }

    /// Changes what is reported of a step, and tells everybody.
    pub(super) fn step(&self, step: Step, change: impl FnOnce(&mut StepReport)) {
        self.update(|report| {
            if let Some(report) = report.steps.iter_mut().find(|s| s.step == step) {
                change(report);
            }
        });
        let report = self.report.borrow().steps.iter().find(|s| s.step == step).cloned();
        self.agm.tell(EventKind::SwitchStep, self.id.clone(), json!(report));
    }

    /// Changes the report.
    pub(super) fn update(&self, change: impl FnOnce(&mut SwitchReport)) {
        self.report.send_modify(change);
    }

    /// The report as it stands.
    pub(super) fn now(&self) -> SwitchReport {
        self.report.borrow().clone()
    }

    fn subject(&self) -> Subject {
        Subject::Report(Box::new(self.now()))
    }

    /// Marks the running step as failed, or the one that could not even begin, takes everything back and ends the switch.
    pub(super) async fn take_back(&mut self, error: OpError) {
        let now = self.agm.stamp();
        let steps = self.now().steps;
        let at = |state: StepState| steps.iter().find(|s| s.state == state).map(|s| s.step);
        if let Some(step) = at(StepState::Running).or_else(|| at(StepState::Pending)) {
            self.step(step, |report| {
                report.state = StepState::Failed;
                report.ended_at = Some(now);
                report.sentence = error.to_string();
            });
        }
        let failure = SwitchFailure::of(&error);
        // The decision is in the journal before its first effect: a crash in the midst of taking back goes on with taking back.
        if self.acts.iter().any(|(_, act)| !act.is_empty())
            && let Err(error) = journal::put_failure(&self.agm.0.store, &self.id, &failure).await
        {
            tracing::error!(switch = %self.id, %error, "that the switch is taken back could not be journalled");
        }
        self.update(|report| report.failure = Some(failure));
        self.go_back().await;
    }

    /// Takes everything back and ends the switch.
    pub(super) async fn go_back(&mut self) {
        let state = self.undo_all().await;
        self.end(state).await;
    }

    pub(super) async fn end(&mut self, state: SwitchState) {
        self.agm.0.switches.want_nothing(&self.id);
        let now = self.agm.stamp();
        let mut report = self.now();
        report.state = state;
        report.ended_at = Some(now);
        for member in report.members.iter_mut().filter(|m| m.failure.is_none() && !m.state.is_final()) {
            member.state = state;
        }
        // The end is in the journal before anybody hears of it: what was acknowledged survives.
        journal::put_end(&self.agm.0.store, &self.id, &Subject::Report(Box::new(report.clone()))).await;
        self.agm.audit(&self.actor, "switch", &self.id, json!({"state": state, "request": self.request})).await;
        let told = json!({"state": state, "members": report.members, "failure": report.failure});
        // Who hears of it and asks is told the same.
        self.update(|r| *r = report);
        self.agm.tell(EventKind::SwitchDone, self.id.clone(), told);
    }
}
