//! The journal: what a switch, or a change of the default route, was about to do, written before it did it.
//!
//! One create-only entry per step (`<step>.json`), one per step taken back (`undo-<step>.json`), the request first and the end last.
//! Route edits can hold header values, so what a step was about to do is sealed whole.

use agm_domain::edit::Edit;
use agm_domain::switch::Step;
use agm_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SwitchReport;
use crate::error::OpError;
use crate::routes::DefaultChange;

/// Ended changes whose journal is kept.
pub(crate) const KEPT: usize = 1000;

/// How often the end of a change is tried to be journalled.
const ENDINGS: usize = 3;

const REQUEST: &str = "request";
const END: &str = "end";

/// What a step does to the world, as far as it has to be taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Act {
    /// Edits of the configuration.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
    /// Agents whose configuration file is changed, with what their platform needs to take it back.
    #[serde(default)]
    pub(crate) deliveries: Vec<Delivery>,
}

/// A change to an agent's configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// `manager` or `worker:<name>`.
    pub(crate) agent: agm_domain::agent::AgentId,
    /// What the `agents` crate needs.
    pub(crate) undo: Value,
}

impl Act {
    /// Edits of the configuration alone.
    pub(crate) fn edits(edits: Vec<Edit>) -> Self {
        Self { edits, ..Self::default() }
    }

    /// Whether it leaves the world as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.deliveries.is_empty()
    }
}

/// What a journal is about: its first entry, and its last one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Subject {
    /// A switch.
    Report(Box<SwitchReport>),
    /// The default route is given to another provider.
    Default(Box<DefaultChange>),
}

/// A change as its journal tells it.
#[derive(Debug)]
pub(crate) struct Told {
    /// As it was when it began, or ended.
    pub(crate) subject: Subject,
    /// Steps that began, in order, with what they were about to do.
    pub(crate) began: Vec<(Step, Act)>,
}

/// Whether the change came to its end.
pub(crate) async fn has_ended(store: &Store, id: &str) -> Result<bool, OpError> {
    Ok(store.journal_has(id, END).await?)
}

/// Removes the journals of changes that ended long ago.
pub(crate) async fn trim(store: &Store) -> Result<(), OpError> {
    store.journal_trim(KEPT, END).await?;
    Ok(())
}

pub(crate) async fn put_request(store: &Store, id: &str, subject: &Subject) -> Result<(), OpError> {
    Ok(store.journal_put(id, REQUEST, json!(subject)).await?)
}

pub(crate) async fn put_begin(store: &Store, id: &str, step: Step, act: &Act) -> Result<(), OpError> {
    let clear = serde_json::to_vec(act).map_err(|error| OpError::internal(error.to_string()))?;
    let sealed = store.seal_blob(&context(id, step), &clear)?;
    match store.journal_put(id, step.as_str(), json!({ "act": sealed })).await {
        // Finishing after a crash begins the step a second time.
        Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn put_undo(store: &Store, id: &str, step: Step, left: &[String]) -> Result<(), OpError> {
    match store.journal_put(id, &format!("undo-{}", step.as_str()), json!({ "left": left })).await {
        Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Writes the end, and tries that more than once: what is acknowledged has to survive.
pub(crate) async fn put_end(store: &Store, id: &str, subject: &Subject) {
    for _ in 0..ENDINGS {
        match store.journal_put(id, END, json!(subject)).await {
            Ok(()) | Err(agm_store::Error::JournalTaken { .. }) => return,
            Err(error) => tracing::error!(change = %id, %error, "the end of a change could not be journalled"),
        }
    }
}

/// What a journal is about, as it was when it ended, or began.
pub(crate) async fn read_subject(store: &Store, id: &str) -> Result<Option<Subject>, OpError> {
    let entries = store.journal(id).await?;
    let subject = |name: &str| {
        let (_, entry) = entries.iter().find(|(n, _)| n == name)?;
        serde_json::from_value(entry.clone()).ok()
    };
    Ok(subject(END).or_else(|| subject(REQUEST)))
}

/// The report of a switch as it was when it ended, or began.
pub(crate) async fn read_report(store: &Store, id: &str) -> Result<Option<SwitchReport>, OpError> {
    Ok(match read_subject(store, id).await? {
        Some(Subject::Report(report)) => Some(*report),
        Some(Subject::Default(_)) | None => None,
    })
}

/// The whole story of a change.
pub(crate) async fn read(store: &Store, id: &str) -> Result<Option<Told>, OpError> {
    let Some(subject) = read_subject(store, id).await? else { return Ok(None) };
    let entries = store.journal(id).await?;
    let mut began = Vec::new();
    for step in Step::ALL {
        let Some((_, entry)) = entries.iter().find(|(name, _)| name == step.as_str()) else { continue };
        let sealed = entry.get("act").and_then(Value::as_str).unwrap_or_default();
        let clear = store.open_blob(&context(id, step), sealed)?;
        let act = serde_json::from_slice(&clear).map_err(|error| OpError::internal(format!("the journal of {id}: {error}")))?;
        began.push((step, act));
    }
    Ok(Some(Told { subject, began }))
}

fn context(id: &str, step: Step) -> String {
    format!("switch/{id}/{}", step.as_str())
}
