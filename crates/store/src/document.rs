//! JSON documents as stored: each says its format; older ones migrate when read, newer ones are refused.

use agm_blob::{Blob, Tag};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The format that we write, and the newest that we read.
pub(crate) const FORMAT: u64 = 1;

/// What a document may say of itself.
pub(crate) const AGM_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The bytes of a document.
pub(crate) fn encode(path: &str, document: &impl Serialize) -> Result<Bytes, Error> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| corrupt(path, &error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes.into())
}

/// What every document says of itself.
#[derive(Deserialize)]
struct Label {
    format: u64,
    agm: Option<String>,
}

/// Parses a document of any format that we know.
pub(crate) fn decode<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Error> {
    let broken = |error: serde_json::Error| corrupt(path, &error.to_string());
    // Looking at the label first lets a head be read without building its document.
    let label: Label = serde_json::from_slice(bytes).map_err(broken)?;
    match label.format {
        FORMAT => serde_json::from_slice(bytes).map_err(broken),
        // An older format gets its arm here, with its migration, when there is one.
        0 => Err(corrupt(path, "no agm ever wrote format 0")),
        newer => Err(Error::NewerFormat {
            path: path.to_owned(),
            found: newer,
            supported: FORMAT,
            written_by: label.agm.unwrap_or_else(|| "of a later version".to_owned()),
        }),
    }
}

/// Reads a document, if there is one.
pub(crate) async fn read<T: DeserializeOwned>(blob: &Blob, path: &str) -> Result<Option<(T, Tag)>, Error> {
    match blob.get(path).await? {
        Some(object) => Ok(Some((decode(path, &object.bytes)?, object.tag))),
        None => Ok(None),
    }
}

pub(crate) fn corrupt(path: &str, reason: &str) -> Error {
    Error::Corrupt { path: path.to_owned(), reason: reason.to_owned() }
}
