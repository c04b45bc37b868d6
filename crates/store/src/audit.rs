//! The audit log: `agm/audit/<uuidv7>.json`, create-only.

use std::sync::atomic::Ordering;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::document::{FORMAT, encode, read};
use crate::{Error, Store};

const FOLDER: &str = "agm/audit";
const AT_ONCE: usize = 8;
/// How many entries pass between two looks at the bound.
const TRIM_EVERY: u64 = 256;

/// One thing that someone did.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Sorts as entries were made; the cursor of a listing.
    pub id: Uuid,
    /// When.
    pub time: Timestamp,
    /// What, in the caller's words; never a secret.
    pub entry: Value,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u64,
    id: Uuid,
    time: Timestamp,
    entry: Value,
}

impl Store {
    /// Adds an entry; beyond the bound the oldest go, now and then.
    pub async fn audit(&self, entry: Value) -> Result<Uuid, Error> {
        self.acting()?;
        let time = self.now();
        let id = self.new_id(time);
        let path = path(id);
        let stored = Stored { format: FORMAT, id, time, entry };
        self.0.blob.put_new(&path, encode(&path, &stored)?).await?;
        let written = self.0.audited.fetch_add(1, Ordering::Relaxed) + 1;
        if written.is_multiple_of(TRIM_EVERY)
            && let Err(error) = self.audit_trim().await
        {
            tracing::warn!(%error, "old audit entries were not removed");
        }
        Ok(id)
    }

    /// Entries, newest first: at most `limit` of those before the entry `before`.
    pub async fn audit_list(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<AuditEntry>, Error> {
        let mut names = self.0.blob.list(FOLDER, None).await?;
        let before = before.map(path);
        names.retain(|name| before.as_ref().is_none_or(|before| name < before));
        let newest = names.into_iter().rev().take(limit);
        let entries: Vec<Option<AuditEntry>> =
            stream::iter(newest).map(|path| self.audit_entry(path)).buffered(AT_ONCE).try_collect().await?;
        Ok(entries.into_iter().flatten().collect())
    }

    /// Removes the entries beyond the bound, oldest first; returns how many.
    pub async fn audit_trim(&self) -> Result<usize, Error> {
        self.acting()?;
        let names = self.0.blob.list(FOLDER, None).await?;
        let beyond = names.len().saturating_sub(self.0.audit_kept);
        for name in names.iter().take(beyond) {
            self.0.blob.delete(name).await?;
        }
        Ok(beyond)
    }

    async fn audit_entry(&self, path: String) -> Result<Option<AuditEntry>, Error> {
        let found = read::<Stored>(&self.0.blob, &path).await?;
        Ok(found.map(|(stored, _)| AuditEntry { id: stored.id, time: stored.time, entry: stored.entry }))
    }
}

fn path(id: Uuid) -> String {
    format!("{FOLDER}/{id}.json")
}
