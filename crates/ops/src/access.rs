//! Who may use the management API, and as what. Nothing here knows of HTTP.
//!
//! What is kept of a credential is its hash: argon2id for the admin's password, SHA-256 for everything that is random anyway. A correct login
//! is not refused for what failed before it, or fails beside it: it waits for its turn, and not for long. Only in a crowd without end from its
//! own address it may have to come again.

mod admin;
mod book;
mod local;
mod manager;
mod password;
mod random;
mod remembered;
mod sessions;
mod throttle;
mod tokens;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::admin::AdminCredentials;
pub use self::manager::ManagerAccess;
pub use self::sessions::SessionOpened;
pub use self::tokens::{NewToken, TokenMade, TokenPlan, TokenView};
use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// The longest user name that is looked at, in bytes.
const LONGEST_USER: usize = 256;
/// The longest password that is looked at, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// What [`Access::open`] needs.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// The admin.
    pub admin: AdminCredentials,
    /// What the Manager's gateway key opens.
    pub manager: ManagerAccess,
    /// Where the local token is put: `<data-dir>/run`.
    pub run_dir: PathBuf,
    /// Whether every listener is on loopback; only then a weak password passes.
    pub loopback_only: bool,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoginKind {
    /// User and password with the request.
    Basic,
    /// A session that was opened with them.
    Session,
    /// An API token.
    Token,
    /// The Manager's gateway key.
    Manager,
    /// The token in the data directory.
    Local,
}

/// Somebody who proved who they are.
#[derive(Clone, Debug)]
pub struct Login {
    /// In whose name operations run, and with which role.
    pub actor: Actor,
    /// How it was proved.
    pub kind: LoginKind,
    /// Which of several credentials of this kind, where there are several: a token's id.
    pub credential: Option<String>,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// The doorkeeper. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    agm: Agm,
    admin: admin::Admin,
    manager: ManagerAccess,
    hasher: password::Hasher,
    remembered: remembered::Remembered,
    throttle: throttle::Throttle,
    book: book::Book,
    tokens: tokens::Uses,
    local: local::LocalToken,
}

impl Access {
    /// Settles the admin's password and writes a new local token.
    pub async fn open(agm: Agm, settings: AccessSettings) -> Result<Self, OpError> {
        let hasher = password::Hasher::default();
        let book = book::Book::load(agm.clone()).await?;
        let admin = admin::Admin::settle(&settings, &hasher, &book).await?;
        let local = local::LocalToken::create(&settings.run_dir).await?;
        Ok(Self(Arc::new(Inner {
            agm,
            admin,
            manager: settings.manager,
            hasher,
            remembered: remembered::Remembered::new()?,
            throttle: throttle::Throttle::default(),
            book,
            tokens: tokens::Uses::default(),
            local,
        })))
    }

    /// The password that this start made, to be shown once. Until somebody is known to have seen it, each start makes another.
    pub fn generated_password(&self) -> Option<&Secret> {
        self.0.admin.generated.as_ref()
    }

    /// Somebody has been shown the password that this start made: it stays the one.
    pub async fn password_was_seen(&self) {
        let admin = &self.0.admin;
        if admin.generated.is_none() || admin.seen.swap(true, Ordering::Relaxed) {
            return;
        }
        let written = self.0.book.update(|kept| {
            kept.admin_was_seen(&admin.stored.hash);
            Ok(())
        });
        if let Err(error) = written.await {
            tracing::warn!(%error, "that the admin's password was shown could not be stored; the next start makes another");
        }
    }

    /// The admin's user name.
    pub fn admin_user(&self) -> &str {
        &self.0.admin.stored.user
    }

    /// Whether the admin's password is one that only loopback excuses.
    pub fn password_is_weak(&self) -> bool {
        self.0.admin.weak
    }

    /// A login by user and password. A wrong one is answered late.
    pub async fn password(&self, user: &str, password: &Secret, client: IpAddr) -> Result<Login, OpError> {
        let inner = &*self.0;
        // Before anything is kept or computed: neither the table of failures nor a hash is for what no admin can have.
        if user.len() > LONGEST_USER || password.expose().len() > LONGEST_PASSWORD {
            return Err(refused("the user or the password is wrong"));
        }
        if !inner.remembered.holds(user, password) {
            let attempt = inner.throttle.attempt(user, client).await.map_err(crowded)?;
            // The hash is computed for a wrong user too: how long an answer takes must not tell which users there are.
            let matches = inner.hasher.matches(password.clone(), inner.admin.stored.hash.clone()).await?;
            if !matches || user != inner.admin.stored.user {
                attempt.failed().await;
                tracing::warn!(%client, "a login failed");
                return Err(refused("the user or the password is wrong"));
            }
            attempt.succeeded();
            inner.remembered.put(user, password);
            // Who logs in with it has seen it, however that came.
            self.password_was_seen().await;
        }
        Ok(Login {
            actor: Actor::new(inner.admin.stored.user.clone(), Role::Admin),
            kind: LoginKind::Basic,
            credential: None,
            expires: None,
        })
    }

    /// A login by a token of any kind. A wrong one is answered late.
    pub async fn bearer(&self, token: &str, client: IpAddr) -> Result<Login, OpError> {
        let hash = random::hash(token);
        if self.0.local.is(&hash) {
            return Ok(Login { actor: Actor::new("local", Role::Admin), kind: LoginKind::Local, credential: None, expires: None });
        }
        if let Some(login) = self.token_login(&hash).await? {
            return Ok(login);
        }
        match self.manager_login(&hash) {
            Some(login) => Ok(login),
            None => Err(self.late(client, "the token is not valid (any more)").await),
        }
    }

    /// The refusal of a credential without a user, at its time.
    async fn late(&self, client: IpAddr, what: &str) -> OpError {
        if let Err(full) = self.0.throttle.wrong(client).await {
            return crowded(full);
        }
        tracing::warn!(%client, "a login failed");
        refused(what)
    }

    /// Takes the local token away.
    pub async fn close(&self) {
        self.0.local.remove().await;
    }
}

/// Too many logins from one address are under way.
fn crowded(_: throttle::Crowded) -> OpError {
    let message = "too many logins from this address wait for their answer";
    OpError::new(Fault::Unavailable, Code::TooManyRequests, message).hint("try again in a few seconds")
}

/// The one answer to everybody who could not prove who they are.
fn refused(what: &str) -> OpError {
    OpError::new(Fault::Forbidden, Code::AuthFailed, what).hint("log in again, or use another token")
}

#[cfg(test)]
mod tests;
