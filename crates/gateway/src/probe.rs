//! The secret by which the gateway knows our own probes.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time;
use http::{HeaderMap, HeaderValue};

/// The header that carries the mark.
pub const PROBE_HEADER: &str = "x-agm-probe";
/// Beside a right mark: this is no probe but a human's request in the playground, and the value is its id. It is counted and logged as that,
/// and as nothing of the agent's whose key it brings.
pub const PLAYGROUND_HEADER: &str = "x-agm-playground";
/// On the answer to a probe: the route that took it.
pub const ROUTE_HEADER: &str = "x-agm-route";
/// On the answer to a probe: the provider that answered.
pub const PROVIDER_HEADER: &str = "x-agm-provider";

/// Whose request it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Its sender's own.
    #[default]
    Agent,
    /// One of our probes, which counts nowhere.
    Probe,
    /// A human's in the playground, by its id.
    Playground(Arc<str>),
}

impl Origin {
    /// Whose request this is. Its marks are taken off.
    pub(crate) fn take(headers: &mut HeaderMap, mark: &ProbeMark) -> Self {
        let sent = headers.remove(PROBE_HEADER);
        let id = headers.remove(PLAYGROUND_HEADER);
        if !sent.is_some_and(|sent| mark.matches(&sent)) {
            return Self::Agent;
        }
        id.and_then(|id| Some(Self::Playground(id.to_str().ok()?.into()))).unwrap_or(Self::Probe)
    }

    /// Whether it is sent by agm itself.
    pub(crate) fn is_ours(&self) -> bool {
        *self != Self::Agent
    }
}

/// A secret of this process. A request that carries it is one of ours: it counts nowhere, and its answer names route and provider.
#[derive(Clone)]
pub struct ProbeMark(HeaderValue);

impl ProbeMark {
    pub(crate) fn generate() -> Self {
        let mut bytes = [0u8; 24];
        // The system's randomness, not the crypto library's: that one takes 20 ms to set itself up. Without any the mark is empty, and nothing
        // matches it: probes are then counted, nothing else.
        let filled = getrandom::fill(&mut bytes).is_ok();
        let text: String = bytes.iter().flat_map(|b| [hex(b >> 4), hex(b & 15)]).collect();
        let mut value = HeaderValue::from_str(if filled { &text } else { "" }).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        Self(value)
    }

    /// The value of [`PROBE_HEADER`].
    pub fn value(&self) -> &HeaderValue {
        &self.0
    }

    pub(crate) fn matches(&self, sent: &HeaderValue) -> bool {
        !self.0.is_empty() && constant_time::verify_slices_are_equal(self.0.as_bytes(), sent.as_bytes()).is_ok()
    }
}

impl fmt::Debug for ProbeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProbeMark(…)")
    }
}

fn hex(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}
