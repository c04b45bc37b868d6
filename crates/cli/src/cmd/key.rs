//! `key …`: the master key.

use agm_ops::KeyRotated;
use serde_json::json;

use super::Session;
use crate::ask;
use crate::error::{Exit, Result};

pub(super) async fn rotate(session: &Session, key_stdin: bool, yes: bool) -> Result<Exit> {
    ask::confirm("seal the store with another master key", yes)?;
    let body = if key_stdin { json!({ "key": ask::stdin_key()?.expose() }) } else { json!({}) };
    let answer = session.client.post(&["master-key", "rotate"], &[], Some(&body)).await?;
    session.out.show(&answer, |rotated: &KeyRotated| format!("the store is sealed with key {}\nnext: {}", rotated.key_id, rotated.next))?;
    Ok(Exit::Done)
}
