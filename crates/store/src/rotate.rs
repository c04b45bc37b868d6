//! Changing the master key.

use std::sync::Arc;

use agm_blob::Tag;

use crate::document::{corrupt, encode};
use crate::format::{FORMAT_PATH, Format};
use crate::{Draft, Error, MasterKey, Revision, Store};

/// How often the newest revision may change under our hands before we give up.
const MOST_TRIES: usize = 8;

impl Store {
    /// Makes `next` the key that seals, and appends the newest revision anew, sealed with it.
    ///
    /// Retired keys stay in the store, sealed with the new one, so that older revisions open with
    /// one master key. Repeating a rotation that was cut off finishes it. `None` where there is no
    /// secret to seal anew. The caller keeps `next` safe *before* it calls this
    /// ([`KeyFile::stage`](crate::KeyFile::stage)).
    pub async fn rotate(&self, next: &MasterKey, author: &str) -> Result<Option<Arc<Revision>>, Error> {
        self.acting()?;
        let keyring = self.keyring()?;
        if keyring.active() != next.id() {
            let (format, tag) = Format::read(&self.0.blob).await?.ok_or_else(|| corrupt(FORMAT_PATH, "it is missing"))?;
            let rotated = if format.active() == keyring.active() {
                let (format, rotated) = format.rotated(&keyring, next, self.now())?;
                self.replace_format(&format, next, &tag).await?;
                rotated
            } else {
                // An earlier rotation arrived and its answer did not. Only its own key leads on from there.
                let unanswered = |_| Error::RotationUnanswered { storage: self.describe(), active: format.active().to_owned() };
                format.keyring(std::slice::from_ref(next), "").map_err(unanswered)?
            };
            self.set_keyring(rotated);
        }
        self.seal_newest_anew(&next.id(), author).await
    }

    async fn replace_format(&self, format: &Format, next: &MasterKey, tag: &Tag) -> Result<(), Error> {
        let Err(failed) = self.0.blob.put_if(FORMAT_PATH, encode(FORMAT_PATH, format)?, tag).await else {
            return Ok(());
        };
        // Whatever was answered: if the storage names our key, we wrote it.
        match Format::read(&self.0.blob).await {
            Ok(Some((found, _))) if failed.is_ambiguous() && found.is_active(next) => Ok(()),
            _ => Err(failed.into()),
        }
    }

    async fn seal_newest_anew(&self, active: &str, author: &str) -> Result<Option<Arc<Revision>>, Error> {
        let mut tries = 0;
        loop {
            let Some(newest) = self.newest().await? else {
                return Ok(None);
            };
            if !self.is_sealed_otherwise(newest.number(), active).await? {
                return Ok(None);
            }
            let draft = Draft {
                author: author.to_owned(),
                message: format!("Master key rotated to {active}"),
                document: newest.document.clone(),
                passing: newest.head.passing,
            };
            tries += 1;
            match self.append(newest.number(), draft).await {
                // Somebody appended meanwhile, with the new key: look again.
                Err(Error::Conflict { .. }) if tries < MOST_TRIES => {}
                appended => return appended.map(Some),
            }
        }
    }
}
