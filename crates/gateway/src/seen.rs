//! What is remembered of a request: who asked whom for what, and how it went. Never the prompt, the completion or a key.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// One finished request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Grows by one with every request of this process.
    pub seq: u64,
    /// When the answer ended.
    pub at: Timestamp,
    /// Who asked; `none` on a route without authentication.
    pub consumer: Arc<str>,
    /// The route that took it; empty when none did.
    pub route: Arc<str>,
    /// The provider that answered, or was tried last.
    pub provider: Option<Arc<str>>,
    /// Its API (`chat/completions`), when the path names one.
    pub api: Option<&'static str>,
    /// The model the client asked for.
    pub model: Option<Arc<str>>,
    /// The model the answer names.
    pub served_model: Option<Arc<str>>,
    /// What the client got.
    pub status: u16,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// From the request's head to the answer's end.
    pub duration: Duration,
    /// From the request's head to the first byte of the answer's body.
    pub first_byte: Option<Duration>,
    /// What the answer says it cost. `None` means unknown, not nothing.
    pub usage: Option<Usage>,
    /// How often something was sent, counting the first time.
    pub attempts: u8,
    /// Whether a fallback upstream answered.
    pub fallback: bool,
    /// The id of a request of the playground: it was sent with the consumer's key, and is none of its own.
    pub playground: Option<Arc<str>>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With the provider's answer, whole, whatever its status.
    Answered,
    /// With the end of the provider's connection, which is all the end the answer had: whole or cut, nobody can tell.
    EndUnknown,
    /// With an answer of the gateway itself; the code is the one in its body.
    Refused(&'static str),
    /// The provider broke off.
    CutByProvider,
    /// The client left first.
    LeftByClient,
}

impl Outcome {
    /// Whether it may count as a proof that the provider answers: not where it broke off, nor where nobody can tell.
    pub fn proves(self) -> bool {
        matches!(self, Self::Answered | Self::LeftByClient)
    }

    /// The text used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::EndUnknown => "end_unknown",
            Self::Refused(code) => code,
            Self::CutByProvider => "cut_by_provider",
            Self::LeftByClient => "left_by_client",
        }
    }
}

/// Tokens, as the answer reports them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything the model read, cached or not.
    pub input: u64,
    /// Everything the model wrote.
    pub output: u64,
    /// What the vendor charges as the sum; input + output where it names none.
    pub total: u64,
    /// The part of `input` that came out of the vendor's cache.
    pub cache_read: u64,
    /// The part of `input` that was put into the vendor's cache.
    pub cache_write: u64,
}

/// The newest request of a consumer for an API and model.
#[derive(Clone, Debug)]
pub struct LastSeen {
    /// `chat/completions`, …
    pub api: &'static str,
    /// The model the client asked for.
    pub model: Arc<str>,
    /// The route that took it.
    pub route: Arc<str>,
    /// The provider that answered.
    pub provider: Arc<str>,
    /// The model the answer names.
    pub served_model: Option<Arc<str>>,
    /// When its head arrived.
    pub began: Timestamp,
    /// When its answer ended.
    pub at: Timestamp,
    /// What the client got.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// See [`Seen::seq`].
    pub seq: u64,
}
