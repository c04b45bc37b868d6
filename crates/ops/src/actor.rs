//! On whose behalf an operation runs.

use serde::{Deserialize, Serialize};

/// What a principal may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    Viewer,
    /// Everything but users, tokens, keys in clear, restore and install.
    Operator,
    /// Everything.
    Admin,
}

/// Who does something: named in revisions, switches and the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `admin`, `token:<name>`, `manager`, `local`, `agm`.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Actor {
    /// An actor.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role }
    }

    /// agm itself: start-up, background checks, recovery.
    pub fn system() -> Self {
        Self::new("agm", Role::Admin)
    }
}
