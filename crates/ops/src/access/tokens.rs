//! API tokens: logins with a role, for programs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::ChangeKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::book::Kept;
use super::{Access, Login, LoginKind, random};
use crate::actor::{Actor, Role};
use crate::duration::parse_duration;
use crate::error::{Fault, OpError};
use crate::events::EventKind;
use crate::time::stamp;

/// Tokens at the same time.
const LIMIT: usize = 200;

/// A token as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredToken {
    id: String,
    name: String,
    role: Role,
    hash: String,
    created_at: String,
    created_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
}

/// An API token as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Names it when it is revoked.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// RFC 3339, UTC; absent if it does not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// RFC 3339, UTC; absent if it was not used since agm was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// What it is for: 1 to 64 letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// How long it lasts (`12h`, `90d`); for good if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<String>,
}

/// A token that was made.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenMade {
    /// The token.
    pub token: TokenView,
    /// The token's text. It is shown this once.
    pub secret: String,
}

/// A token that would be made. It has neither an id nor a text yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenPlan {
    /// What it would be for.
    pub name: String,
    /// What it could do.
    pub role: Role,
    /// When it would end if it were made now; RFC 3339, UTC; absent if not by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// When tokens were used last. In memory only: a write for each request would be too much.
#[derive(Default)]
pub(super) struct Uses(Mutex<HashMap<String, Timestamp>>);

impl Access {
    /// Every token, oldest first.
    pub async fn tokens(&self) -> Result<Vec<TokenView>, OpError> {
        let kept = self.0.book.read().await?;
        Ok(kept.tokens.iter().map(|token| self.view(token)).collect())
    }

    /// What making a token would come to. Makes no secret.
    pub async fn plan_token(&self, actor: &Actor, new: &NewToken) -> Result<TokenPlan, OpError> {
        only_admin(actor)?;
        self.0.agm.acting()?;
        let now = self.0.agm.now();
        let expires = check(new, now)?;
        fits(&mut self.0.book.read().await?, &new.name, now)?;
        Ok(TokenPlan { name: new.name.clone(), role: new.role, expires_at: expires.map(stamp) })
    }

    /// Makes a token.
    pub async fn create_token(&self, actor: &Actor, new: &NewToken) -> Result<TokenMade, OpError> {
        only_admin(actor)?;
        let now = self.0.agm.now();
        let expires = check(new, now)?;
        let secret = random::credential("agm_t_")?;
        let token = StoredToken {
            id: Uuid::now_v7().to_string(),
            name: new.name.clone(),
            role: new.role,
            hash: random::hash(secret.expose()),
            created_at: stamp(now),
            created_by: actor.name.clone(),
            expires,
        };
        let added = self.0.book.update(|kept| {
            fits(kept, &token.name, now)?;
            kept.tokens.push(token.clone());
            Ok(())
        });
        added.await?;
        self.0.agm.audit(actor, "token.create", &token.name, json!({ "id": token.id, "role": token.role })).await;
        self.0.agm.tell(EventKind::TokenChanged, token.id.clone(), json!({ "change": ChangeKind::Added }));
        Ok(TokenMade { token: self.view(&token), secret: secret.expose().to_owned() })
    }

    /// Revokes a token: from now on it opens nothing. Returns what it was.
    pub async fn revoke_token(&self, actor: &Actor, id: &str, dry_run: bool) -> Result<TokenView, OpError> {
        only_admin(actor)?;
        let take_out = |kept: &mut Kept| {
            let at = kept.tokens.iter().position(|known| known.id == id);
            let none = || OpError::new(Fault::NotFound, Code::TokenNotFound, format!("there is no token `{id}`"));
            let at = at.ok_or_else(|| none().hint("`agm token list` shows those there are"))?;
            Ok(kept.tokens.remove(at))
        };
        if dry_run {
            self.0.agm.acting()?;
            return Ok(self.view(&take_out(&mut self.0.book.read().await?)?));
        }
        let token = self.0.book.update(take_out).await?;
        self.0.agm.audit(actor, "token.revoke", &token.name, json!({ "id": id })).await;
        self.0.agm.tell(EventKind::TokenChanged, token.id.clone(), json!({ "change": ChangeKind::Removed }));
        Ok(self.view(&token))
    }

    pub(super) async fn token_login(&self, hash: &str) -> Result<Option<Login>, OpError> {
        let now = self.0.agm.now();
        let kept = self.0.book.read().await?;
        let found = kept.tokens.into_iter().find(|known| known.hash == hash);
        let Some(token) = found.filter(|token| token.expires.is_none_or(|end| end > now)) else { return Ok(None) };
        self.0.tokens.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.id.clone(), now);
        let actor = Actor::new(format!("token:{}", token.name), token.role);
        Ok(Some(Login { actor, kind: LoginKind::Token, credential: Some(token.id), expires: token.expires }))
    }

    fn view(&self, token: &StoredToken) -> TokenView {
        let used = self.0.tokens.0.lock().unwrap_or_else(PoisonError::into_inner).get(&token.id).copied();
        TokenView {
            id: token.id.clone(),
            name: token.name.clone(),
            role: token.role,
            created_at: token.created_at.clone(),
            created_by: token.created_by.clone(),
            expires_at: token.expires.map(stamp),
            last_used_at: used.map(stamp),
        }
    }
}

impl std::fmt::Debug for TokenMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenMade").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Makes room for a token of this name, or says why there is none.
fn fits(kept: &mut Kept, name: &str, now: Timestamp) -> Result<(), OpError> {
    kept.tokens.retain(|known| known.expires.is_none_or(|end| end > now));
    if kept.tokens.iter().any(|known| known.name == name) {
        let message = format!("there is a token `{name}` already");
        return Err(OpError::new(Fault::Conflict, Code::TokenExists, message).hint("choose another name, or revoke that one first"));
    }
    if kept.tokens.len() >= LIMIT {
        let message = format!("there are {LIMIT} tokens already");
        return Err(OpError::new(Fault::Conflict, Code::TokenExists, message).hint("revoke those nobody needs"));
    }
    Ok(())
}

fn only_admin(actor: &Actor) -> Result<(), OpError> {
    if actor.role == Role::Admin {
        return Ok(());
    }
    Err(OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin manages tokens").hint("log in as an admin"))
}

/// Everything that is wrong with a wish for a token, or the token's end.
fn check(new: &NewToken, now: Timestamp) -> Result<Option<Timestamp>, OpError> {
    let mut wrong = Vec::new();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if new.name.is_empty() || new.name.len() > 64 || !new.name.chars().all(allowed) {
        let hint = "use 1 to 64 letters, digits, `.`, `_` and `-`";
        wrong.push(Diagnostic::hard(Code::InvalidName, "/name", "this is not a name for a token").hint(hint));
    }
    let end = |text: &String| parse_duration(text).filter(|lasts| !lasts.is_zero()).and_then(|lasts| now.checked_add(lasts).ok());
    let expires = new.expires_in.as_ref().map(end);
    if expires == Some(None) {
        let what = "this is not how long a token lasts";
        wrong.push(Diagnostic::hard(Code::ValidationFailed, "/expiresIn", what).hint("write for example `12h` or `90d`"));
    }
    if wrong.is_empty() { Ok(expires.flatten()) } else { Err(OpError::refused("the token cannot be made", &wrong)) }
}
