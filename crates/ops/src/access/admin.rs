//! The admin: a given user and password, or a password that agm makes at its first start.

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::book::Book;
use super::password::{Hasher, is_weak};
use super::{AccessSettings, random};
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

/// The admin whose password was generated, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredAdmin {
    pub(super) user: String,
    pub(super) hash: String,
}

/// The admin in force.
pub(super) struct Admin {
    pub(super) user: String,
    pub(super) hash: String,
    pub(super) weak: bool,
    pub(super) generated: Option<Secret>,
}

impl Admin {
    pub(super) async fn settle(settings: &AccessSettings, hasher: &Hasher, book: &Book) -> Result<Self, OpError> {
        match &settings.admin {
            AdminCredentials::Given { user, password } => Self::given(user, password, settings.loopback_only, hasher).await,
            AdminCredentials::Generated { user } => match book.read().await?.admin {
                Some(StoredAdmin { user, hash }) => Ok(Self { user, hash, weak: false, generated: None }),
                None => Self::generate(user, hasher, book).await,
            },
        }
    }

    async fn given(user: &str, password: &Secret, loopback_only: bool, hasher: &Hasher) -> Result<Self, OpError> {
        let invalid = |message: &str, hint: &str| Err(OpError::new(Fault::Invalid, Code::ValidationFailed, message).hint(hint));
        // HTTP Basic cannot carry such a user.
        if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
            return invalid("the admin's user name cannot be used", "give one without colons and control characters");
        }
        if password.is_empty() {
            return invalid("the admin's password is empty", "set AGM_ADMIN_USER and AGM_ADMIN_PASSWORD, or neither");
        }
        let weak = is_weak(user, password);
        if weak && !loopback_only {
            let hint = "choose one of at least 8 characters that nobody tries first, or let every listener be on 127.0.0.1";
            return invalid("the admin's password is weak, and agm can be reached from elsewhere", hint);
        }
        if weak {
            tracing::warn!("the admin's password is weak; it is accepted because every listener is on loopback");
        }
        Ok(Self { user: user.to_owned(), hash: hasher.hash(password.clone()).await?, weak, generated: None })
    }

    async fn generate(user: &str, hasher: &Hasher, book: &Book) -> Result<Self, OpError> {
        let password = random::password()?;
        let hash = hasher.hash(password.clone()).await?;
        let stored = StoredAdmin { user: user.to_owned(), hash: hash.clone() };
        let written = book.update(|kept| {
            kept.admin = Some(stored.clone());
            Ok(())
        });
        written.await.map_err(|error| error.hint("set AGM_ADMIN_USER and AGM_ADMIN_PASSWORD"))?;
        Ok(Self { user: user.to_owned(), hash, weak: false, generated: Some(password) })
    }
}
