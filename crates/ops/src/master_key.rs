//! Changing the key that seals the store.

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_store::{KeyFile, MasterKey};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// A rotation that took place, or would.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyRotated {
    /// The id of the key that seals now; absent in a plan where the key is made only when the plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The id of the key that sealed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<String>,
    /// The revision that was sealed anew; absent in a plan, and where there was nothing to seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// What the operator has to do next.
    pub next: String,
}

impl Agm {
    /// Seals the newest revision with another master key. Older revisions stay readable.
    ///
    /// With a key file, a key is made unless one is given, and the file is replaced. With a key from the environment the new one must be
    /// given, because only the operator can put it there. A plan makes no key.
    pub async fn rotate_master_key(&self, actor: &Actor, next: Option<Secret>, dry_run: bool) -> Result<KeyRotated, OpError> {
        self.acting()?;
        if actor.role < Role::Admin {
            return Err(OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin changes the master key").hint("log in as an admin"));
        }
        let from_environment = self.0.settings.master_key.is_some();
        let given = next.map(|text| MasterKey::from_base64(text.expose(), "the request").map_err(|error| unusable(&error))).transpose()?;
        if given.is_none() && from_environment {
            let message = "the master key comes from the environment, so the new one must be given";
            let cure = "`openssl rand -base64 32` makes one; put it into AGM_MASTER_KEY for the next start";
            return Err(OpError::new(Fault::Invalid, Code::KeyRequired, message).hint(cure));
        }
        if dry_run {
            let (key_id, former) = (given.map(|key| key.id()), self.0.store.active_key());
            return Ok(KeyRotated { key_id, former, revision: None, next: next_step(from_environment).to_owned() });
        }
        let next = given.map_or_else(MasterKey::generate, Ok)?;
        // To its end even if who asked for it goes away: half of it would leave two keys.
        let (agm, actor) = (self.clone(), actor.clone());
        let task = self.0.tasks.spawn(async move { agm.seal_anew(&actor, &next, from_environment).await });
        task.await.map_err(|_| OpError::internal("changing the master key was cut off"))?
    }

    async fn seal_anew(&self, actor: &Actor, next: &MasterKey, from_environment: bool) -> Result<KeyRotated, OpError> {
        // Nobody appends while the newest revision is sealed anew.
        let _guard = self.0.writing.lock().await;
        let former = self.0.store.active_key();
        let file = KeyFile::new(self.0.settings.data_dir.join("master.key"));
        if !from_environment {
            // What an earlier rotation staged stays beside it: that key may be the one that opens the store.
            let (staged, key) = (file.clone(), next.clone());
            self.on_disk(move || staged.stage(&key)).await?;
        }
        let revision = self.0.store.rotate(next, &actor.name).await?;
        if !from_environment {
            file.settle(&self.0.store).await?;
        }
        self.reload().await?;
        self.audit(actor, "key.rotate", &next.id(), json!({})).await;
        let next_step = next_step(from_environment).to_owned();
        Ok(KeyRotated { key_id: Some(next.id()), former, revision: revision.map(|r| r.number()), next: next_step })
    }

    async fn on_disk(&self, work: impl FnOnce() -> Result<(), agm_store::Error> + Send + 'static) -> Result<(), OpError> {
        let done = self.0.tasks.spawn_blocking(work).await;
        Ok(done.map_err(|_| OpError::internal("work on the key file was cut off"))??)
    }
}

fn next_step(from_environment: bool) -> &'static str {
    if from_environment { "put the new key into AGM_MASTER_KEY before the next start" } else { "back up the key file: it opens the store" }
}

fn unusable(error: &agm_store::Error) -> OpError {
    OpError::new(Fault::Invalid, Code::ValidationFailed, error.to_string())
}
