//! `backup …`.

use agm_domain::diff::Change;
use agm_ops::{BackupDetail, BackupMade, BackupRemoved, BackupView, Restored};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::Session;
use super::providers::dry;
use crate::args::{BackupCommand, Restore};
use crate::ask;
use crate::client::Condition;
use crate::error::{CliError, Exit, Result};
use crate::output::{self, Cell, Sheet, Tint, age, details};

pub(super) async fn run(session: &Session, command: BackupCommand) -> Result<Exit> {
    match command {
        BackupCommand::Create { label, dry_run } => create(session, &label, dry_run).await,
        BackupCommand::List { limit } => list(session, limit).await,
        BackupCommand::Show { id } => show(session, &id).await,
        BackupCommand::Diff { id, to } => diff(session, &id, to).await,
        BackupCommand::Restore(args) => restore(session, args).await,
        BackupCommand::Rm { id, dry_run, yes } => remove(session, id, dry_run, yes).await,
    }
}

async fn create(session: &Session, label: &str, dry_run: bool) -> Result<Exit> {
    let answer = session.client.post(&["backups"], &dry(dry_run), Some(&json!({ "label": label }))).await?;
    session.out.show(&answer, |made: &BackupMade| {
        let head = if dry_run { "would be kept" } else { "is kept" };
        let replaced = made.replaced.as_ref().map(|former| format!("; it was called {former}")).unwrap_or_default();
        format!("backup {} {head} for good ({label}){replaced}", made.backup.id)
    })?;
    Ok(Exit::Done)
}

async fn list(session: &Session, limit: u16) -> Result<Exit> {
    let answer = session.client.get_with(&["backups"], &[("limit", &limit.to_string())]).await?;
    session.out.list(&answer, "no backups", |backups: &[BackupView]| {
        Sheet::of(&["backup", "when", "author", "change", "label"], backups, |backup| {
            let id = if backup.current { Cell::new(format!("{} (present)", backup.id), Tint::Good) } else { Cell::of(backup.id) };
            vec![
                id,
                age(&backup.time, Timestamp::now()).into(),
                Cell::of(&backup.author),
                Cell::of(output::short(&backup.message)),
                Cell::maybe(backup.label.as_deref()),
            ]
        })
    })?;
    Ok(Exit::Done)
}

async fn show(session: &Session, id: &str) -> Result<Exit> {
    let answer = session.client.get(&["backups", id]).await?;
    session.out.show(&answer, |detail: &BackupDetail| {
        let BackupDetail { backup, document } = detail;
        let names = |member: &str| {
            let names: Vec<String> = document[member].as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
            Cell::names(&names)
        };
        let assignments = document["assignments"].as_object().into_iter().flatten();
        let assignments: Vec<String> = assignments.map(|(agent, a)| format!("{agent}: {}", a["model"].as_str().unwrap_or("–"))).collect();
        session.out.sheet(&details(vec![
            ("backup", Cell::of(backup.id)),
            ("time", Cell::of(&backup.time)),
            ("author", Cell::of(&backup.author)),
            ("change", Cell::of(&backup.message)),
            ("label", Cell::maybe(backup.label.as_deref())),
            ("providers", names("providers")),
            ("routes", names("routes")),
            ("agents", names("agents")),
            ("assignments", Cell::names(&assignments)),
        ]))
    })?;
    Ok(Exit::Done)
}

async fn diff(session: &Session, id: &str, to: Option<String>) -> Result<Exit> {
    let to = match to.as_deref() {
        Some("last") => Some(session.client.get(&["backups", "last"]).await?["id"].to_string()),
        _ => to,
    };
    let query: Vec<(&str, &str)> = to.iter().map(|to| ("to", to.as_str())).collect();
    let answer = session.client.get_with(&["backups", id, "diff"], &query).await?;
    if session.out.is_table() {
        session.out.show(&answer["changes"], |changes: &Vec<Change>| output::changes(changes))?;
    } else {
        session.out.value(&answer)?;
    }
    Ok(Exit::Done)
}

async fn restore(session: &Session, args: Restore) -> Result<Exit> {
    let body = json!({ "objects": args.objects, "consumerKeys": args.consumer_keys });
    let path = ["backups", args.id.as_str(), "restore"];
    if !args.dry_run && !args.yes {
        // What would be done is shown before it is agreed to.
        let plan = session.client.post(&path, &dry(true), Some(&body)).await?;
        let changes: Vec<Change> = serde_json::from_value(plan["changes"].clone()).unwrap_or_default();
        output::say(&output::changes(&changes))?;
        ask::confirm(&format!("restore backup {}", plan["from"]), false)?;
    }
    let answer = session.client.post(&path, &dry(args.dry_run), Some(&body)).await?;
    session.out.show(&answer, |restored: &Restored| told(restored, args.dry_run))?;
    if args.dry_run || answer["verified"] == true {
        return Ok(Exit::Done);
    }
    Err(CliError::failed("not everything reads back as it should")
        .hint("the lines above say what does not; `agm agent list` shows what drifted"))
}

fn told(restored: &Restored, dry_run: bool) -> String {
    let head = match (dry_run, restored.revision) {
        (true, _) => format!("restoring backup {} would change:", restored.from),
        (false, Some(revision)) => format!("backup {} restored, as revision {revision}", restored.from),
        (false, None) => format!("backup {} has nothing to bring back; nothing was written", restored.from),
    };
    let mut lines = vec![head, output::changes(&restored.changes)];
    lines.extend(restored.deliveries.iter().cloned());
    lines.join("\n")
}

async fn remove(session: &Session, id: u64, dry_run: bool, yes: bool) -> Result<Exit> {
    if !dry_run {
        ask::confirm(&format!("remove backup {id}"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &["backups", &id.to_string()], &dry(dry_run), None, Condition::Always).await?;
    session.out.show(&answer, |removed: &BackupRemoved| match (&removed.label, removed.stays, dry_run) {
        (label, true, true) => format!("backup {id} would lose its label ({}) and stay: it is in force", label.as_deref().unwrap_or("–")),
        (label, true, false) => format!("backup {id} lost its label ({}) and stays: it is in force", label.as_deref().unwrap_or("–")),
        (Some(label), false, true) => format!("backup {id} ({label}) would be removed"),
        (Some(label), false, false) => format!("backup {id} ({label}) removed"),
        (None, false, true) => format!("backup {id} would be removed"),
        (None, false, false) => format!("backup {id} removed"),
    })?;
    Ok(Exit::Done)
}
