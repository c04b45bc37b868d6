//! The background: evidence is checked again when something changed and every now and then; `model.json` is published again when somebody
//! overwrote it; and the store's lease is kept.

use std::sync::Arc;
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::evidence::{Cause, Level, Verdict};
use agm_store::{Hold, LEASE_RENEW, Leadership};
use tokio::sync::broadcast::error::RecvError;

use super::repair::TUG_OF_WAR;
use crate::agm::Agm;
use crate::events::{EventData, EventKind};
use crate::settings::Storage;

/// How long changes are collected before everything is checked again.
const SETTLE: Duration = Duration::from_millis(50);
/// How often what is known is saved.
const SAVE_EVERY: u32 = 4;

impl Agm {
    /// Starts the background work; [`Agm::shutdown`] ends it.
    pub(crate) fn watch(&self) {
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move { agm.check_forever().await }));
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move { agm.follow_traffic().await }));
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move { agm.follow_states().await }));
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move { agm.follow_host().await }));
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move { agm.keep_recovered().await }));
    }

    /// Starts to keep the lease, where there is one: before anything that may take longer than it lives.
    pub(crate) fn hold(&self) {
        if matches!(self.0.settings.storage, Storage::S3(_)) {
            let agm = self.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "it outlives the tracked tasks: their last writes need the lease; `drained` ends it"
            )]
            drop(tokio::spawn(async move { agm.keep_lease().await }));
        }
    }

    async fn check_forever(&self) {
        let mut rounds = 0_u32;
        // What was known before the start is checked at once.
        self.0.changed.notify_one();
        loop {
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = tokio::time::sleep(self.0.settings.recheck) => {}
                () = self.0.changed.notified() => tokio::time::sleep(SETTLE).await,
            }
            let agents: Vec<AgentId> = self.current().document.agents.keys().cloned().collect();
            for id in agents {
                // Each check takes its time: by now a switch may have begun.
                if !self.0.switches.busy_agents().contains(&id) {
                    self.check_in_background(&id).await;
                }
            }
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(SAVE_EVERY) && self.is_acting() {
                self.0.evidence.save(&self.0.store).await;
            }
        }
    }

    async fn check_in_background(&self, id: &AgentId) {
        if let Err(error) = self.unpublish_left_over(id).await {
            tracing::warn!(agent = %id, %error, "model.json of an agent without a model could not be taken away");
        }
        let mut evidence = self.refresh_evidence(id).await;
        // Something between the agent and its vendor changed: one request is worth knowing whether it still works.
        if evidence.of(Level::Reachable).is_some_and(|p| p.verdict == Verdict::Unknown) && self.is_acting() {
            evidence = self.check_agent(id, true).await.unwrap_or(evidence);
        }
        // The published file is agm's own copy: it is put right unasked, until somebody evidently insists on another one.
        let overwritten = evidence.drift.iter().any(|d| d.cause == Cause::ModelFileChanged && d.stopped.is_none());
        if overwritten && self.is_acting() && self.0.evidence.repairs(id, Level::Recorded) < TUG_OF_WAR {
            self.0.evidence.count_repair(id, Level::Recorded, self.now());
            match self.publish_assignment(id).await {
                Ok(()) => tracing::info!(agent = %id, "model.json was overwritten by somebody and is published again"),
                Err(error) => tracing::warn!(agent = %id, %error, "model.json could not be published again"),
            }
            self.refresh_evidence(id).await;
        }
    }

    /// An agent's own traffic can prove what it runs on.
    async fn follow_traffic(&self) {
        let mut seen = self.0.gateway.subscribe();
        loop {
            let next = tokio::select! {
                () = self.0.stopping.cancelled() => return,
                next = seen.recv() => next,
            };
            match next {
                Ok(request) => self.saw(&request).await,
                // What was missed is in the gateway's "last seen", which every check reads; that it was not counted is said.
                Err(RecvError::Lagged(count)) => self.0.hour.missed(count),
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn saw(&self, request: &Arc<agm_gateway::Seen>) {
        self.0.hour.count(request);
        self.tell(EventKind::RequestSeen, request.consumer.to_string(), EventData::Request(Arc::clone(request)));
        // A human's request in the playground says nothing of the agent whose key it brought.
        if request.playground.is_some() {
            return;
        }
        let current = self.current();
        let consumer = agm_domain::name::ConsumerName::from(&*request.consumer);
        let Some(agent) = current.document.agent_of(&consumer) else { return };
        self.agent_asked(agent, request);
        let Some(assignment) = current.document.assignments.get(&agent.id) else { return };
        let known = self.0.evidence.of(&agent.id).verdict(Level::Observed);
        let news = known != Verdict::Proven && request.model.as_deref() == Some(assignment.model.as_str());
        if news {
            self.refresh_evidence(&agent.id).await;
        }
    }

    async fn keep_lease(&self) {
        loop {
            tokio::select! {
                () = self.0.drained.cancelled() => return,
                () = tokio::time::sleep(LEASE_RENEW) => {}
            }
            let result = match self.0.store.leadership() {
                // Who cannot read the secrets does not ask to act.
                Leadership::Reading { .. } if self.secrets_are_unreadable() => Ok(()),
                Leadership::Acting { .. } => self.0.store.renew().await,
                Leadership::Reading { .. } => {
                    let hold = Hold::Lease { url: self.0.settings.management_url.clone() };
                    self.0.store.acquire(hold).await.map(drop)
                }
            };
            match result {
                // That another process holds the store is no news.
                Ok(()) | Err(agm_store::Error::NotLeader { .. }) => {}
                Err(error) => tracing::warn!(%error, "the lease could not be kept"),
            }
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the newest revision could not be read");
            }
            if !self.is_recovered() {
                self.0.leads.notify_one();
            }
        }
    }
}
