//! The configuration in force, and the only way to change it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use agm_domain::agent::AgentId;
use agm_domain::diff::{Change, diff};
use agm_domain::document::Document;
use agm_domain::edit::{Edit, Outcome};
use agm_domain::noun::Noun;
use agm_domain::secret::UNREADABLE;
use agm_domain::table::Table;
use agm_store::{Draft, Revision, RevisionHead, Store};
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;
use crate::events::{EventData, EventKind};

/// The revision in force.
#[derive(Debug)]
pub struct Current {
    /// Number, time, author, content hash.
    pub head: RevisionHead,
    /// What it says.
    pub document: Document,
    table: OnceLock<Table>,
}

impl Current {
    fn new(head: RevisionHead, document: Document) -> Self {
        Self { head, document, table: OnceLock::new() }
    }

    /// Its routes, compiled once for everybody who asks.
    pub fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::compile(&self.document).0)
    }

    /// Reads a stored revision.
    pub(crate) fn of(revision: &Revision) -> Result<Self, OpError> {
        let document = serde_json::from_value(shown(revision))
            .map_err(|error| OpError::internal(format!("revision {} cannot be understood: {error}", revision.number())))?;
        Ok(Self::new(revision.head.clone(), document))
    }
}

/// What the gateway serves: without the secrets, nothing.
pub(crate) fn served<'a>(store: &Store, document: &'a Document) -> Cow<'a, Document> {
    if store.is_read_only() { Cow::Owned(Document::default()) } else { Cow::Borrowed(document) }
}

/// What a revision says. A sealed text is never taken for the secret in it: one that could not be opened is marked.
pub(crate) fn shown(revision: &Revision) -> Value {
    let mut document = revision.document.clone();
    for pointer in &revision.unreadable {
        if let Some(secret) = document.pointer_mut(pointer) {
            *secret = UNREADABLE.into();
        }
    }
    document
}

/// The right to change the configuration: one holder at a time, so that what is computed on [`Writer::document`] is still true when it is
/// committed.
pub(crate) struct Writer {
    agm: Agm,
    guard: OwnedMutexGuard<()>,
    base: Arc<Current>,
    /// The configuration to be.
    pub(crate) document: Document,
}

impl Agm {
    /// The configuration in force.
    pub fn current(&self) -> Arc<Current> {
        self.0.current.load_full()
    }

    /// Waits for the right to change the configuration.
    pub(crate) async fn writer(&self) -> Writer {
        let guard = self.0.writing.clone().lock_owned().await;
        let base = self.current();
        let document = base.document.clone();
        Writer { agm: self.clone(), guard, base, document }
    }
}

impl Writer {
    /// The configuration in force.
    pub(crate) fn base(&self) -> &Arc<Current> {
        &self.base
    }

    /// Applies edits to the configuration to be. They were computed on it, so each of them fits.
    pub(crate) fn apply(&mut self, edits: &[Edit]) -> Result<(), OpError> {
        for edit in edits {
            if let Outcome::NotOurs { present } = edit.apply(&mut self.document) {
                return Err(OpError::internal(format!("an edit does not fit the configuration it was made for: {present}")));
            }
        }
        Ok(())
    }

    /// What a commit would change.
    pub(crate) fn changes(&self) -> Vec<Change> {
        diff(&self.base.document, &self.document)
    }

    /// Appends a revision and puts it in force. A document that did not change appends nothing.
    ///
    /// Runs in a task of its own: a caller that goes away in the middle leaves neither a half-applied change nor a stale memory of it.
    pub(crate) async fn commit(self, actor: &Actor, message: impl Into<String>) -> Result<Arc<Current>, OpError> {
        self.publish(actor, message.into(), false).await
    }

    /// The same for a state in the middle of a longer change.
    pub(crate) async fn commit_passing(self, actor: &Actor, message: impl Into<String>) -> Result<Arc<Current>, OpError> {
        self.publish(actor, message.into(), true).await
    }

    async fn publish(self, actor: &Actor, message: String, passing: bool) -> Result<Arc<Current>, OpError> {
        if self.document == self.base.document {
            return Ok(self.base);
        }
        let author = actor.name.clone();
        let tracker = self.agm.0.tasks.clone();
        let task = tracker.spawn(async move { self.append(author, message, passing).await });
        task.await.map_err(|_| OpError::internal("writing the revision was cut off"))?
    }

    async fn append(self, author: String, message: String, passing: bool) -> Result<Arc<Current>, OpError> {
        let Self { agm, guard, base, document } = self;
        let value =
            serde_json::to_value(&document).map_err(|error| OpError::internal(format!("the document cannot be written: {error}")))?;
        let draft = Draft { author, message, document: value, passing };
        let revision = match agm.0.store.append(base.head.number, draft).await {
            Ok(revision) => revision,
            Err(error) => {
                // Another process may have written meanwhile: what is newest now is in force.
                agm.reload().await?;
                return Err(error.into());
            }
        };
        let current = Arc::new(Current::new(revision.head.clone(), document));
        agm.put_in_force(&base, &current);
        drop(guard);
        Ok(current)
    }
}

impl Agm {
    /// Serves `current` from now on and tells everybody what changed.
    pub(crate) fn put_in_force(&self, before: &Current, current: &Arc<Current>) {
        self.0.current.store(current.clone());
        self.0.gateway.apply(&served(&self.0.store, &current.document));
        for change in diff(&before.document, &current.document) {
            let kind = match change.noun {
                Noun::Provider => EventKind::ProviderChanged,
                Noun::Route => EventKind::RouteChanged,
                Noun::Consumer => EventKind::ConsumerChanged,
                Noun::Agent => EventKind::AgentChanged,
                Noun::Assignment => EventKind::AssignmentChanged,
                _ => EventKind::ConfigurationChanged,
            };
            self.tell(kind, change.name.clone(), json!({ "change": change.kind }));
        }
        self.doubt(before, current);
        self.tell(EventKind::RevisionChanged, current.head.number.to_string(), json!({ "message": current.head.message }));
        self.0.changed.notify_one();
    }

    /// Puts the newest stored revision in force, if it is not already.
    pub async fn reload(&self) -> Result<(), OpError> {
        let Some(revision) = self.0.store.newest().await? else { return Ok(()) };
        let before = self.current();
        // Only ever forward: a listing that was answered before our own newest write knows less than we do.
        if revision.head.number > before.head.number {
            self.put_in_force(&before, &Arc::new(Current::of(&revision)?));
        }
        Ok(())
    }

    /// Agents whose provider, or whose way to it, changed are no longer known to reach it.
    fn doubt(&self, before: &Current, current: &Current) {
        let at = self.calling_point();
        let ways = |c: &Current, id: &AgentId, model: &str| {
            let agent = c.document.agents.get(id)?;
            let name = c.table().reach(&at, &agent.consumer, model).route?;
            // Which models a route takes, and for whom, is `routable`; where it sends them is what a request proves.
            let route = c.document.routes.get(&name)?;
            Some((route.upstreams.clone(), route.fallback_config.clone(), route.header_control.clone()))
        };
        for (id, assignment) in &current.document.assignments {
            let provider = |c: &Current| c.document.providers.get(&assignment.provider).cloned();
            let doubted = if provider(before) != provider(current) {
                self.0.evidence.doubt_reachable(id, &format!("the provider `{}` was changed since", assignment.provider))
            } else if ways(before, id, &assignment.model) != ways(current, id, &assignment.model) {
                self.0.evidence.doubt_reachable(id, "the route was changed since")
            } else {
                false
            };
            if doubted {
                self.tell(EventKind::EvidenceChanged, id.to_string(), json!(self.0.evidence.of(id)));
            }
        }
    }

    /// Publishes an event.
    pub(crate) fn tell(&self, kind: EventKind, subject: impl Into<String>, data: impl Into<EventData>) {
        self.0.events.publish(self.now(), kind, subject, self.current().head.number, data.into());
    }
}
