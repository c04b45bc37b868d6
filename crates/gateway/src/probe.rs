//! The secret by which the gateway knows our own probes.

use std::fmt;

use aws_lc_rs::constant_time;
use http::HeaderValue;

/// The header that carries the mark.
pub const PROBE_HEADER: &str = "x-agm-probe";
/// On the answer to a probe: the route that took it.
pub const ROUTE_HEADER: &str = "x-agm-route";
/// On the answer to a probe: the provider that answered.
pub const PROVIDER_HEADER: &str = "x-agm-provider";

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
