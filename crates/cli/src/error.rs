//! How a command ends when it does not succeed.

use std::fmt;
use std::io;
use std::process::ExitCode;

use agm_domain::code::Code;
use agm_ops::OpError;

pub(crate) type Result<T> = std::result::Result<T, CliError>;

/// How a command ended. The numbers are documented and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The arguments cannot be used.
    Usage = 2,
    /// No agm answers.
    NoServer = 3,
    /// What was named does not exist.
    NotFound = 4,
    /// It contradicts the present state; another agm owns this data directory.
    Conflict = 5,
    /// A vendor does not answer as it should.
    NotReachable = 6,
    /// Restart required, or still running.
    NotFinished = 7,
}

impl Exit {
    /// Every exit with its meaning, for the reference page.
    #[cfg(test)]
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Usage, "usage: an argument or a setting cannot be used"),
        (Self::NoServer, "no server: nothing answers, or something that is not agm"),
        (Self::NotFound, "not found"),
        (Self::Conflict, "conflict with the present state; also: another agm owns this data directory"),
        (Self::NotReachable, "not reachable: the model, or its vendor, does not answer as it should"),
        (Self::NotFinished, "not finished: a restart is required, or the switch is still running"),
    ];

    /// The exit that a code of the API stands for; the status decides where the code says nothing about it.
    pub(crate) fn of(code: Option<Code>, status: u16) -> Self {
        use Code::{
            AddressRefused, AgentExists, AgentProtected, ConsumerNotFound, InProgress, InvalidModel, InvalidName, KeyRequired,
            MalformedBody, ModelNotReachable, NotLeader, ProviderExists, ProviderInUse, ProviderTypeUnsupported, RestartRequired,
            RouteConflict, UnknownProvider, UpstreamError, ValidationFailed, VendorFaulty, VendorKeyRefused, VendorModelUnknown,
            VendorTimeout, VendorUnreachable, VersionConflict,
        };
        match (code, status) {
            (Some(RestartRequired | InProgress), _) => Self::NotFinished,
            (
                Some(
                    ModelNotReachable | VendorKeyRefused | VendorModelUnknown | VendorTimeout | VendorFaulty | VendorUnreachable
                    | UpstreamError,
                ),
                _,
            )
            | (_, 502 | 504) => Self::NotReachable,
            // Nothing was reached for: what was given cannot be.
            (Some(AddressRefused | KeyRequired), _)
            | (Some(InvalidName | InvalidModel | ValidationFailed | MalformedBody | ProviderTypeUnsupported), 400 | 422) => Self::Usage,
            (Some(RouteConflict | VersionConflict | ProviderInUse | ProviderExists | AgentExists | AgentProtected | NotLeader), _)
            | (_, 409 | 412) => Self::Conflict,
            (Some(UnknownProvider | ConsumerNotFound), _) | (_, 404) => Self::NotFound,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A command that did not succeed: what failed, on what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub(crate) struct CliError {
    pub(crate) exit: Exit,
    /// The API's code, for programs that read stderr.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl CliError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), hint: None }
    }

    /// The arguments cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Anything that has no exit of its own.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// A file or directory that cannot be used.
    pub(crate) fn io(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::failed(format!("cannot {doing} {}: {error}", path.display()))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Output that nobody reads any more (`agm … | head`): no fault of anybody.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.message.is_empty()
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "error[{code}]: {}", self.message)?,
            None => write!(f, "error: {}", self.message)?,
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Writing to the terminal failed.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, String::new());
        }
        Self::failed(format!("cannot write the output: {error}"))
    }
}

impl From<OpError> for CliError {
    fn from(error: OpError) -> Self {
        let exit = match (Exit::of(Some(error.code), 0), error.fault) {
            (Exit::Failed, agm_ops::Fault::Conflict) => Exit::Conflict,
            (Exit::Failed, agm_ops::Fault::Invalid) => Exit::Usage,
            (exit, _) => exit,
        };
        Self { exit, code: Some(error.code.as_str().to_owned()), message: error.message, hint: error.hint }
    }
}

#[cfg(test)]
#[path = "error/tests.rs"]
mod tests;
