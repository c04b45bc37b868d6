#![doc = include_str!("../README.md")]

mod audit;
mod canonical;
mod clock;
mod document;
mod error;
mod format;
mod journal;
mod key_file;
mod keyring;
mod lease;
mod log;
mod master_key;
mod numbered;
mod object;
mod pin;
mod published;
mod retention;
mod revision;
mod rotate;
mod seal;
mod secrets;
mod store;

pub use audit::AuditEntry;
pub use clock::Clock;
pub use error::Error;
pub use key_file::KeyFile;
pub use lease::{Hold, LEASE_RENEW, LEASE_TTL, Leadership};
pub use master_key::MasterKey;
pub use pin::Pin;
pub use published::Published;
pub use retention::Retention;
pub use revision::{Draft, Revision, RevisionHead};
pub use store::{JsonPointers, Store, StoreConfig};

pub use agm_blob::Tag;
pub use jiff::Timestamp;
pub use uuid::Uuid;
pub use zeroize::Zeroizing;
