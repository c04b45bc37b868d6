//! The kinds of object a document holds, so that diff and restore can treat them alike.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Noun {
    /// Console object, kept only.
    ServiceSource,
    /// An LLM vendor.
    Provider,
    /// A gateway identity.
    Consumer,
    /// The Manager or a Worker.
    Agent,
    /// A deployment's own model card.
    Model,
    /// Console object, kept only.
    Domain,
    /// An AI route.
    Route,
    /// Console object, kept only.
    PlainRoute,
    /// Console object, kept only.
    PluginInstance,
    /// What an agent should run on.
    Assignment,
}

impl Noun {
    /// Every kind, in the order in which they are created: what others refer to comes first.
    pub const ALL: [Self; 10] = [
        Self::ServiceSource,
        Self::Provider,
        Self::Consumer,
        Self::Agent,
        Self::Model,
        Self::Domain,
        Self::Route,
        Self::PlainRoute,
        Self::PluginInstance,
        Self::Assignment,
    ];

    /// The document's member that holds them.
    pub fn member(self) -> &'static str {
        match self {
            Self::ServiceSource => "serviceSources",
            Self::Provider => "providers",
            Self::Consumer => "consumers",
            Self::Agent => "agents",
            Self::Model => "models",
            Self::Domain => "domains",
            Self::Route => "routes",
            Self::PlainRoute => "plainRoutes",
            Self::PluginInstance => "pluginInstances",
            Self::Assignment => "assignments",
        }
    }

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceSource => "service-source",
            Self::Provider => "provider",
            Self::Consumer => "consumer",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Domain => "domain",
            Self::Route => "route",
            Self::PlainRoute => "plain-route",
            Self::PluginInstance => "plugin-instance",
            Self::Assignment => "assignment",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|n| n.as_str() == text)
    }
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
