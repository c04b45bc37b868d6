//! The admin: a given user and password, or a password that agm makes at its first start.

use std::sync::atomic::AtomicBool;

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::book::Book;
use super::password::{Hasher, is_weak};
use super::{AccessSettings, LONGEST_PASSWORD, LONGEST_USER, random};
use crate::error::{Fault, OpError};

/// Where the admin's password comes from.
#[derive(Clone, Debug)]
pub enum AdminCredentials {
    /// From the settings.
    Given {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// From agm itself, at its first start.
    Generated {
        /// The user.
        user: String,
    },
}

impl AdminCredentials {
    /// Refuses what nobody could log in with, and a weak password where agm can be reached from elsewhere. Nothing is made for it.
    pub fn acceptable(&self, loopback_only: bool) -> Result<(), OpError> {
        match self {
            Self::Given { user, password } => Self::check(user, password, loopback_only),
            Self::Generated { .. } => Ok(()),
        }
    }

    fn check(user: &str, password: &Secret, loopback_only: bool) -> Result<(), OpError> {
        let invalid = |message: &str, hint: &str| Err(OpError::new(Fault::Invalid, Code::ValidationFailed, message).hint(hint));
        // HTTP Basic cannot carry such a user.
        if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
            return invalid("the admin's user name cannot be used", "give one without colons and control characters");
        }
        if password.is_empty() {
            return invalid("the admin's password is empty", "set AGM_ADMIN_USER and AGM_ADMIN_PASSWORD, or neither");
        }
        if user.len() > LONGEST_USER || password.expose().len() > LONGEST_PASSWORD {
            let hint = format!("use at most {LONGEST_USER} bytes for the user and {LONGEST_PASSWORD} for the password");
            return invalid("the admin's user or password is too long", &hint);
        }
        if is_weak(user, password) && !loopback_only {
            let hint = "choose one of at least 8 characters that nobody tries first, or let every listener be on 127.0.0.1";
            return invalid("the admin's password is weak, and agm can be reached from elsewhere", hint);
        }
        Ok(())
    }
}

/// The admin as it is stored: sessions are worth what the password was that opened them, so a given one is recognised too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredAdmin {
    pub(super) user: String,
    pub(super) hash: String,
    /// Whether the settings gave the password.
    #[serde(default)]
    pub(super) given: bool,
    /// Whether agm made the password and nobody is known to have seen it: then the next start makes another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unseen: bool,
}

impl std::fmt::Debug for StoredAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredAdmin").field("user", &self.user).field("given", &self.given).finish_non_exhaustive()
    }
}

/// The admin in force.
pub(super) struct Admin {
    pub(super) stored: StoredAdmin,
    pub(super) weak: bool,
    pub(super) generated: Option<Secret>,
    /// Whether somebody is known to have seen it.
    pub(super) seen: AtomicBool,
}

impl Admin {
    pub(super) async fn settle(settings: &AccessSettings, hasher: &Hasher, book: &Book) -> Result<Self, OpError> {
        match &settings.admin {
            AdminCredentials::Given { user, password } => Self::given(user, password, settings.loopback_only, hasher, book).await,
            AdminCredentials::Generated { user } => match book.read().await?.admin {
                // Who does not write cannot make another.
                Some(stored) if !stored.given && (!stored.unseen || !book.writes()) => {
                    Ok(Self { stored, weak: false, generated: None, seen: AtomicBool::default() })
                }
                _ => Self::generate(user, hasher, book).await,
            },
        }
    }

    async fn given(user: &str, password: &Secret, loopback_only: bool, hasher: &Hasher, book: &Book) -> Result<Self, OpError> {
        AdminCredentials::check(user, password, loopback_only)?;
        let weak = is_weak(user, password);
        if weak {
            tracing::warn!("the admin's password is weak; it is accepted because every listener is on loopback");
        }
        let stored = Self::recognised(user, password, hasher, book).await?;
        Ok(Self { stored, weak, generated: None, seen: AtomicBool::default() })
    }

    /// The given password as it was stored before; if it is another now, it is stored, and every session ends.
    async fn recognised(user: &str, password: &Secret, hasher: &Hasher, book: &Book) -> Result<StoredAdmin, OpError> {
        if let Some(stored) = book.read().await?.admin.filter(|stored| stored.given && stored.user == user)
            && hasher.matches(password.clone(), stored.hash.clone()).await.unwrap_or(false)
        {
            return Ok(stored);
        }
        let stored = StoredAdmin { user: user.to_owned(), hash: hasher.hash(password.clone()).await?, given: true, unseen: false };
        let written = book.update(|kept| {
            kept.take_admin(&stored);
            Ok(())
        });
        if let Err(error) = written.await {
            // Who does not write can still be logged in to; sessions of another password count for nothing here all the same.
            tracing::warn!(%error, "that the admin's password is another one could not be stored");
        }
        Ok(stored)
    }

    async fn generate(user: &str, hasher: &Hasher, book: &Book) -> Result<Self, OpError> {
        let password = random::password()?;
        let hash = hasher.hash(password.clone()).await?;
        let stored = StoredAdmin { user: user.to_owned(), hash, given: false, unseen: true };
        let written = book.update(|kept| {
            kept.take_admin(&stored);
            Ok(())
        });
        written.await.map_err(|error| error.hint("set AGM_ADMIN_USER and AGM_ADMIN_PASSWORD"))?;
        Ok(Self { stored, weak: false, generated: Some(password), seen: AtomicBool::default() })
    }
}
