//! `agm/format.json`: the format of the store and the keys that open it.

use std::collections::BTreeMap;

use agm_blob::{Blob, Tag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::{self, AGM_VERSION, FORMAT, corrupt};
use crate::keyring::Keyring;
use crate::{Error, MasterKey};

pub(crate) const FORMAT_PATH: &str = "agm/format.json";

/// The document. It tells nothing of a key but its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Format {
    #[serde(rename = "format")]
    version: u64,
    /// The version that wrote it.
    agm: String,
    /// The id of the key that seals.
    active: String,
    /// The id of the key whose derivate authenticates contents.
    content: String,
    keys: BTreeMap<String, KeyEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeyEntry {
    /// Tells whether a key given is this one.
    check: String,
    added: Timestamp,
    /// A retired key, sealed with the active one, so that one master key opens everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl KeyEntry {
    fn new(key: &MasterKey, added: Timestamp) -> Self {
        Self { check: key.check_value(), added, sealed: None }
    }
}

impl Format {
    pub(crate) async fn read(blob: &Blob) -> Result<Option<(Self, Tag)>, Error> {
        document::read(blob, FORMAT_PATH).await
    }

    /// Reads the document, or writes the first one with the first of `masters`.
    pub(crate) async fn read_or_create(blob: &Blob, masters: &[MasterKey], now: Timestamp) -> Result<Self, Error> {
        if let Some((format, _)) = Self::read(blob).await? {
            return Ok(format);
        }
        let first = masters.first().ok_or(Error::MasterKeyNeeded)?;
        let format = Self {
            version: FORMAT,
            agm: AGM_VERSION.to_owned(),
            active: first.id(),
            content: first.id(),
            keys: BTreeMap::from([(first.id(), KeyEntry::new(first, now))]),
        };
        let bytes = document::encode(FORMAT_PATH, &format)?;
        match blob.put_new(FORMAT_PATH, bytes).await {
            Ok(_) => Ok(format),
            // Another process made it first; theirs counts.
            Err(agm_blob::Error::Exists { .. }) => {
                let made = Self::read(blob).await?;
                made.map(|(format, _)| format).ok_or_else(|| corrupt(FORMAT_PATH, "it vanished while the store was opened"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The keyring that one of `masters` opens.
    pub(crate) fn keyring(&self, masters: &[MasterKey], storage: &str) -> Result<Keyring, Error> {
        let storage = || storage.to_owned();
        let wanted = || self.active.clone();
        if let Some(master) = masters.iter().find(|key| self.is_active(key)) {
            return self.unlock(master);
        }
        let Some(given) = masters.first() else {
            return Err(Error::NoMasterKey { storage: storage(), wanted: wanted() });
        };
        match masters.iter().find(|key| self.keys.contains_key(&key.id())) {
            Some(retired) => Err(Error::RetiredMasterKey { storage: storage(), wanted: wanted(), given: retired.id() }),
            None => Err(Error::WrongMasterKey { storage: storage(), wanted: wanted(), given: given.id() }),
        }
    }

    /// The id of the key that seals.
    pub(crate) fn active(&self) -> &str {
        &self.active
    }

    /// Whether this is the key that seals.
    pub(crate) fn is_active(&self, key: &MasterKey) -> bool {
        let entry = self.keys.get(&self.active);
        key.id() == self.active && entry.is_some_and(|entry| entry.check == key.check_value())
    }

    /// The keyring that the active key opens.
    fn unlock(&self, master: &MasterKey) -> Result<Keyring, Error> {
        let mut masters = vec![master.clone()];
        let alone = Keyring::new([master.clone()], &self.active, &self.active)
            .ok_or_else(|| corrupt(FORMAT_PATH, "its active key is not among its keys"))?;
        for (id, entry) in &self.keys {
            if let Some(sealed) = &entry.sealed {
                let bytes = alone.open(&context(id), sealed)?;
                let retired = MasterKey::from_bytes(&bytes).ok_or_else(|| corrupt(FORMAT_PATH, "a retired key is not 32 bytes long"))?;
                masters.push(retired);
            }
        }
        Keyring::new(masters, &self.active, &self.content).ok_or_else(|| corrupt(FORMAT_PATH, "it names a key that it does not hold"))
    }

    /// The document after a rotation to `next`, and its keyring.
    pub(crate) fn rotated(&self, keyring: &Keyring, next: &MasterKey, now: Timestamp) -> Result<(Self, Keyring), Error> {
        let mut masters: Vec<_> = keyring.masters().cloned().collect();
        if masters.iter().all(|key| key.id() != next.id()) {
            masters.push(next.clone());
        }
        let rotated =
            Keyring::new(masters, &next.id(), &self.content).ok_or_else(|| corrupt(FORMAT_PATH, "it names a key that it does not hold"))?;
        let mut format = self.clone();
        AGM_VERSION.clone_into(&mut format.agm);
        format.active = next.id();
        for master in rotated.masters() {
            let entry = format.keys.entry(master.id()).or_insert_with(|| KeyEntry::new(master, now));
            entry.sealed = if master.id() == next.id() { None } else { Some(rotated.seal(&context(&master.id()), master.as_bytes())?) };
        }
        Ok((format, rotated))
    }
}

fn context(key_id: &str) -> String {
    format!("{FORMAT_PATH}#/keys/{key_id}")
}
