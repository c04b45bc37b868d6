//! `key …`: the master key.

use agm_ops::KeyRotated;
use serde_json::json;

use super::Session;
use super::providers::dry;
use crate::ask;
use crate::error::{Exit, Result};

pub(super) async fn rotate(session: &Session, key_stdin: bool, dry_run: bool, yes: bool) -> Result<Exit> {
    if !dry_run {
        ask::confirm("seal the store with another master key", yes)?;
    }
    let body = if key_stdin { json!({ "key": ask::stdin_key()?.expose() }) } else { json!({}) };
    let answer = session.client.post(&["master-key", "rotate"], &dry(dry_run), Some(&body)).await?;
    session.out.show(&answer, |rotated: &KeyRotated| told(rotated, dry_run))?;
    Ok(Exit::Done)
}

fn told(rotated: &KeyRotated, dry_run: bool) -> String {
    let key = rotated.key_id.as_ref().map_or_else(|| "a key that is made then".to_owned(), |id| format!("key {id}"));
    let head = if dry_run { "would be sealed" } else { "is sealed" };
    let former = rotated.former.as_ref().map(|id| format!(" (before: {id})")).unwrap_or_default();
    format!("the store {head} with {key}{former}\nnext: {}", rotated.next)
}
