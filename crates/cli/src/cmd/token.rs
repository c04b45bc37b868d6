//! `token …`.

use agm_ops::TokenView;
use clap::ValueEnum as _;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::Session;
use super::backup::removed;
use crate::args::{TokenCommand, TokenCreate};
use crate::ask;
use crate::client::Condition;
use crate::error::{Exit, Result};
use crate::output::{Cell, Sheet, age, print, say};

pub(super) async fn run(session: &Session, command: TokenCommand) -> Result<Exit> {
    match command {
        TokenCommand::Create(args) => create(session, args).await,
        TokenCommand::List => list(session).await,
        TokenCommand::Revoke { id, yes } => revoke(session, &id, yes).await,
    }
}

async fn create(session: &Session, args: TokenCreate) -> Result<Exit> {
    let role = args.role.to_possible_value().map(|value| value.get_name().to_owned());
    let mut body = json!({ "name": args.name, "role": role });
    if let Some(time) = args.expires_in {
        body["expiresIn"] = time.into();
    }
    let answer = session.client.post(&["tokens"], &[], Some(&body)).await?;
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

async fn list(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["tokens"]).await?;
    session.out.list(&answer, "no tokens", |tokens: &[TokenView]| {
        let now = Timestamp::now();
        Sheet::of(&["id", "name", "role", "made", "by", "expires", "last used"], tokens, |token| {
            vec![
                Cell::of(&token.id),
                Cell::of(&token.name),
                Cell::of(format!("{:?}", token.role).to_lowercase()),
                age(&token.created_at, now).into(),
                Cell::of(&token.created_by),
                Cell::maybe(token.expires_at.as_deref()),
                Cell::maybe(token.last_used_at.as_ref().map(|time| age(time, now))),
            ]
        })
    })?;
    Ok(Exit::Done)
}

async fn revoke(session: &Session, id: &str, yes: bool) -> Result<Exit> {
    ask::confirm(&format!("take token {id} out of use"), yes)?;
    session.client.change(Method::DELETE, &["tokens", id], &[], None, Condition::Always).await?;
    removed(session, "token", id)
}
