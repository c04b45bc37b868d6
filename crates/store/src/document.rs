//! JSON documents as stored: each says its format; older ones migrate when read, newer ones are refused.

use agm_blob::{Blob, Tag};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

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

/// Parses a document of any format that we know.
pub(crate) fn decode<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Error> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| corrupt(path, &error.to_string()))?;
    let value = migrate(path, value)?;
    serde_json::from_value(value).map_err(|error| corrupt(path, &error.to_string()))
}

/// Reads a document, if there is one.
pub(crate) async fn read<T: DeserializeOwned>(blob: &Blob, path: &str) -> Result<Option<(T, Tag)>, Error> {
    match blob.get(path).await? {
        Some(object) => Ok(Some((decode(path, &object.bytes)?, object.tag))),
        None => Ok(None),
    }
}

/// Brings a document to the present format. An older format gets its arm here when there is one.
fn migrate(path: &str, value: Value) -> Result<Value, Error> {
    match value.get("format").and_then(Value::as_u64) {
        Some(FORMAT) => Ok(value),
        Some(newer) if newer > FORMAT => {
            let written_by = value.get("agm").and_then(Value::as_str);
            Err(Error::NewerFormat {
                path: path.to_owned(),
                found: newer,
                supported: FORMAT,
                written_by: written_by.unwrap_or("of a later version").to_owned(),
            })
        }
        _ => Err(corrupt(path, "it has no format number that agm ever wrote")),
    }
}

pub(crate) fn corrupt(path: &str, reason: &str) -> Error {
    Error::Corrupt { path: path.to_owned(), reason: reason.to_owned() }
}
