//! What a user is told when an operation did not happen.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Whose doing the failure is. Front ends derive their status from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The request is not acceptable.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// It contradicts the present state.
    Conflict,
    /// The caller's idea of the present state is out of date.
    Stale,
    /// The caller may not.
    Forbidden,
    /// A peer (a vendor, the agent's file) failed.
    Peer,
    /// A peer did not answer in time.
    PeerSilent,
    /// agm cannot do it now.
    Unavailable,
    /// agm failed.
    Internal,
}

/// A refused or failed operation.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
pub struct OpError {
    /// Whose doing.
    pub fault: Fault,
    /// Stable, for programs.
    pub code: Code,
    /// What failed and on what.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// More, for programs; no secrets. Boxed, because results are moved more often than they fail.
    pub details: Box<Map<String, Value>>,
}

impl OpError {
    /// An error without a hint.
    pub fn new(fault: Fault, code: Code, message: impl Into<String>) -> Self {
        Self { fault, code, message: message.into(), hint: None, details: Box::default() }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds something for programs.
    #[must_use]
    pub fn detail(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// Findings of a check, all of them. The first gives the error its code.
    pub fn refused(what: &str, diagnostics: &[Diagnostic]) -> Self {
        let code = diagnostics.first().map_or(Code::ValidationFailed, |d| d.code);
        let conflict = matches!(code, Code::RouteConflict | Code::PredicatesOverlap | Code::ProviderInUse | Code::ProviderExists);
        let fault = if conflict { Fault::Conflict } else { Fault::Invalid };
        // One hint for all of them stands where hints stand; where each has its own, it stands beside its message.
        let mut hints: Vec<&str> = diagnostics.iter().filter_map(|d| d.hint.as_deref()).collect();
        hints.sort_unstable();
        hints.dedup();
        let common = if let [only] = hints[..] { Some(only.to_owned()) } else { None };
        let reason = |d: &Diagnostic| if common.is_some() { d.message.clone() } else { d.to_string() };
        let reasons: Vec<String> = diagnostics.iter().map(reason).collect();
        let mut error = Self::new(fault, code, format!("{what}: {}", reasons.join("; "))).detail("diagnostics", json!(diagnostics));
        error.hint = common;
        error
    }

    /// There is no such provider.
    pub fn no_provider(name: &str) -> Self {
        Self::new(Fault::NotFound, Code::ProviderNotFound, format!("there is no provider `{name}`"))
            .hint("`agm provider list` shows those there are")
    }

    /// There is no such agent.
    pub fn no_agent(id: &agm_domain::agent::AgentId) -> Self {
        Self::new(Fault::NotFound, Code::WorkerNotFound, format!("there is no agent `{id}`"))
            .hint("`agm agent list` shows those there are; `agm agent add NAME` registers a Worker")
    }

    /// There is no such route.
    pub fn no_route(name: &str) -> Self {
        let hint = if name == agm_domain::name::DEFAULT_ROUTE {
            "the first provider gets one: `agm provider add NAME`"
        } else {
            "`agm route list` shows those there are"
        };
        Self::new(Fault::NotFound, Code::RouteNotFound, format!("there is no route `{name}`")).hint(hint)
    }

    /// A fault of our own.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Fault::Internal, Code::Internal, message).hint("this is a bug in agm; the log has more")
    }
}

impl From<Diagnostic> for OpError {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { code, message, hint, .. } = diagnostic.clone();
        let mut error = Self::new(Fault::Invalid, code, message).detail("diagnostics", json!([diagnostic]));
        error.hint = hint;
        error
    }
}

impl From<agm_domain::hybrid::Refusal> for OpError {
    fn from(refusal: agm_domain::hybrid::Refusal) -> Self {
        let mut error = Self::refused("the routes cannot be made so", &refusal.diagnostics);
        if !refusal.moved.is_empty() {
            error = error.detail("moved", json!(refusal.moved));
        }
        if let Some(alias) = refusal.alias {
            error = error.detail("alias", json!(alias));
        }
        error
    }
}

impl From<agm_store::Error> for OpError {
    fn from(error: agm_store::Error) -> Self {
        use agm_store::Error;
        let text = error.to_string();
        match error {
            Error::NotLeader { holder_url } => Self::new(Fault::Conflict, Code::NotLeader, text).detail("leader", json!(holder_url)),
            Error::Conflict { .. } | Error::Changed { .. } => Self::new(Fault::Stale, Code::VersionConflict, text),
            Error::NoRevision { number } => Self::new(Fault::NotFound, Code::BackupNotFound, format!("there is no backup {number}"))
                .hint("`agm backup list` shows those there are; those without a label go with time"),
            Error::NewestRevision { .. } => Self::new(Fault::Conflict, Code::ValidationFailed, text),
            Error::Unreadable { .. } | Error::ReadOnly => Self::new(Fault::Unavailable, Code::SecretUnreadable, text),
            _ => Self::new(Fault::Unavailable, Code::StoreFailed, text),
        }
    }
}
