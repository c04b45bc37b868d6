//! Checking: each level against what can be read now.

use std::time::Duration;

use agm_agents::openclaw::log::Loaded;
use agm_agents::standalone::Delivered;
use agm_domain::agent::{Agent, AgentId};
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::evidence::{Cause, Drift, Evidence, Level, Proof, Verdict};
use jiff::SignedDuration;
use serde_json::json;
use tokio::time::Instant;

use super::book::Found;
use super::repair::TUG_OF_WAR;
use crate::agm::Agm;
use crate::current::Current;
use crate::delivery;
use crate::error::OpError;
use crate::events::EventKind;
use crate::time::stamp;

/// How often a check is begun again that something overtook.
const TRIES: usize = 3;

/// After how long an agent that has said nothing about a change of its file will not. OpenClaw says it within a second.
const QUIET: SignedDuration = SignedDuration::from_secs(10);

/// How often a log is looked at while a line is waited for.
const POLL: Duration = Duration::from_millis(100);

/// Proofs and drift of one check.
struct Findings<'a> {
    agm: &'a Agm,
    agent: &'a Agent,
    known: Evidence,
    proofs: Vec<Proof>,
    drift: Vec<Drift>,
}

impl Agm {
    /// How far an agent's assignment took effect, as last checked.
    pub fn evidence(&self, id: &AgentId) -> Result<Evidence, OpError> {
        if !self.current().document.agents.contains_key(id) {
            return Err(OpError::no_agent(id));
        }
        Ok(self.0.evidence.of(id))
    }

    /// Checks now; with `probe`, also sends a real request as the agent.
    pub async fn check_agent(&self, id: &AgentId, probe: bool) -> Result<Evidence, OpError> {
        if probe {
            self.readable()?;
        }
        let beginning = self.0.evidence.beginning(id);
        let current = self.current();
        let agent = current.document.agents.get(id).ok_or_else(|| OpError::no_agent(id))?;
        if let (true, Some(assignment)) = (probe, current.document.assignments.get(id)) {
            let trial = self.probe(&agent.consumer, &assignment.model, false).await;
            let mut proof = crate::switch::reachable(&trial, self.stamp(), crate::switch::OWN_KEY);
            if let Some(other) = trial.provider.as_deref().filter(|p| trial.success && *p != assignment.provider.as_str()) {
                proof.verdict = Verdict::Contradicted;
                proof.fact = format!("`{}` was answered by `{other}` instead of `{}`", assignment.model, assignment.provider);
            }
            self.keep(id, assignment, Found { beginning, proofs: vec![proof], drift: None });
        }
        Ok(self.refresh_evidence(id).await)
    }

    /// Waits until the running agent says that it took, or refused, the delivery.
    pub(crate) async fn wait_for_loading(&self, id: &AgentId, until: Instant) -> Option<String> {
        loop {
            let current = self.current();
            let file = current.document.agents.get(id)?.config_file.as_ref()?;
            let delivered = self.0.evidence.delivered(id)?;
            match delivery::loaded(self, file, &delivered).await {
                Ok(Loaded::Yes(line) | Loaded::No(line)) => return Some(line.line),
                Ok(Loaded::NotYet) if Instant::now() < until => tokio::time::sleep(POLL).await,
                Ok(Loaded::NotYet) | Err(_) => return None,
            }
        }
    }

    /// A switch was delivered: evidence starts anew, from what can be read back now.
    pub(crate) async fn begin_evidence(&self, id: &AgentId, reachable: Option<Proof>) -> Evidence {
        self.0.evidence.begin(id, self.now(), reachable);
        self.refresh_evidence(id).await
    }

    /// Checks everything that costs nothing.
    pub(crate) async fn refresh_evidence(&self, id: &AgentId) -> Evidence {
        // What was overtaken by a delivery is looked at again; whoever delivers looks at the end anyway.
        for _ in 0..TRIES {
            if let Some(evidence) = self.look(id).await {
                return evidence;
            }
        }
        self.0.evidence.of(id)
    }

    /// One check; nothing if what it looked at is no longer so.
    async fn look(&self, id: &AgentId) -> Option<Evidence> {
        let beginning = self.0.evidence.beginning(id);
        let current = self.current();
        let Some(agent) = current.document.agents.get(id) else { return Some(Evidence::default()) };
        let Some(assignment) = current.document.assignments.get(id) else {
            self.0.evidence.forget(id);
            return Some(Evidence::default());
        };
        let known = self.0.evidence.of(id);
        let mut findings = Findings { agm: self, agent, known, proofs: Vec::new(), drift: Vec::new() };
        findings.recorded(&current).await;
        findings.routable(&current, assignment);
        findings.delivered(&current, assignment).await;
        findings.observed(assignment);
        let Findings { proofs, drift, .. } = findings;
        self.keep(id, assignment, Found { beginning, proofs, drift: Some(drift) })
    }

    /// Takes down what was found about an assignment, and tells everybody what is new about it. Nothing if it came too late.
    fn keep(&self, id: &AgentId, assignment: &Assignment, found: Found) -> Option<Evidence> {
        let in_force = || self.current().document.assignments.get(id) == Some(assignment);
        let change = self.0.evidence.put(id, found, in_force)?;
        let evidence = self.0.evidence.of(id);
        if change.proofs {
            self.tell(EventKind::EvidenceChanged, id.to_string(), json!(evidence));
        }
        if change.drift {
            self.tell(EventKind::DriftChanged, id.to_string(), json!(evidence.drift));
        }
        Some(evidence)
    }
}

impl Findings<'_> {
    fn prove(&mut self, level: Level, verdict: Verdict, source: impl Into<String>, fact: impl Into<String>) {
        self.proofs.push(Proof { level, verdict, time: self.agm.stamp(), source: source.into(), fact: fact.into() });
    }

    fn drifts(&mut self, level: Level, cause: Cause, message: impl Into<String>, repairable: bool) {
        let earlier = self.known.drift.iter().find(|d| d.level == level && d.cause == cause);
        let since = earlier.map_or_else(|| self.agm.stamp(), |d| d.since.clone());
        let repairs = self.agm.0.evidence.repairs(&self.agent.id, level);
        let stopped = (repairs >= TUG_OF_WAR).then(|| {
            let message = format!("repaired {repairs} times, and somebody undid it each time");
            Diagnostic::note(Code::TugOfWar, "", message).hint("find and stop the other writer, then switch the agent again")
        });
        self.drift.push(Drift { level, cause, message: message.into(), since, repairable: repairable && stopped.is_none(), stopped });
    }

    async fn recorded(&mut self, current: &Current) {
        let source = format!("revision {}", current.head.number);
        match self.agm.published_differs(self.agent).await {
            Ok(None) => self.prove(Level::Recorded, Verdict::Proven, source, "the assignment is stored, and model.json reads back"),
            Ok(Some(found)) => {
                let fact = format!("the assignment is stored, but agents/{}/model.json was changed: {found}", self.agent.runtime_name);
                self.prove(Level::Recorded, Verdict::Contradicted, source, fact.clone());
                self.drifts(Level::Recorded, Cause::ModelFileChanged, fact, true);
            }
            Err(error) => self.prove(Level::Recorded, Verdict::Unknown, source, error.to_string()),
        }
    }

    fn routable(&mut self, current: &Current, assignment: &Assignment) {
        let at = self.agm.calling_point();
        let reach = current.table().reach(&at, &self.agent.consumer, &assignment.model);
        let route = reach.route.as_ref().map_or_else(|| "no route".to_owned(), |r| format!("`{r}`"));
        let goes = reach.describe().unwrap_or_else(|| "nowhere".to_owned());
        let missing = !current.document.providers.contains_key(&assignment.provider);
        let source = "the routes in force";
        if missing {
            let message = format!("the provider `{}` no longer exists", assignment.provider);
            self.prove(Level::Routable, Verdict::Contradicted, source, message.clone());
            self.drifts(Level::Routable, Cause::ProviderRemoved, message, false);
        } else if reach.only_provider() != Some(&assignment.provider) {
            let message = match reach.route {
                Some(_) => format!("{route} sends `{}` to {goes}, not to `{}`", assignment.model, assignment.provider),
                None => format!("no route takes `{}` where agents call, at {at}", assignment.model),
            };
            self.prove(Level::Routable, Verdict::Contradicted, source, message.clone());
            self.drifts(Level::Routable, Cause::RouteChanged, message, true);
        } else if !reach.allowed {
            let message = format!("{route} refuses the consumer `{}`", self.agent.consumer);
            self.prove(Level::Routable, Verdict::Contradicted, source, message.clone());
            self.drifts(Level::Routable, Cause::ConsumerMissing, message, true);
        } else {
            let fact = format!("{route} sends `{}` of `{}` to `{goes}`", assignment.model, self.agent.consumer);
            self.prove(Level::Routable, Verdict::Proven, source, fact);
        }
    }

    async fn delivered(&mut self, current: &Current, assignment: &Assignment) {
        let Some(file) = &self.agent.config_file else {
            let why = "no configuration file is registered for this agent";
            self.prove(Level::Delivered, Verdict::NotApplicable, "agm", why);
            self.prove(Level::Loaded, Verdict::NotApplicable, "agm", why);
            return;
        };
        match delivery::drift(self.agm, self.agent, &current.document, assignment).await {
            Ok(None) => {
                let primary = delivery::read_back(self.agm, file).await.ok().and_then(|read| read.reading.primary);
                let fact = format!("the primary model is `{}`", primary.unwrap_or_default());
                self.prove(Level::Delivered, Verdict::Proven, file.path.clone(), fact);
                self.loaded().await;
            }
            Ok(Some(drift)) => {
                self.prove(Level::Delivered, Verdict::Contradicted, file.path.clone(), drift.message.clone());
                self.prove(Level::Loaded, Verdict::Unknown, file.path.clone(), "the file says something else now");
                self.drifts(Level::Delivered, drift.cause, drift.message, drift.repairable);
            }
            Err(error) => self.prove(Level::Delivered, Verdict::Unknown, file.path.clone(), error.to_string()),
        }
    }

    async fn loaded(&mut self) {
        let Some(file) = &self.agent.config_file else { return };
        let Some(log) = &file.log else {
            self.prove(Level::Loaded, Verdict::Unknown, "agm", "no log is registered, so only the agent's own traffic can show it");
            return;
        };
        let Some(delivered) = self.agm.0.evidence.delivered(&self.agent.id) else {
            self.prove(Level::Loaded, Verdict::Unknown, log.clone(), "the file says so since before agm delivered anything");
            return;
        };
        match delivery::loaded(self.agm, file, &delivered).await {
            Ok(Loaded::Yes(line)) => {
                self.agm.0.evidence.taken_now(&self.agent.id, delivered, line.clone());
                let proof =
                    Proof { level: Level::Loaded, verdict: Verdict::Proven, time: stamp(line.time), source: log.clone(), fact: line.line };
                self.proofs.push(proof);
            }
            Ok(Loaded::No(line)) => self.prove(Level::Loaded, Verdict::Contradicted, log.clone(), line.line),
            // A line that was seen once does not become untrue when the log is rotated away.
            Ok(Loaded::NotYet) if self.known.verdict(Level::Loaded) == Verdict::Proven => {}
            Ok(Loaded::NotYet) => {
                let (verdict, fact) = self.never_left(&delivered).await.map_or_else(unsaid, |fact| (Verdict::Proven, fact));
                self.prove(Level::Loaded, verdict, log.clone(), fact);
            }
            Err(error) => self.prove(Level::Loaded, Verdict::Unknown, log.clone(), error.to_string()),
        }
    }

    /// Whether the agent still runs on what a delivery has put back: its last words about its configuration are that it took a file of
    /// exactly these bytes. OpenClaw says so whenever it takes another one, and says nothing where a file is again as it has it.
    async fn never_left(&self, delivered: &Delivered) -> Option<String> {
        let file = self.agent.config_file.as_ref()?;
        let book = &self.agm.0.evidence;
        let taken = book.taken(&self.agent.id).filter(|taken| taken.delivered.after == delivered.after)?;
        let quiet = self.agm.now().duration_since(book.delivered_at(&self.agent.id)?) >= QUIET;
        let last = delivery::loaded(self.agm, file, &taken.delivered).await.ok()?;
        (quiet && last == Loaded::Yes(taken.said.clone())).then(|| format!("{}; nothing since", taken.said.line))
    }

    /// A chat request of the agent's own, begun after the delivery, with this model on this provider.
    fn observed(&mut self, assignment: &Assignment) {
        let since = self.agm.0.evidence.since(&self.agent.id);
        let seen = self.agm.0.gateway.last_seen(self.agent.consumer.as_str());
        let after = seen.into_iter().filter(|s| s.api == "chat/completions" || s.api == "messages" || s.api == "responses");
        let after = after.filter(|s| since.is_none_or(|since| s.began > since));
        let mut hits = after.filter(|s| *s.model == *assignment.model && *s.provider == *assignment.provider.as_str());
        let hit = hits.find(|s| s.status < 400 && s.outcome.proves());
        let Some(seen) = hit else { return };
        let time = stamp(seen.at);
        let source = "the agent's own traffic".to_owned();
        let fact = format!("`{}` on `{}` through `{}`, HTTP {}", seen.model, seen.provider, seen.route, seen.status);
        // Whoever uses a model has loaded it, as long as the file says nothing else by now.
        let delivered = self.proofs.iter().any(|p| p.level == Level::Delivered && p.verdict == Verdict::Proven);
        let loaded = self.proofs.iter_mut().find(|p| delivered && p.level == Level::Loaded && p.verdict == Verdict::Unknown);
        if let Some(loaded) = loaded {
            *loaded = Proof { verdict: Verdict::Proven, time: time.clone(), source: source.clone(), fact: fact.clone(), ..loaded.clone() };
        }
        self.proofs.push(Proof { level: Level::Observed, verdict: Verdict::Proven, time, source, fact });
    }
}

fn unsaid() -> (Verdict, String) {
    let fact = "no reload line yet: reload expected; that, its next request or its restart shows what it runs on";
    (Verdict::Unknown, fact.to_owned())
}
