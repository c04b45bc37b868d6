//! Changing the master key.

use std::sync::Arc;

use crate::document::encode;
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
            let (format, tag) = Format::read(&self.0.blob).await?.ok_or_else(|| crate::document::corrupt(FORMAT_PATH, "it is missing"))?;
            let (format, rotated) = format.rotated(&keyring, next, self.now())?;
            let bytes = encode(FORMAT_PATH, &format)?;
            self.0.blob.put_if(FORMAT_PATH, bytes, &tag).await?;
            self.set_keyring(rotated);
        }
        self.seal_newest_anew(&next.id(), author).await
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
