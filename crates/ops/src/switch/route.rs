//! `preflight`, `stage`, `route` and `probe`: nothing live changes before the vendor, and then the gateway's way to it, were tried.

use std::collections::BTreeMap;

use agm_domain::diff::diff;
use agm_domain::edit::Edit;
use agm_domain::evidence::{Level, Proof, Verdict};
use agm_domain::hybrid::{Wish, probe_route, route_wishes, served_model};
use agm_domain::name::{ConsumerName, ProviderName, RouteName};
use agm_domain::switch::{Step, SwitchState};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::engine::Run;
use super::journal::Act;
use super::plan::Resolved;
use super::{MemberReport, SwitchFailure};
use crate::error::OpError;
use crate::trial::Trial;

/// The consumer whose key stands in where an agent's own cannot be had.
const MANAGER: &str = "manager";

/// Probes at a time.
const PROBES: usize = 4;

impl Run {
    /// Asks the vendor directly, with its key. What the vendor refuses fails here, with its words; a network failure only warns, because the
    /// gateway may reach what we cannot.
    pub(super) async fn preflight(&mut self) -> Result<(), OpError> {
        self.begin(Step::Preflight, Act::default()).await?;
        let current = self.agm.current();
        let Some(provider) = current.document.providers.get(self.request.provider.as_str()) else {
            return Err(OpError::no_provider(&self.request.provider));
        };
        let served = served_model(&current.document, &self.agm.calling_point(), &provider.name, &self.request.model);
        let trial = self.agm.0.vendors.chat(provider, &served).await;
        match trial.failure {
            None => {
                self.done(Step::Preflight, format!("`{}` answered in {} ms", self.request.provider, trial.latency_ms));
                Ok(())
            }
            Some(failure) if failure.network => {
                let code = agm_domain::code::Code::VendorUnreachable;
                let warning = agm_domain::diagnostic::Diagnostic::note(code, "/provider", failure.message.clone()).hint(failure.hint);
                self.step(Step::Preflight, |report| report.warnings.push(warning));
                self.done(Step::Preflight, format!("not reached from here, the probe decides: {}", failure.message));
                Ok(())
            }
            Some(failure) => Err(failure.into_error(&format!("`{}` refused `{}`", self.request.provider, self.request.model))),
        }
    }

    /// Shows on a temporary route that the gateway reaches the provider, before any live traffic can get there.
    pub(super) async fn stage(&mut self, resolved: &Resolved) -> Result<(), OpError> {
        let mut writer = self.agm.writer().await;
        let Some(prober) = prober(&resolved.wishes, &writer.document) else {
            return Err(OpError::internal("no agent of the switch has a consumer"));
        };
        let provider = ProviderName::from(self.request.provider.as_str());
        let served = served_model(&writer.document, &self.agm.calling_point(), &provider, &self.request.model);
        let route = probe_route(&writer.document, &self.id, &provider, &served, &prober, &self.agm.stamp());
        let edit = Edit::CreateRoute { route: Box::new(route) };
        self.begin(Step::Stage, Act::edits(vec![edit.clone()])).await?;
        writer.apply(&[edit])?;
        writer.commit_passing(&self.actor, format!("switch {}: temporary route", self.id)).await?;
        let trial = self.agm.probe(&prober, RouteName::probe(&self.id).as_str(), false).await;
        if let Some(failure) = trial.failure {
            return Err(failure.into_error("the gateway could not use the provider"));
        }
        if trial.provider.as_deref() != Some(provider.as_str()) {
            let who = trial.provider.as_deref().unwrap_or("nobody known");
            return Err(OpError::internal(format!("the temporary route was answered by {who} instead of `{provider}`")));
        }
        self.done(Step::Stage, format!("`{provider}` answered on the temporary route in {} ms", trial.latency_ms));
        Ok(())
    }

    /// Publishes the routing, computed anew on the configuration as it is now, and takes the temporary route away.
    pub(super) async fn route(&mut self) -> Result<(), OpError> {
        let mut writer = self.agm.writer().await;
        let wishes = self.targets_wishes();
        let pending = self.agm.0.switches.pending_but(&self.id);
        let at = self.agm.calling_point();
        let routing = route_wishes(&writer.document, &at, &wishes, &pending, self.request.move_others, &self.agm.stamp())?;
        let members: Vec<_> = self.now().members.iter().map(|m| m.agent.clone()).collect();
        if let Some(late) = routing.joined.iter().find(|w| !members.contains(&w.agent)) {
            let message = format!("meanwhile {} was assigned `{}`, which this switch would move", late.agent, late.model);
            return Err(OpError::new(crate::Fault::Conflict, agm_domain::code::Code::RouteConflict, message).hint("repeat the switch"));
        }
        self.begin(Step::Route, Act::edits(routing.edits.clone())).await?;
        let gone = self.staged_route_gone(&writer.document);
        writer.apply(&routing.edits)?;
        writer.apply(&gone)?;
        let before = writer.base().document.clone();
        let current = writer.commit_passing(&self.actor, format!("switch {}: routes", self.id)).await?;
        let mut changes = diff(&before, &current.document);
        changes.retain(|c| !RouteName::from(c.name.as_str()).is_probe());
        let names: Vec<String> = changes.iter().map(|c| format!("`{}`", c.name)).collect();
        self.update(|report| {
            report.route_updated = !changes.is_empty();
            report.routes = changes;
        });
        self.done(Step::Route, format!("published: {}", names.join(", ")));
        Ok(())
    }

    fn staged_route_gone(&self, document: &agm_domain::document::Document) -> Vec<Edit> {
        document
            .routes
            .get(&RouteName::probe(&self.id))
            .map(|route| Edit::DeleteRoute { route: Box::new(route.clone()) })
            .into_iter()
            .collect()
    }

    /// What the targets want; those who join are found again by the routing itself.
    fn targets_wishes(&self) -> Vec<Wish> {
        let wish = |m: &MemberReport| Wish { agent: m.agent.clone(), provider: m.to.provider.clone(), model: m.to.model.clone() };
        self.now().members.iter().filter(|m| !m.joined && m.failure.is_none()).map(wish).collect()
    }

    /// A real completion through the gateway with each agent's own key, then, once for each model, a streaming one: agents stream.
    pub(super) async fn probe(&mut self) -> Result<(), OpError> {
        self.begin(Step::Probe, Act::default()).await?;
        let members = self.now().members;
        let live = || members.iter().enumerate().filter(|(_, m)| m.failure.is_none());
        let mut jobs: Vec<(usize, bool)> = live().map(|(index, _)| (index, false)).collect();
        let first_of_model: BTreeMap<&str, usize> = live().rev().map(|(i, m)| (m.to.model.as_str(), i)).collect();
        jobs.extend(first_of_model.into_values().map(|index| (index, true)));
        let results: Vec<(usize, bool, Trial)> = stream::iter(jobs)
            .map(|(index, streaming)| {
                let (agm, member) = (self.agm.clone(), members[index].clone());
                async move { (index, streaming, agm.probe_member(&member, streaming).await) }
            })
            .buffer_unordered(PROBES)
            .collect()
            .await;
        let mut slowest = 0;
        for (index, streaming, trial) in results {
            slowest = slowest.max(trial.latency_ms);
            self.judge(&members[index], streaming, &trial).await?;
        }
        self.nobody_is_left_moved()?;
        if self.now().members.iter().all(|m| m.failure.is_some()) {
            let first = self.now().members.into_iter().find_map(|m| m.failure);
            return Err(first.map_or_else(|| OpError::internal("no agent was probed"), |f| f.to_error()));
        }
        self.done(Step::Probe, format!("answered through the gateway, also streaming, within {slowest} ms"));
        Ok(())
    }

    /// Whose key the probe of a member was sent with.
    fn key_of(&self, member: &MemberReport) -> &'static str {
        let current = self.agm.current();
        let consumer = current.document.agents.get(&member.agent).and_then(|a| current.document.consumers.get(&a.consumer));
        if consumer.is_some_and(|c| c.first_key().is_some()) {
            OWN_KEY
        } else {
            "gateway, with the Manager's key: the agent's own cannot be had"
        }
    }

    /// Takes a probe's result down for its member; a failure ends the switch, or only the member's part of it.
    async fn judge(&mut self, member: &MemberReport, streaming: bool, trial: &Trial) -> Result<(), OpError> {
        let how = if streaming { "a streaming request" } else { "a request" };
        let verdict = wrong_provider(member, trial).or_else(|| {
            let what = format!("{how} of {} for `{}` failed", member.agent, member.to.model);
            trial.failure.clone().map(|failure| failure.into_error(&what))
        });
        match verdict {
            None if streaming => {}
            None => {
                let proof = reachable(trial, self.agm.stamp(), self.key_of(member));
                self.update(|report| {
                    if let Some(same) = report.members.iter_mut().find(|m| m.agent == member.agent) {
                        same.evidence.put(proof);
                    }
                });
            }
            Some(error) if self.request.keep_going => {
                // One streaming probe speaks for everybody with that model.
                let concerned = |m: &MemberReport| m.agent == member.agent || (streaming && m.to.model == member.to.model);
                for failed in self.live_members().into_iter().filter(concerned) {
                    self.falls_out(&failed.agent, SwitchFailure::of(&error), SwitchState::Failed).await?;
                }
            }
            Some(error) => return Err(error),
        }
        Ok(())
    }
}

impl crate::Agm {
    async fn probe_member(&self, member: &MemberReport, streaming: bool) -> Trial {
        let current = self.current();
        let own = current.document.agents.get(&member.agent).map(|a| a.consumer.clone());
        let has_key = |c: &ConsumerName| current.document.consumers.get(c).is_some_and(|c| c.first_key().is_some());
        let consumer = own.filter(has_key).unwrap_or_else(|| ConsumerName::from(MANAGER));
        self.probe(&consumer, &member.to.model, streaming).await
    }
}

/// Who sends the staged probe: the first agent of the switch that has a key.
fn prober(wishes: &[Wish], document: &agm_domain::document::Document) -> Option<ConsumerName> {
    let consumers = wishes.iter().filter_map(|w| document.agents.get(&w.agent)).map(|a| a.consumer.clone());
    consumers.into_iter().find(|c| document.consumers.get(c).is_some_and(|c| c.first_key().is_some()))
}

/// A 200 of the wrong provider is a failure.
fn wrong_provider(member: &MemberReport, trial: &Trial) -> Option<OpError> {
    let answered = trial.provider.as_deref().filter(|p| trial.success && *p != member.to.provider.as_str())?;
    let message = format!("`{}` was answered by `{answered}` instead of `{}`", member.to.model, member.to.provider);
    let error = OpError::new(crate::Fault::Conflict, agm_domain::code::Code::RouteConflict, message);
    Some(error.hint("`agm route explain` shows which route takes the model"))
}

/// The source of a probe's proof.
pub(crate) const OWN_KEY: &str = "gateway, with the agent's key";

pub(crate) fn reachable(trial: &Trial, now: String, source: &str) -> Proof {
    let model = trial.model.as_deref().unwrap_or("no model name");
    let provider = trial.provider.as_deref().unwrap_or("a provider");
    let fact = match &trial.failure {
        None => format!("HTTP {} from `{provider}` in {} ms, answer names `{model}`", trial.status.unwrap_or(200), trial.latency_ms),
        Some(failure) => failure.message.clone(),
    };
    let verdict = if trial.success { Verdict::Proven } else { Verdict::Contradicted };
    Proof { level: Level::Reachable, verdict, time: now, source: source.to_owned(), fact }
}
