//! `token …`.

use agm_ops::{Role, TokenPlan, TokenView};
use clap::ValueEnum as _;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::Session;
use super::providers::dry;
use crate::args::{TokenCommand, TokenCreate};
use crate::ask;
use crate::client::Condition;
use crate::error::{Exit, Result};
use crate::output::{Cell, Sheet, age, print, say};

pub(super) async fn run(session: &Session, command: TokenCommand) -> Result<Exit> {
    match command {
        TokenCommand::Create(args) => create(session, args).await,
        TokenCommand::List => list(session).await,
        TokenCommand::Revoke { id, dry_run, yes } => revoke(session, &id, dry_run, yes).await,
    }
}

async fn create(session: &Session, args: TokenCreate) -> Result<Exit> {
    let role = args.role.to_possible_value().map(|value| value.get_name().to_owned());
    let mut body = json!({ "name": args.name, "role": role });
    if let Some(time) = args.expires_in {
        body["expiresIn"] = time.into();
    }
    let answer = session.client.post(&["tokens"], &dry(args.dry_run), Some(&body)).await?;
    if args.dry_run {
        session.out.show(&answer, planned)?;
        return Ok(Exit::Done);
    }
    if !session.out.is_table() {
        session.out.value(&answer)?;
        return Ok(Exit::Done);
    }
    say(&format!(
        "token {} ({}) is shown this once; send it as `Authorization: Bearer …`, or set AGM_TOKEN",
        args.name,
        answer["token"]["id"].as_str().unwrap_or_default()
    ))?;
    print(answer["secret"].as_str().unwrap_or_default())?;
    Ok(Exit::Done)
}

fn planned(token: &TokenPlan) -> String {
    let end = token.expires_at.as_ref().map_or_else(|| "until it is revoked".to_owned(), |end| format!("until {end}"));
    format!("token {} would be made: {}, {end}", token.name, role(token.role))
}

fn role(role: Role) -> String {
    format!("{role:?}").to_lowercase()
}

async fn list(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["tokens"]).await?;
    session.out.list(&answer, "no tokens", |tokens: &[TokenView]| {
        let now = Timestamp::now();
        Sheet::of(&["id", "name", "role", "expires", "last used"], tokens, |token| {
            vec![
                Cell::of(&token.id),
                Cell::of(&token.name),
                Cell::of(role(token.role)),
                Cell::maybe(token.expires_at.as_deref().map(|time| time.get(..10).unwrap_or(time))),
                Cell::maybe(token.last_used_at.as_ref().map(|time| age(time, now))),
            ]
        })
    })?;
    Ok(Exit::Done)
}

async fn revoke(session: &Session, id: &str, dry_run: bool, yes: bool) -> Result<Exit> {
    if !dry_run {
        ask::confirm(&format!("take token {id} out of use"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &["tokens", id], &dry(dry_run), None, Condition::Always).await?;
    let head = if dry_run { "would be out of use" } else { "is out of use" };
    session.out.show(&answer, |token: &TokenView| format!("token {} ({}, {}) {head}", token.name, token.id, role(token.role)))?;
    Ok(Exit::Done)
}
