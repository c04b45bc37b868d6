//! One answer to a listing: keys and folders, up to so many.

use std::collections::BTreeSet;

use s3s::dto::{ETag, Object};

use super::{Stored, now};

/// As Amazon's: a longer listing comes in pages.
const PAGE: usize = 1000;

/// One answer to a listing.
#[derive(Default)]
pub(super) struct Page {
    pub(super) contents: Vec<Object>,
    pub(super) folders: BTreeSet<String>,
    /// The last key looked at, which is where the next page starts.
    pub(super) last: String,
    pub(super) full: bool,
}

impl Page {
    /// Takes a key up; `false` when the page is full.
    pub(super) fn add(&mut self, key: &str, stored: &Stored, prefix: &str, delimiter: Option<&str>) -> bool {
        if self.contents.len() + self.folders.len() >= PAGE {
            self.full = true;
            return false;
        }
        key.clone_into(&mut self.last);
        let below = &key[prefix.len()..];
        let end = delimiter.and_then(|delimiter| Some(below.find(delimiter)? + delimiter.len()));
        if let Some(end) = end {
            self.folders.insert(key[..prefix.len() + end].to_owned());
            return true;
        }
        let object = Object {
            key: Some(key.to_owned()),
            size: i64::try_from(stored.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(stored.etag.clone())),
            last_modified: Some(now()),
            ..Object::default()
        };
        self.contents.push(object);
        true
    }
}
