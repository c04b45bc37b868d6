//! Small named documents that change: `agm/objects/<name>.json`.

use agm_blob::Tag;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{FORMAT, encode, read};
use crate::{Error, Store};

const FOLDER: &str = "agm/objects";

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u64,
    value: Value,
}

impl Store {
    /// Reads an object and the tag that a later write names.
    pub async fn object_get(&self, name: &str) -> Result<Option<(Value, Tag)>, Error> {
        let found = read::<Stored>(&self.0.blob, &path(name)).await?;
        Ok(found.map(|(stored, tag)| (stored.value, tag)))
    }

    /// Writes the object that `expected` names (`None`: there is none yet), else [`Error::Changed`].
    ///
    /// Secrets are the caller's to seal.
    pub async fn object_put(&self, name: &str, value: Value, expected: Option<&Tag>) -> Result<Tag, Error> {
        self.acting()?;
        let path = path(name);
        let stored = Stored { format: FORMAT, value };
        let bytes = encode(&path, &stored)?;
        let written = match expected {
            None => self.0.blob.put_new(&path, bytes).await,
            Some(tag) => self.0.blob.put_if(&path, bytes, tag).await,
        };
        written.map_err(|error| match error {
            agm_blob::Error::Exists { .. } | agm_blob::Error::Changed { .. } => Error::Changed { name: name.to_owned() },
            error => error.into(),
        })
    }

    /// Deletes an object; one that is not there is no error.
    pub async fn object_delete(&self, name: &str) -> Result<(), Error> {
        self.acting()?;
        Ok(self.0.blob.delete(&path(name)).await?)
    }

    /// The names of the objects below `folder` (`""` for all), sorted.
    pub async fn object_names(&self, folder: &str) -> Result<Vec<String>, Error> {
        let below = match folder {
            "" => FOLDER.to_owned(),
            folder => format!("{FOLDER}/{folder}"),
        };
        let names = self.0.blob.list(&below, None).await?;
        Ok(names.iter().filter_map(|path| name(path)).collect())
    }
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.json")
}

fn name(path: &str) -> Option<String> {
    let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    name.strip_suffix(".json").map(str::to_owned)
}
