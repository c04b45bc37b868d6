//! The journal: what a switch, or a change of the default route, was about to do, written before it did it.
//!
//! The request comes first and the end last. Between them: who is part of a switch (`members`) and who fell out of it (`failed-<agent>`), each
//! step before it acts (`<step>`), why everything is taken back, before that begins (`failure`), and each step that was taken back
//! (`undo-<step>`). Every entry is written once. Route edits can hold header values, so what a step was about to do is sealed whole.

use std::collections::BTreeSet;

use agm_domain::agent::AgentId;
use agm_domain::edit::Edit;
use agm_domain::switch::Step;
use agm_store::Store;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{MemberReport, SwitchFailure, SwitchReport};
use crate::error::OpError;
use crate::routes::DefaultChange;

/// Ended changes whose journal is kept.
pub(crate) const KEPT: usize = 1000;

/// How often the end of a change is tried to be journalled.
const ENDINGS: usize = 3;

const REQUEST: &str = "request";
const MEMBERS: &str = "members";
const FAILED: &str = "failed-";
const FAILURE: &str = "failure";
const UNDO: &str = "undo-";
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
    pub(crate) agent: AgentId,
    /// What the `agents` crate needs.
    pub(crate) undo: Value,
    /// SHA-256 of the file before.
    #[serde(default)]
    pub(crate) before: String,
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

/// A step that was taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Undone {
    /// What is no longer ours, or could not be taken back.
    #[serde(default)]
    pub(crate) left: Vec<String>,
    /// Unset where something could not be done that should have been.
    #[serde(default = "yes")]
    pub(crate) whole: bool,
}

/// An agent that fell out of a switch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) agent: AgentId,
    pub(crate) failure: SwitchFailure,
}

/// A change as its journal tells it.
#[derive(Debug)]
pub(crate) struct Told {
    /// As it was when it began, or ended.
    pub(crate) subject: Subject,
    /// Who is part of a switch; nobody before its plan stood.
    pub(crate) members: Vec<MemberReport>,
    /// Who fell out of it.
    pub(crate) failed: Vec<Failed>,
    /// Steps that began, in order, with what they were about to do.
    pub(crate) began: Vec<(Step, Act)>,
    /// Why everything is taken back, if that was decided.
    pub(crate) failure: Option<SwitchFailure>,
    /// Steps that were taken back.
    pub(crate) undone: Vec<(Step, Undone)>,
}

/// The ids of changes that did not come to their end, newest first.
pub(crate) async fn unended(store: &Store) -> Result<Vec<String>, OpError> {
    Ok(store.journal_unended(END).await?)
}

/// The agents of a switch, as far as its journal can be read.
pub(crate) async fn concerned(store: &Store, id: &str) -> BTreeSet<AgentId> {
    #[derive(Deserialize)]
    struct Named {
        agent: AgentId,
    }
    let Ok(entries) = store.journal(id).await else { return BTreeSet::new() };
    let entries = Entries { id, entries };
    if let Ok(Some(members)) = entries.read::<Vec<Named>>(MEMBERS) {
        return members.into_iter().map(|named| named.agent).collect();
    }
    let request: Value = entries.read(REQUEST).ok().flatten().unwrap_or_default();
    let targets = request.pointer("/report/request/targets").and_then(Value::as_array).cloned().unwrap_or_default();
    // `worker:*` is nobody by name.
    let named: Option<_> = targets.iter().map(|target| AgentId::parse(target.as_str()?).ok()).collect();
    named.unwrap_or_default()
}

/// Removes the journals of changes that ended long ago.
pub(crate) async fn trim(store: &Store) -> Result<(), OpError> {
    store.journal_trim(KEPT, END).await?;
    Ok(())
}

pub(crate) async fn put_request(store: &Store, id: &str, subject: &Subject) -> Result<(), OpError> {
    Ok(store.journal_put(id, REQUEST, json!(subject)).await?)
}

pub(crate) async fn put_members(store: &Store, id: &str, members: &[MemberReport]) -> Result<(), OpError> {
    put_once(store, id, MEMBERS, json!(members)).await
}

pub(crate) async fn put_failed(store: &Store, id: &str, failed: &Failed) -> Result<(), OpError> {
    put_once(store, id, &format!("{FAILED}{}", failed.agent).replace(':', "-"), json!(failed)).await
}

pub(crate) async fn put_begin(store: &Store, id: &str, step: Step, act: &Act) -> Result<(), OpError> {
    let clear = serde_json::to_vec(act).map_err(|error| OpError::internal(error.to_string()))?;
    let sealed = store.seal_blob(&context(id, step), &clear)?;
    put_once(store, id, step.as_str(), json!({ "act": sealed })).await
}

pub(crate) async fn put_failure(store: &Store, id: &str, failure: &SwitchFailure) -> Result<(), OpError> {
    put_once(store, id, FAILURE, json!(failure)).await
}

pub(crate) async fn put_undo(store: &Store, id: &str, step: Step, undone: &Undone) -> Result<(), OpError> {
    put_once(store, id, &format!("{UNDO}{}", step.as_str()), json!(undone)).await
}

/// What is done again after a crash is written a second time: the first entry stays.
async fn put_once(store: &Store, id: &str, name: &str, entry: Value) -> Result<(), OpError> {
    match store.journal_put(id, name, entry).await {
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

/// The report of a switch as it was when it ended, or began; nothing for the journal of something else.
pub(crate) async fn read_report(store: &Store, id: &str) -> Result<Option<SwitchReport>, OpError> {
    let entries = Entries { id, entries: store.journal(id).await? };
    Ok(match entries.subject()? {
        Some(Subject::Report(report)) => Some(*report),
        Some(Subject::Default(_)) | None => None,
    })
}

/// The whole story of a change; nothing where it was cut off before its first entry was whole.
pub(crate) async fn read(store: &Store, id: &str) -> Result<Option<Told>, OpError> {
    let entries = Entries { id, entries: store.journal(id).await? };
    let Some(subject) = entries.subject()? else { return Ok(None) };
    let (mut began, mut undone) = (Vec::new(), Vec::new());
    for step in Step::ALL {
        if let Some(sealed) = entries.read::<Sealed>(step.as_str())? {
            let clear = store.open_blob(&context(id, step), &sealed.act)?;
            began.push((step, serde_json::from_slice(&clear).map_err(|error| unreadable(id, step.as_str(), &error))?));
        }
        undone.extend(entries.read(&format!("{UNDO}{}", step.as_str()))?.map(|entry| (step, entry)));
    }
    let failed = entries.entries.iter().filter(|(name, _)| name.starts_with(FAILED)).map(|(name, _)| entries.read(name));
    Ok(Some(Told {
        failed: failed.filter_map(Result::transpose).collect::<Result<_, _>>()?,
        members: entries.read(MEMBERS)?.unwrap_or_default(),
        failure: entries.read(FAILURE)?,
        subject,
        began,
        undone,
    }))
}

/// What a step was about to do.
#[derive(Deserialize)]
struct Sealed {
    act: String,
}

/// The entries of a journal by their names.
struct Entries<'a> {
    id: &'a str,
    entries: Vec<(String, Value)>,
}

impl Entries<'_> {
    fn subject(&self) -> Result<Option<Subject>, OpError> {
        Ok(self.read(END)?.or(self.read(REQUEST)?))
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, OpError> {
        let entry = self.entries.iter().find(|(entry, _)| entry == name);
        entry.map(|(_, entry)| T::deserialize(entry).map_err(|error| unreadable(self.id, name, &error))).transpose()
    }
}

fn unreadable(id: &str, name: &str, error: &serde_json::Error) -> OpError {
    let message = format!("the entry `{name}` of the journal of switch {id} cannot be understood: {error}");
    OpError::internal(message).hint("run the agm version that wrote it, and let it finish")
}

fn yes() -> bool {
    true
}

fn context(id: &str, step: Step) -> String {
    format!("switch/{id}/{}", step.as_str())
}
