//! What a check found.

use serde::{Deserialize, Serialize};

use crate::code::Code;

/// Who insists on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The Console itself refuses it, or the data plane could not work: nobody may write it.
    Hard,
    /// Our own front ends refuse it; a write through the Console-compatible listener passes and the finding is shown.
    Policy,
    /// Worth knowing, nothing is refused.
    Note,
}

/// One finding: a stable code, where, what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}{}", hint.as_ref().map(|h| format!(": {h}")).unwrap_or_default())]
pub struct Diagnostic {
    /// Who insists.
    pub kind: Kind,
    /// Stable, for programs and translations.
    pub code: Code,
    /// JSON pointer to the member in the object that was checked; empty for the object as a whole.
    pub pointer: String,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A finding that nobody may write.
    pub fn hard(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::Hard, code, pointer, message)
    }

    /// A finding that our own front ends refuse.
    pub fn policy(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::Policy, code, pointer, message)
    }

    /// A remark.
    pub fn note(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::Note, code, pointer, message)
    }

    fn new(kind: Kind, code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code, pointer: pointer.into(), message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding with its pointer moved under `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer = format!("{prefix}{}", self.pointer);
        self
    }

    /// Whether writing is refused for front ends of our own.
    pub fn refuses(&self) -> bool {
        self.kind != Kind::Note
    }
}
