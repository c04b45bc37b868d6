//! Why a call has no answer, and whether it may be made again.

use std::error::Error as _;

use crate::body::outgoing::PassingFault;

/// A call without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub(crate) struct Failure {
    /// What happened.
    pub kind: Kind,
    /// In the words of whoever noticed. Never holds a key: it comes from sockets and parsers.
    pub detail: String,
}

/// What happened to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No connection; nothing was sent.
    Connect,
    /// No connection in time; nothing was sent.
    ConnectTimeout,
    /// The connection broke before an answer began; the provider may have seen the request.
    Broken,
    /// No answer began in time.
    FirstByteTimeout,
    /// What came was not HTTP.
    NotHttp,
    /// The client's own body broke off.
    ClientBody,
    /// The client's own body is longer than allowed.
    ClientBodyTooLong,
    /// The client's own body came too slowly.
    ClientBodyTooSlow,
}

impl Kind {
    fn of(fault: PassingFault) -> Self {
        match fault {
            PassingFault::Broken => Self::ClientBody,
            PassingFault::TooLong => Self::ClientBodyTooLong,
            PassingFault::TooSlow => Self::ClientBodyTooSlow,
        }
    }

    /// Whether it is the client's doing.
    pub(crate) fn of_client(self) -> bool {
        matches!(self, Self::ClientBody | Self::ClientBodyTooLong | Self::ClientBodyTooSlow)
    }

    /// Whether the provider cannot have seen the request.
    pub(crate) fn unsent(self) -> bool {
        matches!(self, Self::Connect | Self::ConnectTimeout)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::ConnectTimeout => "no connection in time",
            Self::Broken => "the connection broke before an answer began",
            Self::FirstByteTimeout => "no answer began in time",
            Self::NotHttp => "the answer is not HTTP",
            Self::ClientBody => "the client's request broke off",
            Self::ClientBodyTooLong => "the client's request is too long",
            Self::ClientBodyTooSlow => "the client's request came too slowly",
        })
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, detail: impl std::fmt::Display) -> Self {
        Self { kind, detail: detail.to_string() }
    }

    /// HTTP/2 tells only that the request was reset; why is known here.
    pub(crate) fn because_of(self, fault: Option<PassingFault>) -> Self {
        fault.map_or(self, |fault| Self::new(Kind::of(fault), fault))
    }

    /// Reads what hyper says of a request that may have been sent.
    pub(crate) fn sent(error: &hyper::Error) -> Self {
        let kind = if error.is_parse() {
            Kind::NotHttp
        } else if error.is_user() {
            error.source().and_then(|cause| cause.downcast_ref::<PassingFault>()).map_or(Kind::ClientBody, |fault| Kind::of(*fault))
        } else {
            Kind::Broken
        };
        Self::new(kind, chain(error))
    }
}

/// An error with its causes; hyper's own text names only the phase.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
