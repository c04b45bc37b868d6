//! What a revision is: a whole document, numbered, never changed.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::document::{AGM_VERSION, FORMAT};

/// What is known of a revision without its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionHead {
    /// Its place in the log; the first is 1.
    pub number: u64,
    /// Tells a revision of ours from another's under the same number.
    pub id: Uuid,
    /// The number of the revision that it was made from; 0 for the first.
    pub parent: u64,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub time: Timestamp,
    /// Why it was made.
    pub message: String,
    /// Which holder of the store made it; grows with every holder.
    pub fencing: u64,
    /// The keyed hash of the clear document (hex): equal documents, equal contents.
    pub content: String,
    /// Whether it is a state in the middle of a longer change: nothing to go back to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passing: bool,
}

/// A revision with its document.
#[derive(Clone)]
pub struct Revision {
    /// What is known without the document.
    pub head: RevisionHead,
    /// The clear document. Where `unreadable` is not empty, those places hold the sealed text.
    pub document: Value,
    /// JSON pointers of the secrets that the key at hand does not open.
    pub unreadable: Vec<String>,
}

impl Revision {
    /// Its place in the log.
    pub fn number(&self) -> u64 {
        self.head.number
    }
}

impl fmt::Debug for Revision {
    /// Leaves the document out: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revision").field("head", &self.head).field("unreadable", &self.unreadable).finish_non_exhaustive()
    }
}

/// A revision to be.
#[derive(Clone)]
pub struct Draft {
    /// Who makes it.
    pub author: String,
    /// Why.
    pub message: String,
    /// The whole clear document.
    pub document: Value,
    /// Whether it is a state in the middle of a longer change.
    pub passing: bool,
}

impl fmt::Debug for Draft {
    /// Leaves the document out: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("author", &self.author).field("message", &self.message).finish_non_exhaustive()
    }
}

/// The document as stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    format: u64,
    agm: String,
    #[serde(flatten)]
    pub(crate) head: RevisionHead,
    /// Where `document` holds sealed texts.
    pub(crate) sealed: Vec<String>,
    pub(crate) document: Value,
}

impl Stored {
    pub(crate) fn new(head: RevisionHead, sealed: Vec<String>, document: Value) -> Self {
        Self { format: FORMAT, agm: AGM_VERSION.to_owned(), head, sealed, document }
    }
}
