//! Everything agm manages, as one value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::agent::{Agent, AgentId};
use crate::assignment::Assignment;
use crate::consumer::Consumer;
use crate::name::{ConsumerName, ProviderName, RouteName};
use crate::provider::Provider;
use crate::route::AiRoute;

/// The document of a revision. Maps are keyed by the object's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Document {
    /// LLM vendors.
    pub providers: BTreeMap<ProviderName, Provider>,
    /// AI routes.
    pub routes: BTreeMap<RouteName, AiRoute>,
    /// Gateway identities.
    pub consumers: BTreeMap<ConsumerName, Consumer>,
    /// The Manager and the Workers.
    pub agents: BTreeMap<AgentId, Agent>,
    /// What each agent should run on.
    pub assignments: BTreeMap<AgentId, Assignment>,
    /// The deployment's own model cards: members given here win over the catalog's.
    pub models: BTreeMap<String, Value>,
    /// Console objects agm only keeps.
    pub domains: BTreeMap<String, Value>,
    /// Console objects agm only keeps.
    pub service_sources: BTreeMap<String, Value>,
    /// Console objects agm only keeps.
    pub plain_routes: BTreeMap<String, Value>,
    /// Console objects agm only keeps, keyed `<scope>/<target>/<plugin>`.
    pub plugin_instances: BTreeMap<String, Value>,
    /// Members of a later version.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Document {
    /// The provider that the default route sends to: the default owner.
    pub fn default_owner(&self) -> Option<&ProviderName> {
        self.default_route().and_then(|r| r.upstreams.first()).map(|u| &u.provider)
    }

    /// The catch-all.
    pub fn default_route(&self) -> Option<&AiRoute> {
        self.routes.get(crate::name::DEFAULT_ROUTE)
    }

    /// The agent behind a consumer.
    pub fn agent_of(&self, consumer: &ConsumerName) -> Option<&Agent> {
        self.agents.values().find(|a| a.consumer == *consumer)
    }
}

#[cfg(test)]
mod tests;
