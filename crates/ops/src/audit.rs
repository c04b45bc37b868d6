//! The audit log: who did what, and how it went.

use agm_store::AuditEntry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;
use crate::time::stamp;

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Sorts by time.
    pub id: String,
    /// RFC 3339, UTC.
    pub time: String,
    /// Who.
    pub actor: String,
    /// What: `provider.add`, `switch`, …
    pub action: String,
    /// On what.
    pub subject: String,
    /// More; no secrets.
    pub details: Value,
}

impl Agm {
    /// Takes something down. An audit log that cannot be written is logged and stops nobody: the change itself is in the revision log.
    pub async fn audit(&self, actor: &Actor, action: &str, subject: &str, details: Value) {
        let entry = json!({ "actor": actor.name, "action": action, "subject": subject, "details": details });
        if let Err(error) = self.0.store.audit(entry).await {
            tracing::error!(%error, action, subject, actor = %actor.name, "the audit log could not be written");
        }
    }

    /// The audit log, newest first; `before` is the id of the last entry seen.
    pub async fn audit_log(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<AuditView>, OpError> {
        Ok(self.0.store.audit_list(before, limit).await?.iter().map(AuditView::of).collect())
    }
}

impl AuditView {
    fn of(entry: &AuditEntry) -> Self {
        let text = |name: &str| entry.entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            id: entry.id.to_string(),
            time: stamp(entry.time),
            actor: text("actor"),
            action: text("action"),
            subject: text("subject"),
            details: entry.entry.get("details").cloned().unwrap_or_default(),
        }
    }
}
