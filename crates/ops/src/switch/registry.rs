//! The switches this process knows: what runs, what it wants, and where it stands.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::hybrid::Wish;
use tokio::sync::watch;

use super::recover::Unfinished;
use super::{SwitchReport, journal};
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// Ended switches kept in memory; older ones are read from the journal.
const KEPT: usize = 64;

/// The registry.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    known: Mutex<BTreeMap<String, watch::Receiver<SwitchReport>>>,
    /// What running switches want, from their plan until their end.
    pending: Mutex<BTreeMap<String, Vec<Wish>>>,
    /// One change of the default route at a time.
    pub(crate) default_turn: tokio::sync::Mutex<()>,
    /// What was cut off and could not be brought to its end yet.
    pub(super) unfinished: Mutex<Vec<Unfinished>>,
    /// One switch at a time on an agent, in the order of asking.
    pub(super) turns: Mutex<HashMap<AgentId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Switches {
    /// The wishes of switches under way: they count as if they were assigned.
    pub(crate) fn pending(&self) -> Vec<Wish> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).values().flatten().cloned().collect()
    }

    /// The wishes of switches under way but this one.
    pub(super) fn pending_but(&self, id: &str) -> Vec<Wish> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.iter().filter(|(other, _)| *other != id).flat_map(|(_, wishes)| wishes).cloned().collect()
    }

    pub(super) fn want(&self, id: &str, wishes: Vec<Wish>) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), wishes);
    }

    pub(super) fn want_nothing(&self, id: &str) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// The ids of switches that have not ended.
    pub(crate) fn running(&self) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().filter(|(_, report)| !report.borrow().state.is_final()).map(|(id, _)| id.clone()).collect()
    }

    /// The agents of switches that have not ended.
    pub(crate) fn busy_agents(&self) -> Vec<AgentId> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let running = known.values().filter(|report| !report.borrow().state.is_final());
        running.flat_map(|report| report.borrow().members.iter().map(|m| m.agent.clone()).collect::<Vec<_>>()).collect()
    }

    pub(super) fn add(&self, id: &str, report: watch::Receiver<SwitchReport>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.to_owned(), report);
        let ended = known.values().filter(|r| r.borrow().state.is_final()).count();
        // Ids sort by time.
        let oldest: Vec<String> =
            known.iter().filter(|(_, r)| r.borrow().state.is_final()).map(|(id, _)| id.clone()).take(ended.saturating_sub(KEPT)).collect();
        for id in oldest {
            known.remove(&id);
        }
    }

    fn get(&self, id: &str) -> Option<watch::Receiver<SwitchReport>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl Agm {
    /// What is known of a switch.
    pub async fn switch(&self, id: &str) -> Result<SwitchReport, OpError> {
        if let Some(report) = self.0.switches.get(id) {
            return Ok(report.borrow().clone());
        }
        journal::read_report(&self.0.store, id).await?.ok_or_else(|| no_switch(id))
    }

    /// What is known of a switch once it has ended, or when `patience` is over.
    pub async fn wait_for_switch(&self, id: &str, patience: Duration) -> Result<SwitchReport, OpError> {
        let Some(mut report) = self.0.switches.get(id) else { return self.switch(id).await };
        // The switch goes on whether or not somebody waits.
        let ended = async { report.wait_for(|r| r.state.is_final()).await.map(|r| r.clone()) };
        match tokio::time::timeout(patience, ended).await {
            Ok(Ok(ended)) => Ok(ended),
            // Out of patience; or the switch and its sender are gone, and the journal has the end.
            Ok(Err(_)) | Err(_) => self.switch(id).await,
        }
    }

    /// Follows a switch from where it stands now.
    pub fn follow_switch(&self, id: &str) -> Option<watch::Receiver<SwitchReport>> {
        self.0.switches.get(id)
    }

    /// Switches, newest first; `before` is the id of the last one seen.
    pub async fn switches(&self, before: Option<&str>, limit: usize) -> Result<Vec<SwitchReport>, OpError> {
        let mut reports = Vec::new();
        for id in self.0.store.journal_ids(before, usize::MAX).await? {
            if reports.len() == limit {
                break;
            }
            match self.switch(&id).await {
                Ok(report) => reports.push(report),
                // The journal of something else, or one that was cut off before its first entry was whole.
                Err(error) if error.fault == Fault::NotFound => {}
                // One that cannot be read hides no other.
                Err(error) if error.fault == Fault::Internal => tracing::warn!(switch = %id, %error, "a switch is left out of the list"),
                Err(error) => return Err(error),
            }
        }
        Ok(reports)
    }
}

fn no_switch(id: &str) -> OpError {
    OpError::new(Fault::NotFound, agm_domain::code::Code::SwitchNotFound, format!("there is no switch `{id}`"))
}
