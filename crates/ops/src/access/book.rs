//! What the store keeps of credentials: one object, changed only from the state that was read.

use std::time::Duration;

use agm_blob::Tag;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::admin::StoredAdmin;
use super::sessions::StoredSession;
use super::tokens::StoredToken;
use crate::agm::Agm;
use crate::error::OpError;

/// The object's name in the store.
const OBJECT: &str = "access";
/// How long a process that does not write believes what it read.
const BELIEVED: Duration = Duration::from_secs(10);
/// How often a change is repeated on what somebody else wrote meanwhile.
const ATTEMPTS: usize = 5;

/// The object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) admin: Option<StoredAdmin>,
    pub(super) tokens: Vec<StoredToken>,
    pub(super) sessions: Vec<StoredSession>,
}

impl Kept {
    /// Another admin, or another password: what the one before opened is closed.
    pub(super) fn take_admin(&mut self, admin: &StoredAdmin) {
        if self.admin.as_ref() != Some(admin) {
            self.sessions.clear();
            self.admin = Some(admin.clone());
        }
    }

    /// Somebody knows this admin's password.
    pub(super) fn admin_was_seen(&mut self, hash: &str) {
        if let Some(admin) = self.admin.as_mut().filter(|admin| admin.hash == hash) {
            admin.unseen = false;
        }
    }
}

/// The object with a memory of it.
pub(super) struct Book {
    agm: Agm,
    read: Mutex<Read>,
}

struct Read {
    kept: Kept,
    tag: Option<Tag>,
    at: Instant,
    /// Whether only this process could have written since.
    acting: bool,
}

impl Book {
    pub(super) async fn load(agm: Agm) -> Result<Self, OpError> {
        let read = Read::now(&agm).await?;
        Ok(Self { agm, read: Mutex::new(read) })
    }

    /// Whether this process may change it.
    pub(super) fn writes(&self) -> bool {
        self.agm.is_acting()
    }

    /// What is kept.
    pub(super) async fn read(&self) -> Result<Kept, OpError> {
        let mut read = self.read.lock().await;
        let own = read.acting && self.agm.is_acting();
        if !own && read.at.elapsed() > BELIEVED {
            *read = Read::now(&self.agm).await?;
        }
        Ok(read.kept.clone())
    }

    /// Changes what is kept; `change` may run more than once.
    pub(super) async fn update<T>(&self, change: impl Fn(&mut Kept) -> Result<T, OpError>) -> Result<T, OpError> {
        let mut read = self.read.lock().await;
        for attempt in 1.. {
            let mut kept = read.kept.clone();
            let result = change(&mut kept)?;
            let value = serde_json::to_value(&kept).map_err(|error| OpError::internal(error.to_string()))?;
            match self.agm.0.store.object_put(OBJECT, value, read.tag.as_ref()).await {
                Ok(tag) => {
                    *read = Read { kept, tag: Some(tag), at: Instant::now(), acting: self.agm.is_acting() };
                    return Ok(result);
                }
                Err(agm_store::Error::Changed { .. }) if attempt < ATTEMPTS => *read = Read::now(&self.agm).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(OpError::internal("the loop above ends by itself"))
    }
}

impl Read {
    async fn now(agm: &Agm) -> Result<Self, OpError> {
        // Asked before reading: who becomes the one who acts afterwards reads again.
        let acting = agm.is_acting();
        let (kept, tag) = match agm.0.store.object_get(OBJECT).await? {
            Some((value, tag)) => {
                let kept = serde_json::from_value(value)
                    .map_err(|error| OpError::internal(format!("the stored access object cannot be understood: {error}")))?;
                (kept, Some(tag))
            }
            None => (Kept::default(), None),
        };
        Ok(Self { kept, tag, at: Instant::now(), acting })
    }
}
