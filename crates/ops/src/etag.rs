//! What tells one state of an object from another without telling what is in it.

use agm_domain::code::Code;
use serde::Serialize;
use serde_json::{Value, json};

use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// Characters of a tag: 64 bits, enough to tell states apart, too few to be of use for guessing a key.
const LENGTH: usize = 16;

impl Agm {
    /// The tag of a stored object. It is keyed with a secret of the store, so that nobody can test guesses of a key against it.
    pub(crate) fn etag(&self, stored: &impl Serialize) -> String {
        let Ok(value) = serde_json::to_value(stored) else { return "unknown".to_owned() };
        self.keyed_hash(&json!({ "object": value }))
    }

    /// The id under which one of a provider's keys is spoken of.
    pub(crate) fn key_id(&self, provider: &str, key: &str) -> String {
        self.keyed_hash(&json!({ "provider": provider, "key": key }))
    }

    /// Refuses an edit whose author has seen another state than `stored`. `None` and `*` force it.
    pub(crate) fn unchanged(&self, what: &str, stored: &impl Serialize, expected: Option<&str>) -> Result<(), OpError> {
        let present = self.etag(stored);
        match expected {
            None | Some("*") => Ok(()),
            Some(tag) if tag.trim_matches('"') == present => Ok(()),
            Some(_) => Err(OpError::new(Fault::Stale, Code::VersionConflict, format!("{what} was changed since you read it"))
                .hint("read it again and repeat the edit, or force it")
                .detail("etag", json!(present))),
        }
    }

    fn keyed_hash(&self, value: &Value) -> String {
        // Where secrets cannot be read, nothing can be edited either.
        let mut hash = self.0.store.content_of(value).unwrap_or_else(|_| "unreadable".to_owned());
        hash.truncate(LENGTH);
        hash
    }
}
