//! The revision log: `agm/revisions/<20 digits>.json`, create-only, the newest is the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::document::{corrupt, decode, encode, read};
use crate::revision::Stored;
use crate::{Draft, Error, Revision, RevisionHead, Store, numbered, secrets};

const FOLDER: &str = "agm/revisions";
/// What sealed secrets of a revision are bound to, beside their place.
const KIND: &str = "revision";
/// How many documents are read at once.
const AT_ONCE: usize = 8;
/// How many appends pass between two looks at the retention.
const RETAIN_EVERY: u64 = 16;

/// What this process has seen of the log. Revisions never change, so it never grows stale, only short.
#[derive(Default)]
pub(crate) struct Known {
    heads: BTreeMap<u64, RevisionHead>,
    newest: Option<Arc<Revision>>,
}

impl Store {
    /// The newest revision; `None` in an empty log.
    pub async fn newest(&self) -> Result<Option<Arc<Revision>>, Error> {
        let known = self.known().newest.clone();
        let seen = known.as_ref().map_or(0, |revision| revision.number());
        match self.numbers(Some(seen)).await?.pop() {
            None => Ok(known),
            Some(number) => self.read(number).await.map(Some),
        }
    }

    /// One revision; [`Error::NoRevision`] where there is none under that number.
    pub async fn read(&self, number: u64) -> Result<Arc<Revision>, Error> {
        if let Some(newest) = &self.known().newest
            && newest.number() == number
        {
            return Ok(Arc::clone(newest));
        }
        let revision = Arc::new(self.read_back(number).await?);
        self.remember(&revision);
        Ok(revision)
    }

    /// One revision as the storage holds it now, whatever this process remembers of it.
    pub async fn read_back(&self, number: u64) -> Result<Revision, Error> {
        let stored = self.read_stored(number).await?;
        self.open_revision(stored.ok_or(Error::NoRevision { number })?)
    }

    /// Heads, newest first: at most `limit` of those below `before`.
    pub async fn list(&self, before: Option<u64>, limit: usize) -> Result<Vec<RevisionHead>, Error> {
        let mut numbers = self.numbers(None).await?;
        self.forget_all_but(&numbers);
        numbers.retain(|number| before.is_none_or(|before| *number < before));
        numbers.reverse();
        numbers.truncate(limit);
        self.heads(numbers).await
    }

    /// Appends a revision made from revision `parent` (0 for the first).
    ///
    /// [`Error::Conflict`] where `parent` is not the newest any more; of two at once, one wins.
    pub async fn append(&self, parent: u64, draft: Draft) -> Result<Arc<Revision>, Error> {
        let fencing = self.acting()?;
        let newest = self.newest_number().await?;
        if newest != parent {
            return Err(Error::Conflict { parent, newest });
        }
        let Draft { author, message, document, passing } = draft;
        let now = self.now();
        let head = RevisionHead {
            number: parent + 1,
            id: self.new_id(now),
            parent,
            author,
            time: now,
            message,
            fencing,
            content: self.content_of(&document)?,
            passing,
        };
        self.create(&head, &document).await?;
        let revision = Arc::new(Revision { head, document, unreadable: Vec::new() });
        self.remember(&revision);
        self.retain_now_and_then(revision.number()).await;
        Ok(revision)
    }

    /// Removes a revision and its pin; the newest cannot be removed.
    pub async fn remove(&self, number: u64) -> Result<(), Error> {
        self.acting()?;
        let newest = self.newest_number().await?;
        if number == newest {
            return Err(Error::NewestRevision { number });
        }
        let path = path(number);
        if number > newest || self.0.blob.get(&path).await?.is_none() {
            return Err(Error::NoRevision { number });
        }
        self.0.blob.delete(&path).await?;
        self.known().heads.remove(&number);
        self.drop_pin(number).await
    }

    /// Removes the revisions that have had their time; returns their numbers.
    ///
    /// Appending does this now and then by itself.
    pub async fn retain(&self) -> Result<Vec<u64>, Error> {
        self.acting()?;
        let numbers = self.numbers(None).await?;
        if numbers.len() <= self.0.retention.last {
            return Ok(Vec::new());
        }
        let times = self.heads(numbers).await?;
        let times = times.into_iter().map(|head| (head.number, head.time));
        let pinned: BTreeSet<u64> = self.pinned().await?;
        let now = self.now();
        let expired = self.0.retention.expired(&times.collect(), &pinned, now);
        for number in &expired {
            self.0.blob.delete(&path(*number)).await?;
            self.known().heads.remove(number);
        }
        Ok(expired)
    }

    /// Whether the log holds this revision.
    pub(crate) async fn has(&self, number: u64) -> Result<bool, Error> {
        Ok(self.0.blob.get(&path(number)).await?.is_some())
    }

    /// Whether a secret of this revision is sealed with another key than the active one.
    pub(crate) async fn is_sealed_otherwise(&self, number: u64, active: &str) -> Result<bool, Error> {
        let stored = self.read_stored(number).await?;
        let stored = stored.ok_or(Error::NoRevision { number })?;
        let by_active = format!("enc:v1:{active}:");
        Ok(stored.sealed.iter().any(|pointer| {
            let text = stored.document.pointer(pointer).and_then(Value::as_str);
            text.is_some_and(|text| !text.starts_with(&by_active))
        }))
    }

    async fn create(&self, head: &RevisionHead, document: &Value) -> Result<(), Error> {
        let keyring = self.keyring()?;
        let mut sealed_document = document.clone();
        let pointers = (self.0.secret_paths)(document);
        let sealed = secrets::seal(&keyring, KIND, pointers, &mut sealed_document)?;
        let path = path(head.number);
        let bytes = encode(&path, &Stored::new(head.clone(), sealed, sealed_document))?;
        let Err(failed) = self.0.blob.put_new(&path, bytes).await else {
            return Ok(());
        };
        let taken = matches!(failed, agm_blob::Error::Exists { .. });
        if !taken && !failed.is_ambiguous() {
            return Err(failed.into());
        }
        // Whatever was answered: if the log holds our id, we wrote it.
        match self.read_stored(head.number).await {
            Ok(Some(stored)) if stored.head.id == head.id => Ok(()),
            Ok(Some(stored)) => {
                Err(Error::Conflict { parent: head.parent, newest: self.newest_number().await.unwrap_or(stored.head.number) })
            }
            // A write without an answer may still arrive.
            Ok(None) | Err(_) => Err(Error::Uncertain { number: head.number, source: failed }),
        }
    }

    async fn retain_now_and_then(&self, number: u64) {
        if number.is_multiple_of(RETAIN_EVERY)
            && let Err(error) = self.retain().await
        {
            // The append is done; the next look will find what this one left.
            tracing::warn!(%error, "old revisions were not removed");
        }
    }

    fn open_revision(&self, stored: Stored) -> Result<Revision, Error> {
        let Stored { head, sealed, mut document, .. } = stored;
        let unreadable = match self.opened_keyring() {
            Some(keyring) => {
                secrets::open(&keyring, KIND, &sealed, &mut document)?;
                Vec::new()
            }
            None => sealed,
        };
        Ok(Revision { head, document, unreadable })
    }

    async fn read_stored(&self, number: u64) -> Result<Option<Stored>, Error> {
        let path = path(number);
        let Some((stored, _)) = read::<Stored>(&self.0.blob, &path).await? else {
            return Ok(None);
        };
        if stored.head.number != number {
            return Err(misplaced(&path));
        }
        Ok(Some(stored))
    }

    async fn heads(&self, numbers: Vec<u64>) -> Result<Vec<RevisionHead>, Error> {
        let heads: Vec<Option<RevisionHead>> =
            stream::iter(numbers).map(|number| self.head(number)).buffered(AT_ONCE).try_collect().await?;
        Ok(heads.into_iter().flatten().collect())
    }

    /// `None` where retention took the revision since it was listed.
    async fn head(&self, number: u64) -> Result<Option<RevisionHead>, Error> {
        if let Some(head) = self.known().heads.get(&number) {
            return Ok(Some(head.clone()));
        }
        let path = path(number);
        let Some(object) = self.0.blob.get(&path).await? else {
            return Ok(None);
        };
        let head: RevisionHead = decode(&path, &object.bytes)?;
        if head.number != number {
            return Err(misplaced(&path));
        }
        self.known().heads.insert(number, head.clone());
        Ok(Some(head))
    }

    async fn newest_number(&self) -> Result<u64, Error> {
        let known = self.known().newest.clone();
        let seen = known.as_ref().map_or(0, |revision| revision.number());
        Ok(self.numbers(Some(seen)).await?.pop().unwrap_or(seen))
    }

    /// The numbers in the log, ascending, those after `after` only.
    async fn numbers(&self, after: Option<u64>) -> Result<Vec<u64>, Error> {
        let after = after.map(path);
        let names = self.0.blob.list(FOLDER, after.as_deref()).await?;
        Ok(names.iter().filter_map(|name| numbered::number(FOLDER, name)).collect())
    }

    fn remember(&self, revision: &Arc<Revision>) {
        let mut known = self.known();
        let number = revision.number();
        known.heads.insert(number, revision.head.clone());
        if known.newest.as_ref().is_none_or(|newest| newest.number() < number) {
            known.newest = Some(Arc::clone(revision));
        }
    }

    /// Drops the heads of revisions that are gone.
    fn forget_all_but(&self, numbers: &[u64]) {
        let listed: BTreeSet<&u64> = numbers.iter().collect();
        let mut known = self.known();
        known.heads.retain(|number, _| listed.contains(number));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn misplaced(path: &str) -> Error {
    corrupt(path, "it holds a revision of another number")
}

fn path(number: u64) -> String {
    numbered::path(FOLDER, number)
}
