//! The journal: what a switch was about to do, written before it did it.
//!
//! One create-only entry per step (`<step>.json`), one per step taken back (`undo-<step>.json`), the request first and the report last.
//! Route edits can hold header values, so what a step was about to do is sealed whole.

use agm_domain::edit::Edit;
use agm_domain::switch::Step;
use agm_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SwitchReport;
use crate::error::OpError;

/// Ended switches whose journal is kept.
pub(super) const KEPT: usize = 1000;

const REQUEST: &str = "request";
const END: &str = "end";

/// What a step does to the world, as far as it has to be taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Act {
    /// Edits of the configuration.
    #[serde(default)]
    pub(super) edits: Vec<Edit>,
    /// Agents whose configuration file is changed, with what their platform needs to take it back.
    #[serde(default)]
    pub(super) deliveries: Vec<Delivery>,
}

/// A change to an agent's configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Delivery {
    /// `manager` or `worker:<name>`.
    pub(super) agent: agm_domain::agent::AgentId,
    /// What the `agents` crate needs.
    pub(super) undo: Value,
}

/// A switch as its journal tells it.
#[derive(Debug)]
pub(super) struct Told {
    /// As it was when the switch began, or ended.
    pub(super) report: SwitchReport,
    /// Steps that began, in order, with what they were about to do.
    pub(super) began: Vec<(Step, Act)>,
}

/// Whether the switch came to its end.
pub(super) async fn has_ended(store: &Store, id: &str) -> Result<bool, OpError> {
    Ok(store.journal_has(id, END).await?)
}

/// Removes the journals of switches that ended long ago.
pub(super) async fn trim(store: &Store) -> Result<(), OpError> {
    store.journal_trim(KEPT, END).await?;
    Ok(())
}

pub(super) async fn put_request(store: &Store, report: &SwitchReport) -> Result<(), OpError> {
    Ok(store.journal_put(&report.id, REQUEST, json!({ "report": report })).await?)
}

pub(super) async fn put_begin(store: &Store, id: &str, step: Step, act: &Act) -> Result<(), OpError> {
    let clear = serde_json::to_vec(act).map_err(|error| OpError::internal(error.to_string()))?;
    let sealed = store.seal_blob(&context(id, step), &clear)?;
    match store.journal_put(id, step.as_str(), json!({ "act": sealed })).await {
        // Finishing after a crash begins the step a second time.
        Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn put_undo(store: &Store, id: &str, step: Step, left: &[String]) -> Result<(), OpError> {
    match store.journal_put(id, &format!("undo-{}", step.as_str()), json!({ "left": left })).await {
        Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn put_end(store: &Store, report: &SwitchReport) -> Result<(), OpError> {
    match store.journal_put(&report.id, END, json!({ "report": report })).await {
        Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The report as it was when the switch ended, or began.
pub(super) async fn read_report(store: &Store, id: &str) -> Result<Option<SwitchReport>, OpError> {
    let entries = store.journal(id).await?;
    let report = |name: &str| {
        let entry = entries.iter().find(|(n, _)| n == name)?;
        serde_json::from_value(entry.1.get("report")?.clone()).ok()
    };
    Ok(report(END).or_else(|| report(REQUEST)))
}

/// The whole story of a switch.
pub(super) async fn read(store: &Store, id: &str) -> Result<Option<Told>, OpError> {
    let Some(report) = read_report(store, id).await? else { return Ok(None) };
    let entries = store.journal(id).await?;
    let mut began = Vec::new();
    for step in Step::ALL {
        let Some((_, entry)) = entries.iter().find(|(name, _)| name == step.as_str()) else { continue };
        let sealed = entry.get("act").and_then(Value::as_str).unwrap_or_default();
        let clear = store.open_blob(&context(id, step), sealed)?;
        let act = serde_json::from_slice(&clear).map_err(|error| OpError::internal(format!("the journal of switch {id}: {error}")))?;
        began.push((step, act));
    }
    Ok(Some(Told { report, began }))
}

fn context(id: &str, step: Step) -> String {
    format!("switch/{id}/{}", step.as_str())
}
