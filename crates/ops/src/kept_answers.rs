//! Answers kept for requests that are sent twice: in the store, sealed, because one may hold a token that was just made.

use agm_store::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agm::Agm;
use crate::error::OpError;

const FOLDER: &str = "idempotency";
const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// What is kept of a request.
#[derive(Debug)]
pub struct KeptAnswer {
    /// Which request it was, as its front end tells requests apart.
    pub request: String,
    /// What it was answered; absent where it was refused and may be tried again.
    pub answer: Option<Vec<u8>>,
}

/// The answers that are kept.
#[derive(Clone, Copy)]
pub struct KeptAnswers<'a>(&'a Agm);

/// An answer as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    expires: Timestamp,
    request: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl Agm {
    /// The answers kept for requests that are sent twice.
    pub fn kept_answers(&self) -> KeptAnswers<'_> {
        KeptAnswers(self)
    }
}

impl KeptAnswers<'_> {
    /// What is kept under a name, for as long as it lasts. What is there and cannot be understood is nobody's answer.
    pub async fn read(&self, name: &[u8]) -> Result<Option<KeptAnswer>, OpError> {
        let object = object(name);
        let Some(stored) = self.stored(&object).await? else { return Ok(None) };
        if stored.expires <= self.0.now() {
            return Ok(None);
        }
        let open = |sealed: String| self.0.0.store.open_blob(&object, &sealed).map(|answer| answer.to_vec());
        let answer = stored.sealed.map(open).transpose()?;
        Ok(Some(KeptAnswer { request: stored.request, answer }))
    }

    async fn stored(&self, object: &str) -> Result<Option<Stored>, OpError> {
        let value = match self.0.0.store.object_get(object).await {
            Ok(None) => return Ok(None),
            Ok(Some((value, _))) => value,
            Err(Error::Corrupt { .. }) => Value::Null,
            Err(error) => return Err(error.into()),
        };
        if let Ok(stored) = serde_json::from_value(value) {
            return Ok(Some(stored));
        }
        tracing::warn!(object, "a kept answer cannot be understood; its request is taken for a new one");
        self.0.0.store.object_delete(object).await?;
        Ok(None)
    }

    /// Keeps what a request was answered for a day.
    pub async fn keep(&self, name: &[u8], request: &str, answer: Option<&[u8]>) -> Result<(), OpError> {
        let failed = |error: &dyn std::fmt::Display| OpError::internal(error.to_string());
        let (object, store) = (object(name), &self.0.0.store);
        let stored = Stored {
            expires: self.0.now().checked_add(LASTS).map_err(|error| failed(&error))?,
            request: request.to_owned(),
            sealed: answer.map(|answer| store.seal_blob(&object, answer)).transpose()?,
        };
        let value = serde_json::to_value(stored).map_err(|error| failed(&error))?;
        // One that has ended may still be there.
        let present = store.object_get(&object).await?.map(|(_, tag)| tag);
        store.object_put(&object, value, present.as_ref()).await?;
        Ok(())
    }

    /// Removes what has lasted long enough, and nothing else. Says how many are left.
    pub async fn sweep(&self) -> Result<usize, OpError> {
        let (store, now) = (&self.0.0.store, self.0.now());
        let mut left = 0;
        for name in store.object_names(FOLDER).await? {
            match self.stored(&name).await? {
                Some(stored) if stored.expires > now => left += 1,
                _ => store.object_delete(&name).await?,
            }
        }
        Ok(left)
    }
}

fn object(name: &[u8]) -> String {
    format!("{FOLDER}/{}", URL_SAFE_NO_PAD.encode(name))
}
