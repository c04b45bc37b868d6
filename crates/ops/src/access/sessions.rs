//! Sessions: what a browser holds instead of the password.

use std::net::IpAddr;

use agm_domain::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Access, Login, LoginKind, random, refused};
use crate::actor::Actor;
use crate::error::OpError;

/// How long a session lasts.
const LASTS: SignedDuration = SignedDuration::from_hours(24);
/// Sessions kept; beyond, the oldest ends.
const LIMIT: usize = 1000;

/// A session as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredSession {
    hash: String,
    actor: Actor,
    expires: Timestamp,
}

/// A session that was opened.
#[derive(Debug)]
pub struct SessionOpened {
    /// Who opened it.
    pub login: Login,
    /// What the browser sends from now on.
    pub cookie: Secret,
    /// When it ends.
    pub expires: Timestamp,
}

impl Access {
    /// Opens a session with user and password.
    pub async fn open_session(&self, user: &str, password: &Secret, client: IpAddr) -> Result<SessionOpened, OpError> {
        let mut login = self.password(user, password, client).await?;
        let now = self.0.agm.now();
        let cookie = random::credential("agm_s_")?;
        let expires = now.checked_add(LASTS).map_err(|error| OpError::internal(error.to_string()))?;
        let session = StoredSession { hash: random::hash(cookie.expose()), actor: login.actor.clone(), expires };
        let added = self.0.book.update(|kept| {
            kept.take_admin(&self.0.admin.stored);
            kept.sessions.retain(|known| known.expires > now);
            let surplus = (kept.sessions.len() + 1).saturating_sub(LIMIT);
            kept.sessions.drain(..surplus);
            kept.sessions.push(session.clone());
            Ok(())
        });
        added.await?;
        self.0.agm.audit(&login.actor, "session.open", user, json!({})).await;
        (login.kind, login.expires) = (LoginKind::Session, Some(expires));
        Ok(SessionOpened { login, cookie, expires })
    }

    /// A login by a session's cookie. One that was never given out is answered late.
    pub async fn session(&self, cookie: &str, client: IpAddr) -> Result<Login, OpError> {
        let (hash, now) = (random::hash(cookie), self.0.agm.now());
        let kept = self.0.book.read().await?;
        let Some(session) = kept.sessions.into_iter().find(|known| known.hash == hash) else {
            return Err(self.late(client, "the session has ended").await);
        };
        // The admin may have another name or password since.
        let of_this_admin = kept.admin.as_ref() == Some(&self.0.admin.stored);
        if session.expires <= now || !of_this_admin || session.actor.name != self.0.admin.stored.user {
            return Err(refused("the session has ended"));
        }
        Ok(Login { actor: session.actor, kind: LoginKind::Session, credential: None, expires: Some(session.expires) })
    }

    /// Ends a session. One that is not there is no error.
    pub async fn close_session(&self, cookie: &str) -> Result<(), OpError> {
        let hash = random::hash(cookie);
        if self.0.book.read().await?.sessions.iter().all(|known| known.hash != hash) {
            return Ok(());
        }
        let removed = self.0.book.update(|kept| {
            kept.sessions.retain(|known| known.hash != hash);
            Ok(())
        });
        removed.await
    }
}
