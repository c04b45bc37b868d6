//! `model …`, and the documented `set-model` and `get-assignment`.

use agm_ops::{AgentView, ModelChanged, ModelView, SwitchPlan, SwitchRequest};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::providers::dry;
use super::{Session, switch};
use crate::args::{ModelCommand, ModelPut, Restart, SwitchOptions};
use crate::ask;
use crate::client::Condition;
use crate::error::{CliError, Exit, Result};
use crate::output::{self, Cell, Sheet, details, ladder};

pub(super) async fn run(session: &Session, command: ModelCommand) -> Result<Exit> {
    match command {
        ModelCommand::Set(args) => set(session, args.target, args.provider, args.model, args.options).await,
        ModelCommand::Get { target } => get(session, &target).await,
        ModelCommand::List { provider } => list(session, provider.as_deref()).await,
        ModelCommand::Put(args) => put(session, args).await,
        ModelCommand::Rm { model, dry_run, yes } => remove(session, &model, dry_run, yes).await,
    }
}

pub(super) async fn set(session: &Session, target: String, provider: String, model: String, options: SwitchOptions) -> Result<Exit> {
    let restart = options.restart.map(|restart| match restart {
        Restart::Never => agm_domain::switch::Restart::Never,
        Restart::Now => agm_domain::switch::Restart::Now,
    });
    let request = SwitchRequest {
        targets: vec![target],
        provider,
        model,
        context_window: options.limits.context_window,
        max_tokens: options.limits.max_tokens,
        reasoning: options.limits.reasoning,
        restart,
        move_others: options.move_others,
        keep_going: options.keep_going,
        ..SwitchRequest::default()
    };
    if options.dry_run {
        return plan(session, &request).await;
    }
    let report = switch::perform(session, &request, options.wait).await?;
    switch::show(session, &report)
}

async fn plan(session: &Session, request: &SwitchRequest) -> Result<Exit> {
    let answer = session.client.post(&["switches", "plan"], &[], Some(&json!(request))).await?;
    session.out.show(&answer, |plan: &SwitchPlan| planned(session, plan))?;
    if let Ok(plan) = serde_json::from_value::<SwitchPlan>(answer) {
        output::notes(&plan.warnings)?;
    }
    Ok(Exit::Done)
}

fn planned(session: &Session, plan: &SwitchPlan) -> String {
    let members = Sheet::of(&["agent", "from", "to", "limits from"], &plan.members, |member| {
        let of = |a: &agm_domain::assignment::Assignment| format!("{} on {}", a.model, a.provider);
        let joined = if member.joined { " (moves along)" } else { "" };
        vec![
            format!("{}{joined}", member.agent).into(),
            Cell::maybe(member.from.as_ref().map(of)),
            of(&member.to).into(),
            Cell::of(&member.card),
        ]
    });
    let mut parts = vec![session.out.sheet(&members), String::new()];
    parts.extend(plan.steps.iter().map(switch::planned));
    parts.push(String::new());
    parts.push(format!(
        "routes:   {}",
        if plan.routes.is_empty() { "unchanged".to_owned() } else { format!("\n{}", output::changes(&plan.routes)) }
    ));
    for file in &plan.files {
        parts.push(format!("file:     {} ({})", file.path, file.agent));
        parts.extend(file.changes.iter().map(|change| format!("    {change}")));
    }
    let by_hand = || format!("{}, by hand: agm restarts no agent of this host", plan.restarts.join(", "));
    let restarts = if plan.restarts.is_empty() { "none".to_owned() } else { by_hand() };
    parts.push(format!("restarts: {restarts}"));
    parts.push(format!("undo:     {}", plan.undo));
    if plan.nothing_to_do {
        parts.push("everything is already so, with good evidence: nothing would be done".to_owned());
    }
    parts.join("\n")
}

/// The bare assignment, as the documented script printed it.
pub(super) async fn assignment(session: &Session, target: &str) -> Result<Exit> {
    if session.out.is_table() {
        return get(session, target).await;
    }
    let answer = session.client.get(&["agents", target, "assignment"]).await?;
    session.out.value(&answer)?;
    Ok(Exit::Done)
}

async fn get(session: &Session, target: &str) -> Result<Exit> {
    // Asked for first: an agent without an assignment is an answer of its own (404).
    let assignment = session.client.get(&["agents", target, "assignment"]).await?;
    let agent = session.client.get(&["agents", target]).await?;
    if !session.out.is_table() {
        session.out.value(&json!({ "agent": agent["id"], "assignment": assignment, "evidence": agent["evidence"] }))?;
        return Ok(Exit::Done);
    }
    session.out.show(&agent, |view: &AgentView| {
        let text = |name: &str| match &assignment[name] {
            Value::String(text) => Cell::of(text),
            other => Cell::of(other),
        };
        let rows = vec![
            ("agent", Cell::of(&view.id)),
            ("provider", text("provider")),
            ("model", text("model")),
            ("context window", text("contextWindow")),
            ("max tokens", text("maxTokens")),
            ("reasoning", text("reasoning")),
            ("updated at", text("updatedAt")),
        ];
        format!("{}\n\n{}", session.out.sheet(&details(rows)), session.out.sheet(&ladder(&view.evidence, Timestamp::now())))
    })?;
    Ok(Exit::Done)
}

async fn list(session: &Session, provider: Option<&str>) -> Result<Exit> {
    let mut answer = session.client.get(&["models"]).await?;
    if let (Some(provider), Some(items)) = (provider, answer["items"].as_array_mut()) {
        items.retain(|model| model["providers"].as_array().is_some_and(|providers| providers.iter().any(|name| name == provider)));
    }
    session.out.list(&answer, "no models; `agm provider models NAME` fetches a vendor's list", |models: &[ModelView]| {
        Sheet::of(&["model", "context", "max tokens", "reasons", "providers", "agents", "limits from"], models, |model| {
            let reasons = if model.card.reasoning { "yes" } else { "no" };
            vec![
                Cell::of(&model.id),
                Cell::of(model.card.context_window),
                Cell::of(model.card.max_tokens),
                reasons.into(),
                Cell::names(&model.providers),
                Cell::names(&model.agents),
                Cell::of(model.source),
            ]
        })
    })?;
    Ok(Exit::Done)
}

async fn put(session: &Session, args: ModelPut) -> Result<Exit> {
    let path = ["models", args.model.as_str()];
    let (present, etag) = session.client.with_etag(&path).await?;
    // What was corrected before stays, unless it is corrected again.
    let mut card = present["override"].as_object().cloned().unwrap_or_default();
    let given = corrections(&args);
    if given.is_empty() {
        return Err(CliError::usage("nothing to correct was named").hint("`agm model put --help` shows what can be"));
    }
    card.extend(given);
    let body = Value::Object(card);
    let answer = session.client.change(Method::PUT, &path, &dry(args.dry_run), Some(&body), Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |changed: &ModelChanged| output::changes(&changed.changes))?;
    Ok(Exit::Done)
}

fn corrections(args: &ModelPut) -> Map<String, Value> {
    let limits = &args.limits;
    let given = [
        ("contextWindow", limits.context_window.map(Value::from)),
        ("maxTokens", limits.max_tokens.map(Value::from)),
        ("reasoning", limits.reasoning.map(Value::from)),
        ("input", (!args.input.is_empty()).then(|| json!(args.input))),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

async fn remove(session: &Session, model: &str, dry_run: bool, yes: bool) -> Result<Exit> {
    let path = ["models", model];
    let (_, etag) = session.client.with_etag(&path).await?;
    if !dry_run {
        ask::confirm(&format!("forget what was corrected of {model}"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &path, &dry(dry_run), None, Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |changed: &ModelChanged| output::changes(&changed.changes))?;
    Ok(Exit::Done)
}
