//! An agent: the Manager, or a Worker.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::{ConsumerName, WorkerName};

/// Which agent. Its text is `manager` or `worker:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentId {
    /// The team's one Manager.
    Manager,
    /// A Worker.
    Worker(WorkerName),
}

impl AgentId {
    /// Parses `manager`, `worker:<name>` or, as the documented API has it, a bare worker name. The name's form is not judged: the agent may
    /// come from a foreign system.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let name = text.strip_prefix("worker:").unwrap_or(text);
        match name {
            "manager" if text == "manager" => Ok(Self::Manager),
            "" => Err(Diagnostic::hard(Code::InvalidName, "/target", "no agent is named").hint("give `manager` or `worker:<name>`")),
            _ => Ok(Self::Worker(WorkerName::from(name))),
        }
    }

    /// The bare name: `manager` or the Worker's.
    pub fn name(&self) -> &str {
        match self {
            Self::Manager => "manager",
            Self::Worker(name) => name.as_str(),
        }
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manager => f.write_str("manager"),
            Self::Worker(name) => write!(f, "worker:{name}"),
        }
    }
}

impl Serialize for AgentId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AgentId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What agm keeps of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Which agent.
    pub id: AgentId,
    /// The name it runs under: names its consumer and its folder in the store.
    pub runtime_name: String,
    /// Its identity at the gateway.
    pub consumer: ConsumerName,
    /// The OpenClaw configuration on this host that agm keeps, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config_file: Option<ConfigFile>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An agent's configuration file on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigFile {
    /// Absolute path of its `openclaw.json`.
    pub path: String,
    /// Absolute path of the log in which OpenClaw says that it reloaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub log: Option<String>,
}

impl Agent {
    /// An agent whose runtime name is its own name.
    pub fn new(id: AgentId, created_at: String) -> Self {
        let runtime_name = id.name().to_owned();
        let consumer = consumer_of(&id, &runtime_name);
        Self { id, runtime_name, consumer, config_file: None, created_at, rest: Map::new() }
    }
}

/// The consumer of an agent: `manager` or `worker-<runtimeName>`.
pub fn consumer_of(id: &AgentId, runtime_name: &str) -> ConsumerName {
    match id {
        AgentId::Manager => ConsumerName::from("manager"),
        AgentId::Worker(_) => ConsumerName::from(format!("worker-{runtime_name}")),
    }
}
