//! Delivering an assignment to where the agent reads it: for standalone agents, the OpenClaw configuration file of this host.
//!
//! The work itself is the `agents` crate's; this is the way to it from an agent and its assignment. It blocks, so it runs beside the
//! runtime's threads.

use std::path::{Path, PathBuf};

use agm_agents::openclaw::{KeyWish, Notice, Undo, Wish};
use agm_agents::standalone::{self, Delivered, Drift, Planned, ReadBack, Target};
use agm_domain::agent::{Agent, AgentId, ConfigFile};
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::secret::Secret;
use serde_json::Value;

use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// A delivery that is worked out but not made.
pub(crate) struct Prepared {
    agent: AgentId,
    target: Target,
    order: Order,
    planned: Planned,
}

/// What is to be written.
#[derive(Clone)]
enum Order {
    Model(Box<Wish>),
    Key(KeyWish),
}

impl Order {
    fn plan(&self, target: &Target) -> Result<Planned, standalone::Error> {
        match self {
            Self::Model(wish) => standalone::plan(target, wish),
            Self::Key(wish) => standalone::plan_key(target, wish),
        }
    }

    fn write(&self, target: &Target, before: &str, now: jiff::Timestamp) -> Result<Delivered, standalone::Error> {
        match self {
            Self::Model(wish) => standalone::deliver(target, wish, Some(before), now),
            Self::Key(wish) => standalone::replace_key(target, wish, Some(before), now),
        }
    }
}

impl Prepared {
    /// What taking it back needs; no secret is in it.
    pub(crate) fn undo(&self) -> Value {
        serde_json::to_value(&self.planned.undo).unwrap_or_default()
    }

    /// SHA-256 of the file that it was worked out for.
    pub(crate) fn before(&self) -> String {
        self.planned.before.clone()
    }

    /// Whether the file says so already.
    pub(crate) fn is_empty(&self) -> bool {
        self.planned.changes.is_empty()
    }

    /// What writing it would do, in words.
    pub(crate) fn describe(&self) -> String {
        let path = self.target.config.display();
        match self.planned.changes.len() {
            0 => format!("{}: `{path}` stays as it is", self.agent),
            count => format!("{}: {count} places of `{path}` change", self.agent),
        }
    }

    /// Whether the running agent does not take changes of its file.
    pub(crate) fn needs_restart(&self) -> bool {
        self.planned.notices.contains(&Notice::ReloadOff)
    }

    /// Makes it, and says what was done.
    pub(crate) async fn write(self, agm: &Agm) -> Result<String, OpError> {
        let now = agm.now();
        let (target, order, before) = (self.target.clone(), self.order, self.planned.before.clone());
        let delivered = blocking(agm, move || order.write(&target, &before, now)).await?;
        let count = self.planned.changes.len();
        let sentence = match count {
            0 => format!("{}: `{}` says so already", self.agent, self.target.config.display()),
            _ => format!("{}: {count} places of `{}` changed", self.agent, self.target.config.display()),
        };
        // A repeated delivery changes nothing; the log mark of the one that did is the one that proves loading.
        let earlier = agm.0.evidence.delivered(&self.agent);
        if count > 0 || earlier.is_none_or(|d| d.planned.reference != self.planned.reference) {
            agm.0.evidence.delivered_now(&self.agent, delivered, now);
        }
        Ok(sentence)
    }
}

/// What a delivery would do.
pub(crate) struct Preview {
    pub(crate) changes: Vec<String>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Whether the running agent would not take it by itself.
    pub(crate) needs_restart: bool,
}

/// Refuses a configuration file that agm could not keep.
pub(crate) async fn check(file: &ConfigFile) -> Result<(), OpError> {
    let target = target(file);
    let read = move || standalone::read_back(&target).map(drop).map_err(|error| unusable(&error));
    tokio::task::spawn_blocking(read).await.map_err(|_| OpError::internal("reading the file was cut off"))?
}

/// Whether both are the same file, links followed.
pub(crate) fn same_file(one: &ConfigFile, other: &ConfigFile) -> bool {
    real(&one.path) == real(&other.path)
}

/// Whether the file lies below a directory, links followed.
pub(crate) fn is_inside(file: &ConfigFile, directory: &Path) -> bool {
    real(&file.path).starts_with(real(directory))
}

fn real(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().canonicalize().unwrap_or_else(|_| path.as_ref().to_owned())
}

/// Works out what a delivery would change.
pub(crate) async fn prepare(agm: &Agm, agent: &Agent, document: &Document, to: &Assignment) -> Result<Prepared, OpError> {
    let Some(file) = &agent.config_file else {
        return Err(OpError::internal(format!("{} has no configuration file", agent.id)));
    };
    let order = Order::Model(Box::new(wish(agm, agent, document, to)?));
    planned(agm, agent, target(file), order).await
}

/// Works out what a new gateway key changes in the agent's file, which has one of the `old`; nothing without a file.
pub(crate) async fn prepare_key(agm: &Agm, agent: &Agent, old: &[Secret], new: &Secret) -> Result<Option<Prepared>, OpError> {
    let Some(file) = &agent.config_file else { return Ok(None) };
    let order = Order::Key(KeyWish { gateway_base_url: gateway_base_url(agm), old: old.to_vec(), new: new.clone() });
    planned(agm, agent, target(file), order).await.map(Some)
}

async fn planned(agm: &Agm, agent: &Agent, target: Target, order: Order) -> Result<Prepared, OpError> {
    let (at, wanted) = (target.clone(), order.clone());
    let planned = blocking(agm, move || wanted.plan(&at)).await?;
    Ok(Prepared { agent: agent.id.clone(), target, order, planned })
}

/// What a delivery would change, in words, and what it would not although it matters.
pub(crate) async fn preview(agm: &Agm, agent: &Agent, document: &Document, to: &Assignment) -> Result<Preview, OpError> {
    let planned = prepare(agm, agent, document, to).await?.planned;
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let change = |c: &agm_agents::openclaw::Change| format!("{}: {} → {}", c.pointer, shown(c.before.as_ref()), shown(c.after.as_ref()));
    Ok(Preview {
        changes: planned.changes.iter().map(change).collect(),
        warnings: planned.notices.iter().map(|notice| warning(&agent.id, notice)).collect(),
        needs_restart: planned.notices.contains(&Notice::ReloadOff),
    })
}

fn warning(agent: &AgentId, notice: &Notice) -> Diagnostic {
    let code = if *notice == Notice::ReloadOff { Code::RestartRequired } else { Code::ConfigFileUnusable };
    Diagnostic::note(code, "/target", format!("{agent}: {notice}"))
}

/// Puts the file back that a delivery was writing when it was cut off, if that left a mixture.
pub(crate) async fn put_back_torn(agm: &Agm, agent: &AgentId, before: String) -> Result<bool, OpError> {
    let current = agm.current();
    let Some(file) = current.document.agents.get(agent).and_then(|a| a.config_file.as_ref()) else { return Ok(false) };
    let target = target(file);
    blocking(agm, move || standalone::put_back_torn(&target, &before)).await
}

/// Takes a delivery back as far as the file still shows it, and says what is no longer ours.
pub(crate) async fn undo(agm: &Agm, agent: &AgentId, record: &Value) -> Result<Vec<String>, OpError> {
    let current = agm.current();
    let Some(file) = current.document.agents.get(agent).and_then(|a| a.config_file.as_ref()) else { return Ok(Vec::new()) };
    let record: Undo = serde_json::from_value(record.clone()).map_err(|error| OpError::internal(format!("an undo record: {error}")))?;
    let target = target(file);
    let path = target.config.display().to_string();
    let reverted = blocking(agm, move || standalone::undo(&target, &record)).await?;
    agm.0.evidence.not_delivered(agent);
    Ok(reverted.left.iter().map(|left| format!("`{path}` {} is now {}", left.pointer, left.now)).collect())
}

/// What the file says now.
pub(crate) async fn read_back(agm: &Agm, file: &ConfigFile) -> Result<ReadBack, OpError> {
    let target = target(file);
    blocking(agm, move || standalone::read_back(&target)).await
}

/// How the file differs from the assignment.
pub(crate) async fn drift(agm: &Agm, agent: &Agent, document: &Document, assigned: &Assignment) -> Result<Option<Drift>, OpError> {
    let Some(file) = &agent.config_file else { return Ok(None) };
    let (target, wish) = (target(file), wish(agm, agent, document, assigned)?);
    blocking(agm, move || Ok(standalone::drift(&target, &wish))).await
}

/// Whether the running agent says that it took the delivery.
pub(crate) async fn loaded(agm: &Agm, file: &ConfigFile, delivered: &Delivered) -> Result<agm_agents::openclaw::log::Loaded, OpError> {
    let (target, delivered, secrets) = (target(file), delivered.clone(), agm.secrets());
    blocking(agm, move || {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        standalone::loaded(&target, &delivered, &secrets)
    })
    .await
}

fn target(file: &ConfigFile) -> Target {
    Target { config: PathBuf::from(&file.path), log: file.log.as_ref().map(PathBuf::from) }
}

fn wish(agm: &Agm, agent: &Agent, document: &Document, to: &Assignment) -> Result<Wish, OpError> {
    agm.readable()?;
    let mut keys = document.consumers.get(&agent.consumer).map(Consumer::keys).unwrap_or_default().iter().cloned();
    let key = keys.next();
    let no_key = || {
        let message = format!("the consumer `{}` has no key", agent.consumer);
        OpError::new(Fault::Conflict, Code::ConsumerNotFound, message).hint(format!("`agm agent key {} --rotate` gives it one", agent.id))
    };
    let (card, _) = agm.card(document, [to.provider.as_str()], &to.model);
    let input = card.input.iter().filter_map(|m| serde_json::to_value(m).ok()).filter_map(|v| v.as_str().map(str::to_owned));
    Ok(Wish {
        gateway_base_url: gateway_base_url(agm),
        api_key: key.ok_or_else(no_key)?,
        other_keys: keys.collect(),
        model: to.model.clone(),
        context_window: to.context_window,
        max_tokens: to.max_tokens,
        reasoning: to.reasoning,
        input: input.collect(),
    })
}

fn gateway_base_url(agm: &Agm) -> String {
    format!("{}/v1", agm.gateway_url())
}

async fn blocking<T: Send + 'static>(
    agm: &Agm,
    work: impl FnOnce() -> Result<T, standalone::Error> + Send + 'static,
) -> Result<T, OpError> {
    let done = agm.0.tasks.spawn_blocking(work).await;
    done.map_err(|_| OpError::internal("work on an agent's file was cut off"))?.map_err(|error| unusable(&error))
}

fn unusable(error: &standalone::Error) -> OpError {
    let fault = if matches!(error, standalone::Error::NotAbsolute { .. }) { Fault::Invalid } else { Fault::Conflict };
    OpError::new(fault, Code::ConfigFileUnusable, error.to_string())
}
