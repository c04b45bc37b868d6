//! `agent …`.

use std::path::Path;

use agm_domain::evidence::Evidence;
use agm_ops::{AgentChanged, AgentView, Repaired, SwitchReport};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::providers::dry;
use super::{Session, switch};
use crate::args::{AgentAdd, AgentCommand, AgentSet};
use crate::ask;
use crate::client::Condition;
use crate::error::{CliError, Exit, Result};
use crate::output::{self, Cell, Sheet, Tint, age, details, ladder, print, say};

pub(super) async fn run(session: &Session, command: AgentCommand) -> Result<Exit> {
    match command {
        AgentCommand::List => list(session).await,
        AgentCommand::Show { agent } => show(session, &agent).await,
        AgentCommand::Add(args) => add(session, args).await,
        AgentCommand::Set(args) => set(session, args).await,
        AgentCommand::Rm { agent, dry_run, yes } => remove(session, &agent, dry_run, yes).await,
        AgentCommand::Check { agent, probe } => check(session, &agent, probe).await,
        AgentCommand::Repair { agent, dry_run } => repair(session, &agent, dry_run).await,
        AgentCommand::Key { agent, rotate: true, dry_run: true, .. } => plan_rotation(session, &agent).await,
        AgentCommand::Key { agent, rotate, yes, .. } => key(session, &agent, rotate, yes).await,
    }
}

async fn list(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["agents"]).await?;
    session.out.list(&answer, "no agents", |agents: &[AgentView]| {
        Sheet::of(&["agent", "provider", "model", "proven", "last seen"], agents, |agent| {
            let assignment = agent.assignment.as_ref();
            vec![
                Cell::of(&agent.id),
                Cell::maybe(assignment.map(|a| a.provider.to_string())),
                Cell::maybe(assignment.map(|a| a.model.as_str())),
                proven(&agent.evidence),
                Cell::maybe(agent.last_seen.as_ref().map(|seen| format!("{} ({})", age(&seen.time, Timestamp::now()), seen.model))),
            ]
        })
    })?;
    Ok(Exit::Done)
}

/// The strongest proof, or the drift.
fn proven(evidence: &Evidence) -> Cell {
    if !evidence.drift.is_empty() {
        return Cell::new("drift", Tint::Bad);
    }
    match evidence.proven() {
        Some(level) => Cell::new(level.as_str(), Tint::Good),
        None => Cell::new("–", Tint::Dim),
    }
}

async fn show(session: &Session, agent: &str) -> Result<Exit> {
    let answer = session.client.get(&["agents", agent]).await?;
    let switches = if session.out.is_table() { switch::running(session).await? } else { Vec::new() };
    session.out.show(&answer, |view: &AgentView| {
        let of_it = |report: &&SwitchReport| report.members.iter().any(|member| member.agent.to_string() == view.id);
        let running: Vec<String> =
            switches.iter().filter(of_it).map(|report| format!("{}, {}", report.id, switch::standing(report))).collect();
        let sheets = [shown(view, &running), ladder(&view.evidence, Timestamp::now())];
        sheets.map(|sheet| session.out.sheet(&sheet)).join("\n\n")
    })?;
    Ok(Exit::Done)
}

fn shown(agent: &AgentView, running: &[String]) -> Sheet {
    let now = Timestamp::now();
    let assignment = agent.assignment.as_ref();
    let limits = assignment.map(|a| {
        let reasoning = if a.reasoning { "reasons" } else { "does not reason" };
        format!("context {}, at most {} tokens, {reasoning}", a.context_window, a.max_tokens)
    });
    let seen = agent.last_seen.as_ref();
    let mut rows = vec![
        ("agent", Cell::of(&agent.id)),
        ("consumer", Cell::of(&agent.consumer)),
        ("key", Cell::maybe(agent.key.as_deref())),
        ("provider", Cell::maybe(assignment.map(|a| a.provider.to_string()))),
        ("model", Cell::maybe(assignment.map(|a| a.model.as_str()))),
        ("limits", Cell::maybe(limits)),
        ("in flight", Cell::of(agent.in_flight)),
        ("last seen", Cell::maybe(seen.map(|s| format!("{}: {} on {}, status {}", age(&s.time, now), s.model, s.provider, s.status)))),
    ];
    for switch in running {
        rows.push(("switch", Cell::new(switch, Tint::Warn)));
    }
    if let Some(file) = &agent.config_file {
        rows.push(("config file", Cell::of(&file.path)));
        rows.push(("log", Cell::maybe(file.log.as_deref())));
    }
    details(rows)
}

async fn add(session: &Session, args: AgentAdd) -> Result<Exit> {
    if args.name == "manager" {
        return give_the_manager_a_file(session, args).await;
    }
    let mut body = json!({ "name": args.name });
    if let Some(config) = &args.config {
        body["config"] = absolute(config)?.into();
    }
    if let Some(log) = &args.log {
        body["log"] = absolute(log)?.into();
    }
    if args.key_stdin {
        body["key"] = ask::stdin_key()?.expose().into();
    }
    let answer = session.client.post(&["agents"], &dry(args.dry_run), Some(&body)).await?;
    session.out.show(&answer, |added: &AgentChanged| {
        let head = if args.dry_run { "would be registered" } else { "registered" };
        format!("{} {head}\n{}", added.agent.id, output::changes(&added.changes))
    })?;
    if session.out.is_table() && !args.dry_run {
        let id = answer["agent"]["id"].as_str().unwrap_or(&args.name);
        say(&format!("next: `agm model set {id} MODEL --provider PROVIDER`; `agm agent key {id}` prints its key for the gateway"))?;
    }
    Ok(Exit::Done)
}

/// The Manager is there from the start: adding it can only mean its file.
async fn give_the_manager_a_file(session: &Session, args: AgentAdd) -> Result<Exit> {
    if args.config.is_none() || args.key_stdin {
        return Err(CliError::new(Exit::Conflict, "the Manager is registered from the start")
            .hint("`agm agent set manager --config FILE` gives it a configuration file; `agm agent show manager` shows it"));
    }
    set(session, AgentSet { agent: args.name, config: args.config, log: args.log, no_config: false, dry_run: args.dry_run }).await
}

async fn set(session: &Session, args: AgentSet) -> Result<Exit> {
    let path = ["agents", args.agent.as_str()];
    let (_, etag) = session.client.with_etag(&path).await?;
    let file = match &args.config {
        Some(config) => {
            let mut file = json!({ "path": absolute(config)? });
            if let Some(log) = &args.log {
                file["log"] = absolute(log)?.into();
            }
            file
        }
        None => Value::Null,
    };
    let body = json!({ "configFile": file });
    let answer = session.client.change(Method::PATCH, &path, &dry(args.dry_run), Some(&body), Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |AgentChanged { agent, changes, .. }: &AgentChanged| {
        let (keeps, none) = if args.dry_run { ("would keep", "would keep no") } else { ("keeps", "keeps no") };
        let head = match &agent.config_file {
            Some(file) => format!("agm {keeps} the model of {} in {}", agent.id, file.path),
            None => format!("agm {none} file for {}", agent.id),
        };
        format!("{head}\n{}", output::changes(changes))
    })?;
    Ok(Exit::Done)
}

async fn remove(session: &Session, agent: &str, dry_run: bool, yes: bool) -> Result<Exit> {
    let path = ["agents", agent];
    let (_, etag) = session.client.with_etag(&path).await?;
    if !dry_run {
        ask::confirm(&format!("remove {agent}, its key and its assignment"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &path, &dry(dry_run), None, Condition::Unchanged(&etag)).await?;
    session.out.show(&answer["changes"], |changes: &Vec<agm_domain::diff::Change>| output::changes(changes))?;
    Ok(Exit::Done)
}

async fn check(session: &Session, agent: &str, probe: bool) -> Result<Exit> {
    let answer = session.client.post(&["agents", agent, "evidence"], &[], Some(&json!({ "probe": probe }))).await?;
    session.out.show(&answer, |evidence: &Evidence| session.out.sheet(&ladder(evidence, Timestamp::now())))?;
    Ok(Exit::Done)
}

async fn repair(session: &Session, agent: &str, dry_run: bool) -> Result<Exit> {
    let answer = session.client.post(&["agents", agent, "repair"], &dry(dry_run), None).await?;
    session.out.show(&answer, |repaired: &Repaired| {
        let mended = repaired.repaired.iter().map(|sentence| format!("{} {sentence}", Tint::Good.paint("✓")));
        let left = repaired.left.iter().map(|left| format!("{} {}", Tint::Bad.paint("✗"), output::sentence(left)));
        let lines: Vec<String> = mended.chain(left).collect();
        if lines.is_empty() { format!("nothing drifted for {agent}") } else { lines.join("\n") }
    })?;
    let left = answer["left"].as_array().map_or(0, Vec::len);
    if left == 0 {
        return Ok(Exit::Done);
    }
    Err(CliError::failed(format!("{left} of what drifted for {agent} could not be mended"))
        .hint("the lines marked ✗ say what to do by hand"))
}

async fn plan_rotation(session: &Session, agent: &str) -> Result<Exit> {
    let answer = session.client.post(&["agents", agent, "key", "rotate"], &dry(true), None).await?;
    session.out.show(&answer, |planned: &AgentChanged| {
        let present = planned.agent.key.as_ref().map(|mask| format!("; {mask} would stop working at once")).unwrap_or_default();
        let head = format!("{agent} would get a new gateway key, made then{present}");
        let lines = [head, output::changes(&planned.changes)].into_iter().chain(planned.files.iter().cloned());
        lines.collect::<Vec<_>>().join("\n")
    })?;
    if let Ok(planned) = serde_json::from_value::<AgentChanged>(answer) {
        output::notes(&planned.notes)?;
    }
    Ok(Exit::Done)
}

async fn key(session: &Session, agent: &str, rotate: bool, yes: bool) -> Result<Exit> {
    if rotate {
        ask::confirm(&format!("make a new gateway key for {agent}; the old one stops working at once"), yes)?;
        session.client.post(&["agents", agent, "key", "rotate"], &[], None).await?;
    }
    let answer = session.client.post(&["agents", agent, "key"], &[], None).await?;
    if session.out.is_table() {
        // Alone on its line, so that `$(…)` takes it.
        print(answer["key"].as_str().unwrap_or_default())?;
    } else {
        session.out.value(&answer)?;
    }
    Ok(Exit::Done)
}

/// The server may run elsewhere in the file tree: it is told whole paths.
fn absolute(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|error| CliError::io("use", path, &error))?;
    let text = absolute.to_str().map(str::to_owned);
    text.ok_or_else(|| CliError::usage(format!("{} is not a path in UTF-8", path.display())))
}
