#![doc = include_str!("../README.md")]

mod access;
mod actor;
mod agent_states;
mod agents;
mod agm;
mod assignments;
mod audit;
mod current;
mod delivery;
mod duration;
mod error;
mod etag;
mod events;
mod evidence;
mod figures;
mod gateway_key;
mod kept_answers;
mod master_key;
mod models;
mod playground;
mod probe;
mod providers;
mod requests;
mod routes;
mod seen;
mod settings;
mod snapshots;
mod status;
mod switch;
mod time;
mod trial;
mod vendor;
mod whole;

/// The gateway, whose types appear in this crate's own API: a front end needs no arrow to it.
pub use agm_gateway as gateway;

pub use access::{
    Access, AccessSettings, AdminCredentials, Login, LoginKind, ManagerAccess, NewToken, SessionOpened, TokenMade, TokenPlan, TokenView,
};
pub use actor::{Actor, Role};
pub use agent_states::AgentStateView;
pub use agents::{AgentChanged, AgentPatch, AgentView, ConfigFileView, LastSeenView, NewAgent};
pub use agm::Agm;
pub use assignments::assignment_etag;
pub use audit::AuditView;
pub use current::Current;
pub use duration::parse_duration;
pub use error::{Fault, OpError};
pub use events::{Event, EventData, EventKind, Events, Resumed};
pub use evidence::{Reloaded, Repaired};
pub use figures::{HostWindow, NamedSeries, PercentileSteps, Percentiles, UsageSeries, UsageSum, UsageWindow};
pub use kept_answers::{KeptAnswer, KeptAnswers};
pub use master_key::KeyRotated;
pub use models::{ModelChanged, ModelView};
pub use playground::{Playground, PlaygroundEvent, PlaygroundMessage, PlaygroundRequest, PlaygroundSummary, Speaker};
pub use providers::{
    FieldView, KeyChange, KeyTest, KeyView, ListedModels, ModelList, OutOfUse, ProviderAdded, ProviderChanged, ProviderPatch,
    ProviderRemoved, ProviderTest, ProviderTypeView, ProviderView, TestRequest,
};
pub use requests::{RequestFilter, RequestView, StatusClass, UsageView};
pub use routes::{
    AuthEdit, ConsideredView, DefaultSet, ExplainRequest, Explanation, FallbackView, PathView, ReachedView, RouteAuthView, RouteChanged,
    RouteEdit, RouteFinding, RouteRemoved, RouteUpstream, RouteView, RoutesRepaired,
};
pub use seen::{Seen, exists};
pub use settings::{Patience, Settings, Storage};
pub use snapshots::{BackupDetail, BackupMade, BackupRemoved, BackupView, RestoreRequest, Restored};
pub use status::{AgentDrift, MetricsView, PlatformView, StatusView};
pub use switch::{FileChange, MemberReport, PlannedMember, SwitchFailure, SwitchPlan, SwitchReport, SwitchRequest, Unfinished};
pub use time::{stamp, whole_seconds};
pub use trial::{Failure, Trial};
