//! What can happen.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// What happened: `noun.verb`. What `subject` and `data` are follows from it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventKind {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl EventKind {
            /// Every kind with its text and meaning.
            pub const ALL: &[(Self, &'static str, &'static str)] = &[$((Self::$name, $text, concat!($($doc),+)),)+];

            /// The kind's text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

kinds! {
    /// A provider was added, changed or removed. Subject: its name; data: `{change}`.
    ProviderChanged = "provider.changed",
    /// A route was. Subject: its name; data: `{change}`.
    RouteChanged = "route.changed",
    /// A consumer was. Subject: its name; data: `{change}`.
    ConsumerChanged = "consumer.changed",
    /// An agent was. Subject: its id; data: `{change}`.
    AgentChanged = "agent.changed",
    /// What an agent should run on was. Subject: its id; data: `{change}`.
    AssignmentChanged = "assignment.changed",
    /// Something else of the configuration was. Subject: its name; data: `{change}`.
    ConfigurationChanged = "configuration.changed",
    /// Another revision is in force. Subject: its number; data: `{message}`.
    RevisionChanged = "revision.changed",
    /// A backup was made or removed. Subject: its number.
    BackupChanged = "backup.changed",
    /// An API token was made or revoked. Subject: its id; data: `{change}`.
    TokenChanged = "token.changed",
    /// A step of a switch began or ended. Subject: the switch's id; data: `StepReport`.
    SwitchStep = "switch.step",
    /// A switch ended. Subject: its id; data: `{state, members, failure}`.
    SwitchDone = "switch.done",
    /// Something but the age of an agent's evidence changed. Subject: its id; data: `Evidence`.
    EvidenceChanged = "evidence.changed",
    /// An agent's drift changed. Subject: its id; data: a list of `Drift`.
    DriftChanged = "drift.changed",
    /// An agent does something else. Subject: its id; data: `AgentState`.
    AgentState = "agent.state",
    /// The state of the host, once a second to whoever listens. Not kept. Subject: `system`; data: `MetricsView`.
    MetricsTick = "metrics.tick",
    /// A request has passed the gateway. Subject: its consumer; data: `RequestView`.
    RequestSeen = "request.seen",
    /// Too much was missed: read everything anew. Subject: `events`.
    Resync = "resync",
}

// The derived schema does not see the names that the macro above gives.
impl utoipa::PartialSchema for EventKind {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let meanings: Vec<String> = Self::ALL.iter().map(|(_, text, meaning)| format!("- `{text}`:{meaning}")).collect();
        let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        let description = format!("What happened. Kinds may be added.\n\n{}", meanings.join("\n"));
        schema.description(Some(description)).enum_values(Some(Self::ALL.iter().map(|(_, text, _)| *text))).into()
    }
}

impl utoipa::ToSchema for EventKind {}

impl std::fmt::Display for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
