//! Who acts: one process per store. A directory is held by its lock, a bucket by a lease that is
//! renewed; both count their holders in `agm/lease.json`, so that every holder has its own number.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use agm_blob::lock::DirLock;
use agm_blob::{Blob, Tag};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{FORMAT, encode, read};
use crate::{Error, Store};

const PATH: &str = "agm/lease.json";

/// How long a lease lives without renewal.
pub const LEASE_TTL: Duration = Duration::from_secs(15);

/// How often its holder renews it.
pub const LEASE_RENEW: Duration = Duration::from_secs(5);

/// How far two machines' clocks may be apart: the holder stops this much early, others wait this
/// much longer.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

/// How many times a lost race for the lease is run again.
const MOST_TRIES: usize = 4;

/// How a store is held.
#[derive(Debug)]
pub enum Hold {
    /// A directory: for the life of the process. The lock is that of the store's directory, or of
    /// the data directory around it.
    Lock(DirLock),
    /// A bucket: for [`LEASE_TTL`], renewed every [`LEASE_RENEW`].
    Lease {
        /// Where other processes send their users.
        url: String,
    },
}

/// Who acts on the store, as far as this process knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// This process does.
    Acting {
        /// Greater than that of every holder before.
        fencing: u64,
    },
    /// Another does, or nobody; this process only reads.
    Reading {
        /// Where the holder listens, if known.
        holder_url: Option<String>,
    },
}

/// What this process holds.
#[derive(Default)]
pub(crate) enum Holding {
    #[default]
    Nothing,
    Elsewhere {
        url: String,
    },
    Lock {
        _lock: DirLock,
        fencing: u64,
    },
    Lease {
        held: Stored,
        tag: Tag,
    },
}

/// The document; each write differs from every other, so that a lost answer can be told.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    format: u64,
    holder: Uuid,
    url: String,
    fencing: u64,
    renewed: Timestamp,
    /// `None` for a lock, which does not expire, and after release.
    expires: Option<Timestamp>,
}

impl Stored {
    /// Whether this process may still act on it.
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now < expires - SKEW)
    }

    /// Whether another process must leave it alone.
    fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now < expires + SKEW)
    }
}

impl Store {
    /// Takes the store, so that this process may change it; returns the fencing number.
    ///
    /// [`Error::NotLeader`] while another process holds the lease; a standby asks again every
    /// [`LEASE_RENEW`]. A directory is taken with its lock, a bucket with a lease.
    pub async fn acquire(&self, hold: Hold) -> Result<u64, Error> {
        // Without its key a store cannot be changed, so it is not held either.
        self.keyring()?;
        let _one_at_a_time = self.0.leasing.lock().await;
        match (hold, &self.0.blob) {
            (Hold::Lock(lock), Blob::Dir(dir)) => {
                dir.sweep().await?;
                self.acquire_lock(lock).await
            }
            (Hold::Lease { url }, Blob::S3(_)) => self.acquire_lease(&url).await,
            (_, blob) => Err(Error::WrongHold {
                storage: blob.describe(),
                wants: match blob {
                    Blob::Dir(_) => "its lock, not by a lease",
                    Blob::S3(_) => "a lease, not by a lock",
                },
            }),
        }
    }

    /// Renews the lease. [`Error::NotLeader`] when it was lost; a lock needs no renewal.
    ///
    /// When the storage does not answer, the lease stays good until it expires.
    pub async fn renew(&self) -> Result<(), Error> {
        let _one_at_a_time = self.0.leasing.lock().await;
        let (mut held, tag) = match &*self.holding() {
            Holding::Lock { .. } => return Ok(()),
            Holding::Lease { held, tag } => (held.clone(), tag.clone()),
            Holding::Elsewhere { url } => return Err(not_leader(Some(url.clone()))),
            Holding::Nothing => return Err(not_leader(None)),
        };
        let now = self.now();
        held.renewed = now;
        held.expires = Some(now + LEASE_TTL);
        let tag = self.overwrite(&held, tag).await?;
        *self.holding() = Holding::Lease { held, tag };
        Ok(())
    }

    /// Gives the store back, at the end of an orderly shutdown.
    pub async fn release(&self) -> Result<(), Error> {
        let _one_at_a_time = self.0.leasing.lock().await;
        let holding = std::mem::take(&mut *self.holding());
        let Holding::Lease { mut held, tag } = holding else {
            return Ok(());
        };
        held.renewed = self.now();
        held.expires = None;
        match self.overwrite(&held, tag).await {
            // Lost already: then it is not ours to give back.
            Ok(_) | Err(Error::NotLeader { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Who acts, as far as this process knows without asking.
    pub fn leadership(&self) -> Leadership {
        match self.acting() {
            Ok(fencing) => Leadership::Acting { fencing },
            Err(Error::NotLeader { holder_url }) => Leadership::Reading { holder_url },
            Err(_) => Leadership::Reading { holder_url: None },
        }
    }

    /// The fencing number, if this process may change the store now.
    pub(crate) fn acting(&self) -> Result<u64, Error> {
        match &*self.holding() {
            Holding::Lock { fencing, .. } => Ok(*fencing),
            Holding::Lease { held, .. } if held.is_valid(self.now()) => Ok(held.fencing),
            Holding::Elsewhere { url } => Err(not_leader(Some(url.clone()))),
            Holding::Nothing if self.is_read_only() => Err(Error::ReadOnly),
            Holding::Lease { .. } | Holding::Nothing => Err(not_leader(None)),
        }
    }

    async fn acquire_lock(&self, lock: DirLock) -> Result<u64, Error> {
        let now = self.now();
        let found = read::<Stored>(&self.0.blob, PATH).await?;
        let fencing = found.map_or(0, |(stored, _)| stored.fencing) + 1;
        let stored = Stored { format: FORMAT, holder: self.0.holder, url: String::new(), fencing, renewed: now, expires: None };
        self.0.blob.put(PATH, encode(PATH, &stored)?).await?;
        *self.holding() = Holding::Lock { _lock: lock, fencing };
        Ok(fencing)
    }

    async fn acquire_lease(&self, url: &str) -> Result<u64, Error> {
        for _ in 0..MOST_TRIES {
            let now = self.now();
            let found = read::<Stored>(&self.0.blob, PATH).await?;
            match &found {
                // Ours already, perhaps by a write whose answer was lost.
                Some((held, tag)) if held.holder == self.0.holder && held.url == url && held.is_valid(now) => {
                    let fencing = held.fencing;
                    *self.holding() = Holding::Lease { held: held.clone(), tag: tag.clone() };
                    return Ok(fencing);
                }
                Some((held, _)) if held.holder != self.0.holder && held.is_live(now) => return Err(self.held_elsewhere(&held.url)),
                _ => {}
            }
            let held = Stored {
                format: FORMAT,
                holder: self.0.holder,
                url: url.to_owned(),
                fencing: found.as_ref().map_or(0, |(stored, _)| stored.fencing) + 1,
                renewed: now,
                expires: Some(now + LEASE_TTL),
            };
            let bytes = encode(PATH, &held)?;
            let taken = match &found {
                None => self.0.blob.put_new(PATH, bytes).await,
                Some((_, tag)) => self.0.blob.put_if(PATH, bytes, tag).await,
            };
            match taken {
                Ok(tag) => {
                    let fencing = held.fencing;
                    *self.holding() = Holding::Lease { held, tag };
                    return Ok(fencing);
                }
                // Another was faster; see who.
                Err(agm_blob::Error::Exists { .. } | agm_blob::Error::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(not_leader(None))
    }

    /// Writes our lease over the state that `tag` names, or over a later one that is ours too: of a write whose answer was lost.
    async fn overwrite(&self, held: &Stored, mut tag: Tag) -> Result<Tag, Error> {
        let bytes = encode(PATH, held)?;
        for _ in 0..MOST_TRIES {
            match self.0.blob.put_if(PATH, bytes.clone(), &tag).await {
                Err(agm_blob::Error::Changed { .. }) => tag = self.still_ours().await?,
                written => return Ok(written?),
            }
        }
        Err(not_leader(None))
    }

    /// The tag of the lease as it is stored, if that is ours; else it is lost, and this says to whom.
    ///
    /// When the storage does not answer, nothing is known and the lease stays good until it expires.
    async fn still_ours(&self) -> Result<Tag, Error> {
        match read::<Stored>(&self.0.blob, PATH).await? {
            Some((stored, tag)) if stored.holder == self.0.holder => Ok(tag),
            Some((stored, _)) if stored.is_live(self.now()) => Err(self.held_elsewhere(&stored.url)),
            _ => {
                *self.holding() = Holding::Nothing;
                Err(not_leader(None))
            }
        }
    }

    fn held_elsewhere(&self, url: &str) -> Error {
        *self.holding() = Holding::Elsewhere { url: url.to_owned() };
        not_leader(Some(url.to_owned()))
    }

    fn holding(&self) -> MutexGuard<'_, Holding> {
        let holding = self.0.holding.lock();
        holding.unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_leader(holder_url: Option<String>) -> Error {
    Error::NotLeader { holder_url }
}
