//! The embedded data plane: an OpenAI-compatible reverse proxy.

mod gateway;
mod probe;
mod seen;
mod settings;

pub use gateway::{Gateway, StartError, TokenHealth, TokenOut, Totals};
pub use probe::{PROBE_HEADER, PROVIDER_HEADER, ProbeMark, ROUTE_HEADER};
pub use seen::{LastSeen, Outcome, Seen, Usage};
pub use settings::{BoxError, Clock, Limits, Page, PageBody, Settings, Timeouts, system_clock};
