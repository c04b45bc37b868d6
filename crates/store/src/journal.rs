//! The switch journal: `agm/switches/<id>/<name>.json`, create-only.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{FORMAT, encode, read};
use crate::{Error, Store};

const FOLDER: &str = "agm/switches";
const AT_ONCE: usize = 8;

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u64,
    time: Timestamp,
    fencing: u64,
    entry: Value,
}

impl Store {
    /// Writes an entry of journal `id`; it is on disk when this returns.
    ///
    /// Repeating the same entry is fine; another one under the name is [`Error::JournalTaken`].
    /// Secrets are the caller's to seal.
    pub async fn journal_put(&self, id: &str, name: &str, entry: Value) -> Result<(), Error> {
        let fencing = self.acting()?;
        let path = entry_path(id, name)?;
        let stored = Stored { format: FORMAT, time: self.now(), fencing, entry };
        let Err(failed) = self.0.blob.put_new(&path, encode(&path, &stored)?).await else {
            return Ok(());
        };
        let taken = matches!(failed, agm_blob::Error::Exists { .. });
        if !taken && !failed.is_ambiguous() {
            return Err(failed.into());
        }
        match read::<Stored>(&self.0.blob, &path).await {
            Ok(Some((found, _))) if found.entry == stored.entry => Ok(()),
            Ok(Some(_)) => Err(Error::JournalTaken { path }),
            _ => Err(failed.into()),
        }
    }

    /// The entries of journal `id` with their names, sorted by name; empty where there is none.
    pub async fn journal(&self, id: &str) -> Result<Vec<(String, Value)>, Error> {
        let folder = folder(id)?;
        let names = self.0.blob.list(&folder, None).await?;
        let entries: Vec<Option<(String, Value)>> =
            stream::iter(names).map(|path| self.journal_entry(path)).buffered(AT_ONCE).try_collect().await?;
        Ok(entries.into_iter().flatten().collect())
    }

    async fn journal_entry(&self, path: String) -> Result<Option<(String, Value)>, Error> {
        let Some(name) = path.rsplit('/').next().and_then(|n| n.strip_suffix(".json")) else {
            return Ok(None);
        };
        let found = read::<Stored>(&self.0.blob, &path).await?;
        Ok(found.map(|(stored, _)| (name.to_owned(), stored.entry)))
    }

    /// The ids of journals, greatest first (for UUIDv7: newest first), at most `limit` of those
    /// below `before`.
    pub async fn journal_ids(&self, before: Option<&str>, limit: usize) -> Result<Vec<String>, Error> {
        let mut ids = self.0.blob.folders(FOLDER).await?;
        ids.retain(|id| before.is_none_or(|before| id.as_str() < before));
        ids.reverse();
        ids.truncate(limit);
        Ok(ids)
    }

    /// The ids of the journals without an entry `end`, greatest first. Names tell, so no entry is read, however many there are.
    pub async fn journal_unended(&self, end: &str) -> Result<Vec<String>, Error> {
        one_segment(end)?;
        let mut ended: BTreeMap<String, bool> = BTreeMap::new();
        for path in self.0.blob.list(FOLDER, None).await? {
            let entry = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')).and_then(|rest| rest.split_once('/'));
            let Some((id, name)) = entry else { continue };
            *ended.entry(id.to_owned()).or_default() |= name.strip_suffix(".json") == Some(end);
        }
        Ok(ended.into_iter().rev().filter(|(_, ended)| !ended).map(|(id, _)| id).collect())
    }

    /// Whether journal `id` has an entry of this name; only that entry is asked for.
    pub async fn journal_has(&self, id: &str, name: &str) -> Result<bool, Error> {
        Ok(self.0.blob.get(&entry_path(id, name)?).await?.is_some())
    }

    /// Removes the journals beyond the newest `keep` that have an entry `end`; returns how many.
    ///
    /// One without that entry tells of something unfinished and stays, however old it is.
    pub async fn journal_trim(&self, keep: usize, end: &str) -> Result<usize, Error> {
        self.acting()?;
        let ids = self.journal_ids(None, usize::MAX).await?;
        let mut removed = 0;
        for id in ids.iter().skip(keep) {
            removed += usize::from(self.remove_ended(id, end).await?);
        }
        Ok(removed)
    }

    async fn remove_ended(&self, id: &str, end: &str) -> Result<bool, Error> {
        let (folder, end) = (folder(id)?, entry_path(id, end)?);
        let names = self.0.blob.list(&folder, None).await?;
        // A folder without entries is what a crash in the midst of this leaves of a directory.
        if !names.is_empty() && !names.contains(&end) {
            return Ok(false);
        }
        // The end goes last: cut off before, the rest is still known as ended.
        for name in names.iter().filter(|name| **name != end) {
            self.0.blob.delete(name).await?;
        }
        self.0.blob.delete(&end).await?;
        self.0.blob.delete_empty_folder(&folder).await?;
        Ok(true)
    }
}

fn entry_path(id: &str, name: &str) -> Result<String, Error> {
    one_segment(name)?;
    Ok(format!("{}/{name}.json", folder(id)?))
}

/// An id is one segment; the blob checks the rest of the name.
fn folder(id: &str) -> Result<String, Error> {
    one_segment(id)?;
    Ok(format!("{FOLDER}/{id}"))
}

/// Refuses a name that would reach into a folder.
pub(crate) fn one_segment(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.contains('/') {
        return Err(Error::Blob(agm_blob::Error::Name { name: name.to_owned(), why: "it must be one plain segment" }));
    }
    Ok(())
}
