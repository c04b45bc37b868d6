//! The state on which somebody worked a change out, as they saw it. Whether it still holds is looked at where the change is written.

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;

use crate::assignments::{assignment_changed, assignment_etag, no_assignment};
use crate::error::{Fault, OpError};

/// What there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// It does not matter: the change is forced.
    #[default]
    Anything,
    /// Nothing: what is written is new.
    Nothing,
    /// The state of this tag.
    Tag(String),
}

impl Seen {
    /// The tag, or `*` for whatever there is.
    pub fn tag(tag: impl Into<String>) -> Self {
        match tag.into() {
            tag if tag == "*" => Self::Anything,
            tag => Self::Tag(tag),
        }
    }

    /// Refuses an assignment that is another one than was seen.
    pub(crate) fn is_assignment(&self, id: &AgentId, present: Option<&Assignment>) -> Result<(), OpError> {
        match (self, present) {
            (Self::Nothing, Some(_)) => Err(exists(&format!("an assignment of {id}"))),
            (Self::Tag(_), None) => Err(no_assignment(id)),
            (Self::Tag(tag), Some(present)) if *tag != assignment_etag(present) => Err(assignment_changed(id)),
            _ => Ok(()),
        }
    }
}

/// The refusal to make what is there already.
pub fn exists(what: &str) -> OpError {
    OpError::new(Fault::Stale, Code::VersionConflict, format!("there is {what} already")).hint("read it, and edit it as you saw it")
}
