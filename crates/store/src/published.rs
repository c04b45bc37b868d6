//! The published assignments: `agents/<runtimeName>/model.json`, whose bytes are the caller's.
//!
//! Others write here too (a worker's file sync), and the storage may know no conditions: so read,
//! compare, write, and read back.

use bytes::Bytes;

use crate::journal::one_segment;
use crate::{Error, Store};

const FOLDER: &str = "agents";

/// What publishing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The file held these bytes already.
    Unchanged,
    /// The file was written, and reads back so.
    Written,
}

impl Store {
    /// Publishes the assignment of an agent's runtime.
    pub async fn publish(&self, runtime_name: &str, bytes: Bytes) -> Result<Published, Error> {
        self.acting()?;
        let path = path(runtime_name)?;
        let blob = &self.0.published;
        if blob.get(&path).await?.is_some_and(|found| found.bytes == bytes) {
            return Ok(Published::Unchanged);
        }
        blob.put(&path, bytes.clone()).await?;
        match blob.get(&path).await? {
            Some(found) if found.bytes == bytes => Ok(Published::Written),
            _ => Err(Error::NotPublished { path }),
        }
    }

    /// The assignment as published; `None` where there is none.
    pub async fn published(&self, runtime_name: &str) -> Result<Option<Bytes>, Error> {
        let found = self.0.published.get(&path(runtime_name)?).await?;
        Ok(found.map(|object| object.bytes))
    }

    /// The runtimes that something is published for, or was.
    pub async fn published_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.0.published.folders(FOLDER).await?)
    }

    /// Removes a published assignment.
    pub async fn unpublish(&self, runtime_name: &str) -> Result<(), Error> {
        self.acting()?;
        Ok(self.0.published.delete(&path(runtime_name)?).await?)
    }
}

fn path(runtime_name: &str) -> Result<String, Error> {
    one_segment(runtime_name)?;
    Ok(format!("{FOLDER}/{runtime_name}/model.json"))
}
