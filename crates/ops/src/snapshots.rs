//! Backups. Every revision is one: the list, the difference, and the way back all read the same log.

use std::collections::BTreeSet;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::diff::{Change, diff};
use agm_domain::document::Document;
use agm_domain::hybrid::{Moved, moved};
use agm_domain::restore::{Selection, restore};
use agm_store::{Pin, RevisionHead};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::current::{Current, shown};
use crate::error::{Fault, OpError};
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

/// What to restore.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreRequest {
    /// Objects as `<noun>/<name>`: `provider/qwen`, `route/default-ai-route`, `assignment/worker:alice`. None means everything.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Whether consumers get their old keys back too.
    #[serde(default)]
    pub consumer_keys: bool,
}

/// What a restore did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// The backup it was restored from.
    pub from: u64,
    /// The revision it led to; absent in a plan, and where nothing had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// What changed.
    pub changes: Vec<Change>,
    /// Agents whose assigned model reaches another provider afterwards.
    pub moved: Vec<Moved>,
    /// Agents whose configuration file was changed back, or could not be; in words.
    pub deliveries: Vec<String>,
    /// Whether everything reads back as it should.
    pub verified: bool,
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
            self.tell("backup.changed", current.head.number.to_string(), json!({ "label": label }));
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
            let error = OpError::new(Fault::Conflict, Code::ValidationFailed, format!("revision {id} is in force"));
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
        self.tell("backup.changed", id.to_string(), json!({}));
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

    /// Restores a backup, whole or in part. What agents registered since then need stays; see [`restore`].
    pub async fn restore_backup(&self, actor: &Actor, id: u64, request: &RestoreRequest, dry_run: bool) -> Result<Restored, OpError> {
        if !dry_run {
            self.acting()?;
            if actor.role < Role::Admin {
                return Err(OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin restores backups").hint("log in as an admin"));
            }
        }
        let selection = selection(request)?;
        let snapshot = self.document_of(id).await?;
        let running = self.0.switches.busy_agents();
        if let (false, Some(agent)) = (dry_run, running.first()) {
            let error = OpError::new(Fault::Conflict, Code::InProgress, format!("a switch of {agent} is under way"));
            return Err(error.hint("wait for its end, then restore"));
        }
        let everybody: BTreeSet<AgentId> = self.current().document.agents.keys().cloned().collect();
        let _turn = if dry_run { None } else { Some(self.0.switches.turn(&everybody).await) };
        let mut writer = self.writer().await;
        let target = restore(&snapshot, &writer.document, &selection);
        refuse_broken(&target, &writer.document)?;
        let moved = self.moved_by(&writer.document, &target);
        writer.document = target;
        let changes = writer.changes();
        if dry_run {
            return Ok(Restored { from: id, revision: None, changes, moved, deliveries: Vec::new(), verified: false });
        }
        let before = writer.base().clone();
        let current = writer.commit(actor, format!("restored revision {id}")).await?;
        let deliveries = self.deliver_restored(&before.document, &current.document).await;
        self.audit(actor, "backup.restore", &id.to_string(), json!({ "revision": current.head.number })).await;
        let stored = self.0.store.read_back(current.head.number).await?;
        let reads_back = Current::of(&stored)?.document == current.document;
        Ok(Restored {
            from: id,
            revision: (current.head.number != before.head.number).then_some(current.head.number),
            changes,
            moved,
            verified: reads_back && deliveries.iter().all(|d| d.1),
            deliveries: deliveries.into_iter().map(|d| d.0).collect(),
        })
    }

    /// Publishes and delivers what a restore changed about assignments. A file that cannot be changed is reported and shows as drift.
    async fn deliver_restored(&self, before: &Document, after: &Document) -> Vec<(String, bool)> {
        let mut deliveries = Vec::new();
        let ids: Vec<AgentId> = after.agents.keys().cloned().collect();
        for id in ids {
            if before.assignments.get(&id) == after.assignments.get(&id) {
                continue;
            }
            if let Err(error) = self.publish_assignment(&id).await {
                deliveries.push((format!("{id}: {error}"), false));
            }
            match self.redeliver(&id).await {
                Ok(Some(sentence)) => deliveries.push((sentence, true)),
                Ok(None) => {}
                Err(error) => deliveries.push((format!("{id}: {error}"), false)),
            }
            self.begin_evidence(&id, None).await;
        }
        deliveries
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

fn selection(request: &RestoreRequest) -> Result<Selection, OpError> {
    let mut selection = Selection { consumer_keys: request.consumer_keys, ..Selection::default() };
    for object in &request.objects {
        let parsed = object.split_once('/').and_then(|(noun, name)| Some((agm_domain::noun::Noun::parse(noun)?, name.to_owned())));
        let Some(parsed) = parsed else {
            let error = OpError::new(Fault::Invalid, Code::ValidationFailed, format!("`{object}` names no object"));
            return Err(error.hint("write `<noun>/<name>`, for example `provider/qwen` or `assignment/worker:alice`"));
        };
        selection.objects.insert(parsed);
    }
    Ok(selection)
}

impl Agm {
    /// Agents that keep their assignment and whose model reaches another provider.
    fn moved_by(&self, before: &Document, after: &Document) -> Vec<Moved> {
        let changed = |id: &&AgentId| before.assignments.get(*id) != after.assignments.get(*id);
        let members: Vec<AgentId> = before.assignments.keys().filter(changed).cloned().collect();
        moved(before, after, &self.calling_point(), &[], &members)
    }
}

/// A part of an old configuration can contradict the rest of the present one. What is wrong already is no reason to refuse.
fn refuse_broken(document: &Document, present: &Document) -> Result<(), OpError> {
    let mut wrong = Vec::new();
    for route in document.routes.values().filter(|r| present.routes.get(&r.name) != Some(r)) {
        let found = agm_domain::check::route_hard(route, document);
        wrong.extend(found.into_iter().map(|d| d.under(&format!("/routes/{}", route.name))));
    }
    for (agent, assignment) in &document.assignments {
        let already = !present.providers.contains_key(&assignment.provider) && present.assignments.get(agent) == Some(assignment);
        if !already && !document.providers.contains_key(&assignment.provider) {
            let message = format!("{agent} runs on `{}`, which the restored configuration does not have", assignment.provider);
            let pointer = format!("/assignments/{agent}/provider");
            wrong.push(agm_domain::diagnostic::Diagnostic::hard(Code::UnknownProvider, pointer, message).hint("restore that provider too"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(OpError::refused("what would be restored contradicts the rest", &wrong)) }
}
