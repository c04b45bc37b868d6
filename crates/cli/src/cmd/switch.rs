//! The switch as a person watches it: every step as it happens, then the evidence.

mod steps;

use std::time::Duration;

use agm_domain::code::Code;
use agm_domain::switch::{StepState, SwitchState};
use agm_ops::{SwitchReport, SwitchRequest};
use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use steps::Steps;
pub(crate) use steps::planned;

use super::Session;
use crate::client::{Client, EventStream};
use crate::error::{CliError, Exit, Result};
use crate::output::{Tint, ladder};

/// How long nothing may be heard of a switch before its state is asked for: events can be lost, the state cannot.
const SILENCE: Duration = Duration::from_secs(2);

/// A switch as far as it came while we waited.
pub(crate) struct Performed {
    /// The API's answer.
    pub(crate) answer: Value,
    pub(crate) report: SwitchReport,
}

/// Starts a switch and follows it for at most `wait`, showing its steps. It goes on without us.
pub(crate) async fn perform(session: &Session, request: &SwitchRequest, wait: Duration) -> Result<Performed> {
    let deadline = Instant::now() + wait;
    // Listening begins before the switch does, so that none of its steps is missed.
    let events = session.client.events(&["switch.*"], None).await?;
    let answer = session.client.post(&["switches"], &[], Some(&json!(request))).await?;
    let performed = read(answer)?;
    let mut steps = Steps::new(session.out.is_table());
    steps.show(&performed.report)?;
    follow(&session.client, events, &mut steps, performed, deadline).await
}

async fn follow(
    client: &Client,
    mut events: EventStream,
    steps: &mut Steps,
    mut performed: Performed,
    deadline: Instant,
) -> Result<Performed> {
    let id = performed.report.id.clone();
    while !performed.report.state.is_final() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        wait_for_news(&mut events, &id, left.min(SILENCE)).await;
        performed = read(client.get(&["switches", &id]).await?)?;
        steps.show(&performed.report)?;
    }
    steps.end()?;
    Ok(performed)
}

/// Waits until something is heard of the switch, or nothing for a while.
async fn wait_for_news(events: &mut EventStream, id: &str, patience: Duration) {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left, events.next()).await {
            Ok(Some(event)) if event.subject == id || event.kind == "resync" => return,
            Ok(Some(_)) => {}
            // The stream ended: from now on the state is asked for at every breath.
            Ok(None) => return tokio::time::sleep_until(until).await,
            Err(_) => return,
        }
    }
}

fn read(answer: Value) -> Result<Performed> {
    let report = SwitchReport::deserialize(&answer)
        .map_err(|error| CliError::failed(format!("the server's answer cannot be understood: {error}")))?;
    Ok(Performed { answer, report })
}

/// The switches that have not ended.
pub(crate) async fn running(session: &Session) -> Result<Vec<SwitchReport>> {
    let status = session.client.get(&["status"]).await?;
    let ids = status["switches"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut reports = Vec::new();
    for id in ids {
        reports.push(read(session.client.get(&["switches", id]).await?)?.report);
    }
    Ok(reports)
}

/// Where a switch stands: `running: probe`.
pub(crate) fn standing(report: &SwitchReport) -> String {
    let step = report.steps.iter().find(|step| step.state == StepState::Running);
    step.map_or_else(|| report.state.as_str().to_owned(), |step| format!("{}: {}", report.state.as_str(), step.step.as_str()))
}

/// Prints how it went, and says so by its exit.
pub(crate) fn show(session: &Session, performed: &Performed) -> Result<Exit> {
    let Performed { answer, report } = performed;
    session.out.show(answer, |report: &SwitchReport| ended(session, report))?;
    match report.state {
        SwitchState::Done => Ok(Exit::Done),
        _ => Err(failure(performed)),
    }
}

fn ended(session: &Session, report: &SwitchReport) -> String {
    let mut parts = Vec::new();
    for member in &report.members {
        let to = &member.to;
        let joined = if member.joined { ", moved along" } else { "" };
        if member.state == SwitchState::Done {
            parts.push(format!("{} runs on {} of {}{joined}", member.agent, to.model, to.provider));
            parts.push(session.out.sheet(&ladder(&member.evidence, Timestamp::now())));
        } else if report.members.len() > 1 {
            let why = member.failure.as_ref().map(|failure| format!(": {}", failure.message)).unwrap_or_default();
            parts.push(format!("{}: {}{why}", member.agent, member.state.as_str()));
        }
    }
    for left in &report.left {
        parts.push(format!("{} left as it is: {left}", Tint::Warn.paint("!")));
    }
    parts.join("\n")
}

/// Why it is not done, as the command's error.
fn failure(performed: &Performed) -> CliError {
    let Performed { answer, report } = performed;
    let Some(error) = report.error() else { return CliError::failed("the switch ended without a reason") };
    let code = answer["code"].as_str().and_then(|code| Code::deserialize(Value::String(code.to_owned())).ok()).unwrap_or(error.code);
    let status = agm_server::status_of(&error);
    let undone = match report.state {
        SwitchState::RolledBack | SwitchState::Failed if !report.is_partial() => " (nothing was changed)",
        _ => "",
    };
    let mut cli = CliError::new(Exit::of(Some(code), status), format!("{}{undone}", error.message)).code(code.as_str());
    cli.hint = match report.state {
        SwitchState::Queued | SwitchState::Running => {
            Some(format!("it goes on; `agm agent show {}` shows where it stands", target(report)))
        }
        _ => error.hint,
    };
    cli
}

fn target(report: &SwitchReport) -> String {
    report.members.first().map_or_else(|| report.request.targets.join(" "), |member| member.agent.to_string())
}
