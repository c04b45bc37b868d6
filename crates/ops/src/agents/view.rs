//! An agent as it is shown.

use agm_domain::agent::Agent;
use agm_domain::assignment::Assignment;
use agm_domain::consumer::Consumer;
use agm_domain::document::Document;
use agm_domain::evidence::Evidence;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::agent_states::AgentStateView;
use crate::agm::Agm;

/// An agent as it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentView {
    /// `manager` or `worker:<name>`.
    pub id: String,
    /// The name it runs under.
    pub runtime_name: String,
    /// Its identity at the gateway.
    pub consumer: String,
    /// The mask of its gateway key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it should run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Assignment>,
    /// How far that is proven.
    pub evidence: Evidence,
    /// What it does now.
    pub state: AgentStateView,
    /// The configuration file that agm keeps for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_file: Option<ConfigFileView>,
    /// Its own requests being answered now.
    pub in_flight: u32,
    /// Its newest own request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<LastSeenView>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Changes with every change of what is stored of it.
    pub etag: String,
}

/// An agent's configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConfigFileView {
    /// Absolute path of its `openclaw.json`.
    pub path: String,
    /// Absolute path of OpenClaw's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// A request of an agent.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastSeenView {
    /// RFC 3339, UTC.
    pub time: String,
    /// `chat/completions`, …
    pub api: String,
    /// The model it asked for.
    pub model: String,
    /// The provider that answered.
    pub provider: String,
    /// What it got.
    pub status: u16,
}

impl Agm {
    pub(super) fn agent_view(&self, agent: &Agent) -> AgentView {
        self.view_of(agent, &self.current().document)
    }

    pub(super) fn view_of(&self, agent: &Agent, document: &Document) -> AgentView {
        let consumer = agent.consumer.as_str();
        let newest = self.0.gateway.newest(consumer);
        AgentView {
            id: agent.id.to_string(),
            runtime_name: agent.runtime_name.clone(),
            consumer: consumer.to_owned(),
            key: document.consumers.get(consumer).and_then(Consumer::first_key).map(Secret::mask),
            assignment: document.assignments.get(&agent.id).cloned(),
            evidence: self.0.evidence.of(&agent.id),
            state: self.state_of(agent),
            config_file: agent.config_file.as_ref().map(|f| ConfigFileView { path: f.path.clone(), log: f.log.clone() }),
            in_flight: self.0.gateway.in_flight_of(consumer),
            last_seen: newest.map(|seen| LastSeenView {
                time: crate::time::stamp(seen.at),
                api: seen.api.to_owned(),
                model: seen.model.to_string(),
                provider: seen.provider.to_string(),
                status: seen.status,
            }),
            created_at: agent.created_at.clone(),
            etag: self.etag(agent),
        }
    }
}
