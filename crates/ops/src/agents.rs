//! Agents: registering them, their keys, and what is known of them.

mod key;
mod view;

use agm_domain::agent::{Agent, AgentId, ConfigFile};
use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::hybrid::{allow_everywhere, disallow_everywhere};
use agm_domain::name::WorkerName;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::view::{AgentView, ConfigFileView, LastSeenView};
use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::assignments::still_published;
use crate::delivery;
use crate::error::{Fault, OpError};
use crate::gateway_key::new_gateway_key;

/// A Worker to be registered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewAgent {
    /// The Worker's name, with or without `worker:`.
    pub name: String,
    /// Absolute path of its `openclaw.json`, if agm is to keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Absolute path of OpenClaw's log, in which it says that it reloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Its gateway key, if it has one already; else one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub key: Option<Secret>,
}

/// What is changed about an agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentPatch {
    /// The configuration file; `null` stops keeping one.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ConfigFileView>)]
    pub config_file: Option<Option<ConfigFileView>>,
}

/// What became, or would become, of an agent.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentChanged {
    /// The agent. In a plan it shows no key that is made only when the plan is carried out.
    pub agent: AgentView,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// What changes in its configuration file, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Diagnostic>,
}

impl AgentChanged {
    fn of(agent: AgentView, changes: Vec<Change>) -> Self {
        Self { agent, changes, files: Vec::new(), notes: Vec::new() }
    }
}

impl Agm {
    /// Every agent, the Manager first.
    pub fn agents(&self) -> Vec<AgentView> {
        let current = self.current();
        current.document.agents.values().map(|agent| self.agent_view(agent)).collect()
    }

    /// One agent.
    pub fn agent(&self, id: &AgentId) -> Result<AgentView, OpError> {
        let current = self.current();
        current.document.agents.get(id).map(|agent| self.agent_view(agent)).ok_or_else(|| OpError::no_agent(id))
    }

    /// Registers a Worker: its consumer and key are made, and it joins every route that agm keeps.
    pub async fn add_agent(&self, actor: &Actor, new: NewAgent, dry_run: bool) -> Result<AgentChanged, OpError> {
        self.acting()?;
        let name = WorkerName::parse(new.name.strip_prefix("worker:").unwrap_or(&new.name))?;
        let id = AgentId::Worker(name);
        let mut wrong: Vec<_> = new.key.as_ref().and_then(agm_domain::check::given_key).into_iter().collect();
        if new.config.is_none() && new.log.is_some() {
            let what = "a log is read only beside a configuration file";
            wrong.push(Diagnostic::hard(Code::ValidationFailed, "/log", what).hint("give `config` too, or leave the log out"));
        }
        if !wrong.is_empty() {
            return Err(OpError::refused(&format!("{id} cannot be registered so"), &wrong));
        }
        let config_file = self.check_config_file(actor, new.config.map(|path| ConfigFileView { path, log: new.log })).await?;
        let mut writer = self.writer().await;
        refuse_shared(&writer.document, &id, config_file.as_ref())?;
        if writer.document.agents.contains_key(&id) {
            let error = OpError::new(Fault::Conflict, Code::AgentExists, format!("{id} is registered already"));
            return Err(error.hint(format!("`agm agent show {id}` shows it")));
        }
        let mut agent = Agent::new(id.clone(), self.stamp());
        agent.config_file = config_file;
        let made = new.key.is_none();
        let key = new.key.map_or_else(new_gateway_key, Ok)?;
        let consumer = Consumer::bearer(agent.consumer.clone(), key);
        let wrong = agm_domain::check::consumer_hard(&consumer, &writer.document);
        if !wrong.is_empty() {
            return Err(OpError::refused("the agent's key cannot be used", &wrong));
        }
        writer.apply(&allow_everywhere(&writer.document, &consumer.name))?;
        writer.document.consumers.insert(consumer.name.clone(), consumer);
        writer.document.agents.insert(id.clone(), agent.clone());
        let changes = writer.changes();
        if dry_run {
            let view = self.view_of(&agent, &writer.document);
            // The key that will be made is another one.
            return Ok(AgentChanged::of(AgentView { key: view.key.filter(|_| !made), ..view }, changes));
        }
        writer.commit(actor, format!("{id} registered")).await?;
        self.audit(actor, "agent.add", &id.to_string(), json!({})).await;
        Ok(AgentChanged::of(self.agent(&id)?, changes))
    }

    /// Changes what agm keeps for an agent.
    pub async fn edit_agent(
        &self,
        actor: &Actor,
        id: &AgentId,
        patch: AgentPatch,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<AgentChanged, OpError> {
        self.acting()?;
        let config_file = match patch.config_file {
            Some(file) => Some(self.check_config_file(actor, file).await?),
            None => None,
        };
        let _turn = if dry_run { None } else { Some(self.0.switches.turn(&[id.clone()].into()).await) };
        let mut writer = self.writer().await;
        refuse_shared(&writer.document, id, config_file.as_ref().and_then(Option::as_ref))?;
        let agent = writer.document.agents.get_mut(id).ok_or_else(|| OpError::no_agent(id))?;
        self.unchanged(&format!("agent {id}"), agent, expected)?;
        if let Some(file) = config_file {
            agent.config_file = file;
        }
        let agent = agent.clone();
        let changes = writer.changes();
        if dry_run {
            return Ok(AgentChanged::of(self.view_of(&agent, &writer.document), changes));
        }
        writer.commit(actor, format!("{id} changed")).await?;
        self.audit(actor, "agent.edit", &id.to_string(), json!({})).await;
        self.refresh_evidence(id).await;
        Ok(AgentChanged::of(self.agent(id)?, changes))
    }

    /// Takes a Worker off: its consumer, its assignment and its published `model.json` go; its own files stay as they are.
    pub async fn remove_agent(&self, actor: &Actor, id: &AgentId, expected: Option<&str>, dry_run: bool) -> Result<Vec<Change>, OpError> {
        self.acting()?;
        if *id == AgentId::Manager {
            let error = OpError::new(Fault::Conflict, Code::AgentProtected, "the Manager cannot be removed");
            return Err(error.hint("a team has exactly one"));
        }
        if self.0.switches.busy_agents().contains(id) {
            let error = OpError::new(Fault::Conflict, Code::InProgress, format!("a switch of {id} is under way"));
            return Err(error.hint("wait for its end"));
        }
        let turn = self.0.switches.turn(&[id.clone()].into()).await;
        let mut writer = self.writer().await;
        let agent = writer.document.agents.get(id).cloned().ok_or_else(|| OpError::no_agent(id))?;
        self.unchanged(&format!("agent {id}"), &agent, expected)?;
        writer.apply(&disallow_everywhere(&writer.document, &agent.consumer))?;
        writer.document.agents.remove(id);
        writer.document.assignments.remove(id);
        writer.document.consumers.remove(&agent.consumer);
        let changes = writer.changes();
        if dry_run {
            return Ok(changes);
        }
        let (agm, actor, id) = (self.clone(), actor.clone(), id.clone());
        self.whole(async move {
            let _turn = turn;
            writer.commit(&actor, format!("{id} removed")).await?;
            agm.0.evidence.forget(&id);
            agm.audit(&actor, "agent.remove", &id.to_string(), json!({})).await;
            let unpublished = agm.0.store.unpublish(&agent.runtime_name).await;
            unpublished.map_err(|error| still_published(&format!("{id} is removed"), &agent.runtime_name, error.into()))?;
            Ok(changes)
        })
        .await
    }

    /// A file that agm is to keep gets the agent's key written into it, and agm may write where the caller may not: only an admin names one.
    async fn check_config_file(&self, actor: &Actor, file: Option<ConfigFileView>) -> Result<Option<ConfigFile>, OpError> {
        let Some(file) = file else { return Ok(None) };
        if actor.role < Role::Admin {
            let error = OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin names files of this host");
            return Err(error.hint("log in as an admin, or leave the configuration file out"));
        }
        let file = ConfigFile { path: file.path, log: file.log };
        delivery::check(&file).await?;
        let own = ["agm", "agents", "run", "master.key"].map(|name| self.0.settings.data_dir.join(name));
        if own.iter().any(|own| delivery::is_inside(&file, own)) {
            let error = OpError::new(Fault::Conflict, Code::ConfigFileUnusable, format!("`{}` is agm's own", file.path));
            return Err(error.hint("give the file that OpenClaw reads"));
        }
        Ok(Some(file))
    }
}

/// Two agents with one file would undo each other's model for ever.
fn refuse_shared(document: &Document, id: &AgentId, file: Option<&ConfigFile>) -> Result<(), OpError> {
    let Some(file) = file else { return Ok(()) };
    let same = |other: &&Agent| other.id != *id && other.config_file.as_ref().is_some_and(|f| delivery::same_file(f, file));
    let Some(other) = document.agents.values().find(same) else { return Ok(()) };
    let message = format!("`{}` is already kept for {}", file.path, other.id);
    Err(OpError::new(Fault::Conflict, Code::ConfigFileUnusable, message).hint("give each agent a file of its own"))
}

/// Tells a member that is `null` from one that is absent.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
