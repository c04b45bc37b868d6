#![doc = include_str!("../README.md")]

mod acceptor;
mod body;
mod client;
mod connection;
mod gateway;
mod health;
mod keys;
mod local;
mod log;
mod meters;
mod phase;
mod probe;
mod refusal;
mod seen;
mod settings;
mod shared;
mod snapshot;
mod tap;
mod thread;
mod tokens;
mod upstream;
mod worker;

pub use gateway::{Gateway, StartError, TokenHealth, TokenOut, Totals};
pub use probe::{PLAYGROUND_HEADER, PROBE_HEADER, PROVIDER_HEADER, ProbeMark, ROUTE_HEADER};
pub use seen::{LastSeen, Outcome, Seen, Usage};
pub use settings::{BoxError, Clock, Limits, Page, PageBody, Settings, Timeouts, system_clock};
pub use upstream::{Roots, RootsError};
