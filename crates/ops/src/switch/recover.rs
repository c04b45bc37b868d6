//! Every change that was cut off, by a crash or because agm was stopped, is brought to its end, by the rules of its kind. Stray temporary routes go.
//!
//! Nobody writes before every one of them was tried. What could not be brought to its end is tried again at growing intervals; until then
//! its agents are not changed, and the status shows it.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::edit::Edit;
use agm_domain::route::AiRoute;
use agm_store::Leadership;
use serde::{Deserialize, Serialize};

use super::engine::Run;
use super::journal::{self, Subject};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// How long after a failure it is tried again; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A change that was cut off, by a crash or because agm was stopped, and that could not be brought to its end yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Unfinished {
    /// The id of its journal.
    pub id: String,
    /// Whom it concerns; nobody named means that this cannot be read.
    #[schema(value_type = Vec<String>)]
    pub agents: BTreeSet<AgentId>,
    /// What is in the way.
    pub reason: String,
}

impl Agm {
    /// Goes on recovering whenever this process begins to act, and while something is left.
    pub(crate) async fn keep_recovered(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let again = async {
                if self.is_recovered() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(pause).await;
            };
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = self.0.leads.notified() => pause = FIRST_PAUSE,
                () = again => pause = LONGEST_PAUSE.min(pause * 2),
            }
            if !self.is_recovered() {
                self.recover().await;
            }
        }
    }

    /// Whether nothing is left to be recovered by this process.
    pub(crate) fn is_recovered(&self) -> bool {
        match self.0.store.leadership() {
            Leadership::Acting { fencing } => self.0.recovered.load(Ordering::Acquire) == fencing && self.unfinished().is_empty(),
            Leadership::Reading { .. } => true,
        }
    }

    /// Tries to bring every unfinished change to its end.
    pub(crate) async fn recover(&self) {
        let Leadership::Acting { fencing } = self.0.store.leadership() else { return };
        if let Err(error) = self.recover_changes().await {
            tracing::error!(%error, "what was cut off could not be looked for; nothing is changed before that");
            return;
        }
        if self.0.recovered.swap(fencing, Ordering::AcqRel) == fencing {
            return;
        }
        if let Err(error) = self.publish_everything().await {
            tracing::warn!(%error, "not every model.json could be published; the background checks go on trying");
        }
        if let Err(error) = self.sweep_published().await {
            tracing::warn!(%error, "what is published of removed agents could not be looked through");
        }
        if let Err(error) = journal::trim(&self.0.store).await {
            tracing::warn!(%error, "old journals could not be removed");
        }
    }

    async fn recover_changes(&self) -> Result<(), OpError> {
        self.reload().await?;
        // A lease that was lost and regained finds this process's own changes still running.
        let running = self.under_way();
        let mut unfinished = Vec::new();
        // Newest first: what came last is taken back first.
        for id in journal::unended(&self.0.store).await?.into_iter().filter(|id| !running.contains(id)) {
            if let Err(error) = self.recover_one(&id).await {
                tracing::error!(change = %id, %error, "an unfinished change could not be brought to its end");
                let agents = journal::concerned(&self.0.store, &id).await;
                unfinished.push(Unfinished { id, agents, reason: error.to_string() });
            }
        }
        *self.0.switches.unfinished.lock().unwrap_or_else(PoisonError::into_inner) = unfinished;
        if let Err(error) = self.sweep_probe_routes().await {
            tracing::error!(%error, "temporary routes could not be removed");
        }
        Ok(())
    }

    async fn recover_one(&self, id: &str) -> Result<(), OpError> {
        let Some(told) = journal::read(&self.0.store, id).await? else { return Ok(()) };
        match told.subject.clone() {
            Subject::Report(report) => Run::recover(self.clone(), *report, told).await,
            Subject::Default(change) => self.recover_default(id, *change, told.began).await,
        }
        Ok(())
    }

    async fn sweep_probe_routes(&self) -> Result<(), OpError> {
        let running = self.under_way();
        let mut writer = self.writer().await;
        let is_stray = |r: &&AiRoute| r.name.is_probe() && !r.name.is_probe_of(&running);
        let stray: Vec<AiRoute> = writer.document.routes.values().filter(is_stray).cloned().collect();
        let edits: Vec<Edit> = stray.into_iter().map(|route| Edit::DeleteRoute { route: Box::new(route) }).collect();
        writer.apply(&edits)?;
        writer.commit(&Actor::system(), "temporary routes that were left behind removed").await?;
        Ok(())
    }

    /// What could not be brought to its end yet.
    pub(crate) fn unfinished(&self) -> Vec<Unfinished> {
        self.0.switches.unfinished.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses to change agents that a change which was cut off may have left half changed.
    pub(crate) fn settled<'a>(&self, agents: impl IntoIterator<Item = &'a AgentId>) -> Result<(), OpError> {
        let unfinished = self.unfinished();
        for agent in agents {
            if let Some(change) = unfinished.iter().find(|change| change.agents.is_empty() || change.agents.contains(agent)) {
                let message = format!(
                    "switch {} was cut off, and {agent} is not changed before it was brought to its end: {}",
                    change.id, change.reason
                );
                let error = OpError::new(Fault::Unavailable, Code::InProgress, message).detail("switch", change.id.clone().into());
                return Err(error.hint("agm tries that again by itself; remove what is in the way"));
            }
        }
        Ok(())
    }
}
