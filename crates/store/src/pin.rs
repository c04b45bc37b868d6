//! Pins: `agm/pins/<20 digits>.json`; a pinned revision outlives its retention.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::{FORMAT, encode, read};
use crate::{Error, Store, numbered};

const FOLDER: &str = "agm/pins";

/// Why a revision is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The revision.
    pub number: u64,
    /// What its keeper calls it.
    pub label: String,
    /// Who keeps it.
    pub author: String,
    /// Since when.
    pub time: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u64,
    label: String,
    author: String,
    time: Timestamp,
}

impl Store {
    /// Pins a revision; an earlier pin on it is replaced.
    pub async fn pin(&self, number: u64, label: &str, author: &str) -> Result<Pin, Error> {
        self.acting()?;
        let path = path(number);
        let stored = Stored { format: FORMAT, label: label.to_owned(), author: author.to_owned(), time: self.now() };
        self.0.blob.put(&path, encode(&path, &stored)?).await?;
        // After the pin: retention may have been taking the revision away until now.
        if !self.has(number).await? {
            self.drop_pin(number).await?;
            return Err(Error::NoRevision { number });
        }
        Ok(pin(number, stored))
    }

    /// Removes a pin; says whether there was one.
    pub async fn unpin(&self, number: u64) -> Result<bool, Error> {
        self.acting()?;
        let there = self.0.blob.get(&path(number)).await?.is_some();
        self.drop_pin(number).await?;
        Ok(there)
    }

    /// Every pin, newest revision first.
    pub async fn pins(&self) -> Result<Vec<Pin>, Error> {
        let mut pins = Vec::new();
        for number in self.pinned().await?.into_iter().rev() {
            if let Some((stored, _)) = read::<Stored>(&self.0.blob, &path(number)).await? {
                pins.push(pin(number, stored));
            }
        }
        Ok(pins)
    }

    /// The numbers of the pinned revisions.
    pub(crate) async fn pinned(&self) -> Result<BTreeSet<u64>, Error> {
        let names = self.0.blob.list(FOLDER, None).await?;
        Ok(names.iter().filter_map(|name| numbered::number(FOLDER, name)).collect())
    }

    pub(crate) async fn drop_pin(&self, number: u64) -> Result<(), Error> {
        Ok(self.0.blob.delete(&path(number)).await?)
    }
}

fn pin(number: u64, stored: Stored) -> Pin {
    Pin { number, label: stored.label, author: stored.author, time: stored.time }
}

fn path(number: u64) -> String {
    numbered::path(FOLDER, number)
}
