//! The store itself: opening it, and what every part of it needs.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use agm_blob::Blob;
use jiff::Timestamp;
use serde_json::Value;
use uuid::{ContextV7, Uuid};
use zeroize::Zeroizing;

use crate::format::Format;
use crate::keyring::Keyring;
use crate::lease::Holding;
use crate::log::Known;
use crate::{Clock, Error, MasterKey, Retention};

/// Names places in a document, as JSON pointers (RFC 6901).
pub type JsonPointers = fn(&Value) -> Vec<String>;

/// How many audit entries are kept unless told otherwise.
const AUDIT_KEPT: usize = 10_000;

/// Everything a store needs to know. The documents' meaning is not part of it.
#[derive(Clone)]
pub struct StoreConfig {
    /// Where everything lives but the published assignments.
    pub blob: Blob,
    /// Where `agents/<runtimeName>/model.json` is published; `None` is `blob`.
    pub published: Option<Blob>,
    /// The master key; several where a rotation may have been cut off.
    pub master: Vec<MasterKey>,
    /// Opens the store for reading even when no key fits; secrets stay sealed.
    pub unreadable_secrets: bool,
    /// Where a document holds secrets.
    pub secret_paths: JsonPointers,
    /// What of a document does not count in its content hash.
    pub uncounted_paths: JsonPointers,
    /// How much of the log is kept.
    pub retention: Retention,
    /// How many audit entries are kept, at least.
    pub audit_kept: usize,
    /// Where the time comes from.
    pub clock: Clock,
}

impl StoreConfig {
    /// A store at `blob`: no secrets in documents, the usual retention, the system's clock.
    pub fn new(blob: Blob, master: Vec<MasterKey>) -> Self {
        Self {
            blob,
            published: None,
            master,
            unreadable_secrets: false,
            secret_paths: |_| Vec::new(),
            uncounted_paths: |_| Vec::new(),
            retention: Retention::default(),
            audit_kept: AUDIT_KEPT,
            clock: Clock::system(),
        }
    }
}

/// An open store. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) blob: Blob,
    pub(crate) published: Blob,
    pub(crate) secret_paths: JsonPointers,
    pub(crate) uncounted_paths: JsonPointers,
    pub(crate) retention: Retention,
    pub(crate) audit_kept: usize,
    pub(crate) audited: AtomicU64,
    clock: Clock,
    ids: Mutex<ContextV7>,
    /// `None` when the store was opened without its key.
    keyring: RwLock<Option<Arc<Keyring>>>,
    pub(crate) known: Mutex<Known>,
    pub(crate) holding: Mutex<Holding>,
    /// Who this is among the holders of the lease.
    pub(crate) holder: Uuid,
    /// One lease operation at a time; they span requests.
    pub(crate) leasing: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storage = self.0.blob.describe();
        f.debug_tuple("Store").field(&storage).finish()
    }
}

impl Store {
    /// Opens the store, or makes it where there is none.
    ///
    /// It reads at once; it changes something only after [`acquire`](Self::acquire).
    pub async fn open(config: StoreConfig) -> Result<Self, Error> {
        let keyring = open_keyring(&config).await?;
        Ok(Self(Arc::new(Inner {
            published: config.published.unwrap_or_else(|| config.blob.clone()),
            blob: config.blob,
            secret_paths: config.secret_paths,
            uncounted_paths: config.uncounted_paths,
            retention: config.retention,
            audit_kept: config.audit_kept,
            audited: AtomicU64::new(0),
            clock: config.clock,
            ids: Mutex::default(),
            keyring: RwLock::new(keyring.map(Arc::new)),
            known: Mutex::default(),
            holding: Mutex::default(),
            holder: Uuid::now_v7(),
            leasing: tokio::sync::Mutex::default(),
        })))
    }

    /// Where the store is, for humans; no credentials.
    pub fn describe(&self) -> String {
        self.0.blob.describe()
    }

    /// Whether it was opened without its key: nothing can be changed, secrets stay sealed.
    pub fn is_read_only(&self) -> bool {
        self.opened_keyring().is_none()
    }

    /// The id of the key that seals; `None` when the store was opened without it.
    pub fn active_key(&self) -> Option<String> {
        self.opened_keyring().map(|keyring| keyring.active().to_owned())
    }

    /// Seals bytes for keeping anywhere; they open under the same `context` only.
    pub fn seal_blob(&self, context: &str, secret: &[u8]) -> Result<String, Error> {
        self.keyring()?.seal(context, secret)
    }

    /// Opens what [`seal_blob`](Self::seal_blob) made.
    pub fn open_blob(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.keyring()?.open(context, sealed)
    }

    /// The content hash that a revision of this document would have.
    pub fn content_of(&self, document: &Value) -> Result<String, Error> {
        let keyring = self.keyring()?;
        let uncounted = (self.0.uncounted_paths)(document);
        if uncounted.is_empty() {
            return Ok(keyring.content(document));
        }
        let mut counted = document.clone();
        for pointer in uncounted {
            if let Some(value) = counted.pointer_mut(&pointer) {
                *value = Value::Null;
            }
        }
        Ok(keyring.content(&counted))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A new id; ids of one process sort as they were made.
    pub(crate) fn new_id(&self, now: Timestamp) -> Uuid {
        let since_epoch = std::time::Duration::try_from(now.as_duration()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(&self.0.ids, since_epoch.as_secs(), since_epoch.subsec_nanos()))
    }

    pub(crate) fn opened_keyring(&self) -> Option<Arc<Keyring>> {
        let keyring = self.0.keyring.read();
        keyring.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keyring(&self) -> Result<Arc<Keyring>, Error> {
        self.opened_keyring().ok_or(Error::ReadOnly)
    }

    pub(crate) fn set_keyring(&self, keyring: Keyring) {
        let current = self.0.keyring.write();
        *current.unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keyring));
    }
}

async fn open_keyring(config: &StoreConfig) -> Result<Option<Keyring>, Error> {
    let storage = config.blob.describe();
    if !config.unreadable_secrets {
        let now = config.clock.now();
        let format = Format::read_or_create(&config.blob, &config.master, now).await?;
        return format.keyring(&config.master, &storage).map(Some);
    }
    let Some((format, _)) = Format::read(&config.blob).await? else {
        return Ok(None);
    };
    match format.keyring(&config.master, &storage) {
        Ok(keyring) => Ok(Some(keyring)),
        Err(wrong) => {
            tracing::warn!(%wrong, "opening the store for reading only");
            Ok(None)
        }
    }
}
