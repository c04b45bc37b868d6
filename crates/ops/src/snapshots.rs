//! Backups. Every revision is one: the list, the difference, and the way back all read the same log.

mod restore;

use agm_domain::code::Code;
use agm_domain::diff::{Change, diff};
use agm_domain::document::Document;
use agm_store::{Pin, RevisionHead};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::restore::{RestoreRequest, Restored};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::current::{Current, shown};
use crate::error::{Fault, OpError};
use crate::events::EventKind;
use crate::time::stamp;

/// A backup as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupView {
    /// The revision it is.
    pub id: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// Who made the change that led to it.
    pub author: String,
    /// Which change that was.
    pub message: String,
    /// The label of a manual backup; those are never removed by age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Equal contents have equal values; version counters do not count.
    pub content: String,
    /// Whether this is the configuration in force.
    pub current: bool,
    /// Whether it is a state in the middle of a switch: nothing to go back to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passing: bool,
}

/// One backup, with what it holds.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupDetail {
    /// The backup.
    #[serde(flatten)]
    pub backup: BackupView,
    /// What it holds; secrets masked.
    #[schema(value_type = Object)]
    pub document: serde_json::Value,
}

/// A backup that was made, or would be.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BackupMade {
    /// The backup.
    #[serde(flatten)]
    pub backup: BackupView,
    /// The label that the revision had until now, and loses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

/// What goes, or would go, with a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BackupRemoved {
    /// The revision it is.
    pub id: u64,
    /// Its label, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether the revision itself stays, because it is in force.
    pub stays: bool,
}

impl Agm {
    /// Backups, newest first; `before` is the id of the last one seen.
    pub async fn backups(&self, before: Option<u64>, limit: usize) -> Result<Vec<BackupView>, OpError> {
        let pins = self.0.store.pins().await?;
        let heads = self.0.store.list(before, limit).await?;
        Ok(heads.iter().map(|head| self.backup_view(head, &pins)).collect())
    }

    /// One backup.
    pub async fn backup(&self, id: u64) -> Result<BackupDetail, OpError> {
        let revision = self.0.store.read(id).await?;
        let pins = self.0.store.pins().await?;
        Ok(BackupDetail { backup: self.backup_view(&revision.head, &pins), document: agm_domain::redact::redact(&shown(&revision)) })
    }

    /// A manual backup: the revision in force, kept whatever its age.
    pub async fn create_backup(&self, actor: &Actor, label: &str, dry_run: bool) -> Result<BackupMade, OpError> {
        self.acting()?;
        let label = label.trim();
        if label.is_empty() || label.chars().count() > 200 || label.chars().any(char::is_control) {
            let error = OpError::new(Fault::Invalid, Code::ValidationFailed, "a backup needs a label of 1 to 200 characters on one line");
            return Err(error.detail("pointer", json!("/label")));
        }
        let current = self.current();
        let before = self.backup_view(&current.head, &self.0.store.pins().await?);
        let replaced = before.label.clone().filter(|former| former != label);
        let backup = BackupView { label: Some(label.to_owned()), ..before };
        if !dry_run {
            self.0.store.pin(current.head.number, label, &actor.name).await?;
            self.audit(actor, "backup.create", &current.head.number.to_string(), json!({ "label": label })).await;
            self.tell(EventKind::BackupChanged, current.head.number.to_string(), json!({ "label": label }));
        }
        Ok(BackupMade { backup, replaced })
    }

    /// Removes a backup: its label, and the revision itself unless it is in force.
    pub async fn remove_backup(&self, actor: &Actor, id: u64, dry_run: bool) -> Result<BackupRemoved, OpError> {
        self.acting()?;
        self.0.store.read(id).await?;
        let label = self.0.store.pins().await?.into_iter().find(|pin| pin.number == id).map(|pin| pin.label);
        let stays = id == self.current().head.number;
        if stays && label.is_none() {
            let error = OpError::new(Fault::Conflict, Code::ValidationFailed, format!("backup {id} is in force"));
            return Err(error.hint("restore another one first"));
        }
        let removed = BackupRemoved { id, label, stays };
        if dry_run {
            return Ok(removed);
        }
        self.0.store.unpin(id).await?;
        if !stays {
            self.0.store.remove(id).await?;
        }
        self.audit(actor, "backup.remove", &id.to_string(), json!({})).await;
        self.tell(EventKind::BackupChanged, id.to_string(), json!({}));
        Ok(removed)
    }

    /// What differs between a backup and another one, or the configuration in force.
    pub async fn backup_diff(&self, id: u64, to: Option<u64>) -> Result<Vec<Change>, OpError> {
        let from = self.document_of(id).await?;
        let to = match to {
            Some(to) => self.document_of(to).await?,
            None => self.current().document.clone(),
        };
        Ok(diff(&from, &to))
    }

    /// The newest backup that differs from the configuration in force: what the last change replaced.
    pub async fn last_backup(&self) -> Result<u64, OpError> {
        let current = self.current();
        let mut before = Some(current.head.number);
        loop {
            let heads = self.0.store.list(before, 100).await?;
            if let Some(head) = heads.iter().find(|h| !h.passing && h.content != current.head.content) {
                return Ok(head.number);
            }
            let Some(last) = heads.last() else {
                let error = OpError::new(Fault::NotFound, Code::BackupNotFound, "no backup differs from the configuration in force");
                return Err(error.hint("`agm backup list` shows those there are"));
            };
            before = Some(last.number);
        }
    }

    async fn document_of(&self, id: u64) -> Result<Document, OpError> {
        Ok(Current::of(&*self.0.store.read(id).await?)?.document)
    }

    fn backup_view(&self, head: &RevisionHead, pins: &[Pin]) -> BackupView {
        BackupView {
            id: head.number,
            time: stamp(head.time),
            author: head.author.clone(),
            message: head.message.clone(),
            label: pins.iter().find(|p| p.number == head.number).map(|p| p.label.clone()),
            content: head.content.clone(),
            current: head.number == self.current().head.number,
            passing: head.passing,
        }
    }
}
