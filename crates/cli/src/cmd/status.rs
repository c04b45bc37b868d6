//! `status` and `audit`.

use agm_ops::{AuditView, MetricsView, StatusView, SwitchReport};
use jiff::Timestamp;
use serde::Deserialize as _;

use super::{Session, switch};
use crate::error::{Exit, Result};
use crate::output::{self, Cell, Sheet, Tint, age, count, details};

pub(super) async fn run(session: &Session) -> Result<Exit> {
    let mut answer = session.client.get(&["status"]).await?;
    let switches = if session.out.is_table() { switch::running(session).await? } else { Vec::new() };
    let metrics = session.client.get(&["metrics"]).await?;
    let host = MetricsView::deserialize(&metrics).ok();
    answer["metrics"] = metrics;
    session.out.show(&answer, |status: &StatusView| {
        let mut text = session.out.sheet(&shown(status, &switches, host.as_ref(), &session.client.url()));
        for line in troubles(status) {
            text.push('\n');
            text.push_str(&line);
        }
        text
    })?;
    Ok(Exit::Done)
}

fn shown(status: &StatusView, switches: &[SwitchReport], host: Option<&MetricsView>, url: &str) -> Sheet {
    let acting = match (&status.leader, status.acting) {
        (_, true) => Cell::new("yes", Tint::Good),
        (Some(leader), false) => Cell::new(format!("no, {leader} does"), Tint::Warn),
        (None, false) => Cell::new("no, another agm does", Tint::Warn),
    };
    let platform = format!("{} agents, {} gateway, {} store", status.platform.agents, status.platform.gateway, status.platform.store);
    let percent = |figure: Option<u8>| figure.map_or_else(|| "unknown".to_owned(), |figure| format!("{figure} %"));
    let traffic = host.map(|host| {
        let figure = |figure: Option<u64>, noun: &str| match figure.map(usize::try_from) {
            Some(Ok(figure)) => count(figure, noun),
            _ => format!("an unknown number of {noun}s"),
        };
        format!("{} in the last minute, {}", figure(host.rpm, "request"), figure(host.connections, "connection"))
    });
    details(vec![
        ("agm", format!("{}, started {}", status.version, age(&status.started_at, Timestamp::now())).into()),
        ("management", url.into()),
        ("gateway", Cell::of(&status.gateway_url)),
        ("platform", platform.into()),
        ("store", Cell::of(&status.storage)),
        ("may change things", acting),
        ("revision", Cell::of(status.revision)),
        (
            "holds",
            format!("{}, {}, {}", count(status.providers, "provider"), count(status.routes, "route"), count(status.agents, "agent")).into(),
        ),
        ("switches running", Cell::maybe((!switches.is_empty()).then(|| switches.iter().map(under_way).collect::<Vec<_>>().join("\n")))),
        ("traffic", Cell::maybe(traffic)),
        ("host", Cell::maybe(host.map(|host| format!("CPU {}, memory {}", percent(host.cpu), percent(host.memory))))),
    ])
}

/// Who moves where in a switch, and how far it is.
fn under_way(report: &SwitchReport) -> String {
    let who = match &report.members[..] {
        [] => report.request.targets.join(", "),
        members => members.iter().map(|member| member.agent.to_string()).collect::<Vec<_>>().join(", "),
    };
    let to = &report.request;
    format!("{}: {who} to {} of {}, {}", report.id, to.model, to.provider, switch::standing(report))
}

/// What is wrong, a line each, with what to do.
fn troubles(status: &StatusView) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in &status.findings {
        lines.push(format!("{} route {}: {}", Tint::Warn.paint("finding:"), finding.route, output::sentence(&finding.diagnostic)));
    }
    for unserved in &status.unserved {
        lines.push(format!("{} {}", Tint::Bad.paint("not served:"), output::sentence(unserved)));
    }
    for agent in &status.drift {
        for drift in &agent.drift {
            let cure = if drift.repairable { format!("; `agm agent repair {}` mends it", agent.agent) } else { String::new() };
            lines.push(format!("{} {}: {}{cure}", Tint::Bad.paint("drift:"), agent.agent, drift.message));
        }
    }
    if lines.is_empty() {
        lines.push(Tint::Good.paint("no findings, no drift"));
    }
    lines
}

pub(super) async fn audit(session: &Session, limit: u16) -> Result<Exit> {
    let answer = session.client.get_with(&["audit"], &[("limit", &limit.to_string())]).await?;
    session.out.list(&answer, "nothing was done yet", |entries: &[AuditView]| {
        Sheet::of(&["when", "who", "what", "on"], entries, |entry| {
            vec![age(&entry.time, Timestamp::now()).into(), Cell::of(&entry.actor), Cell::of(&entry.action), Cell::of(&entry.subject)]
        })
    })?;
    Ok(Exit::Done)
}
