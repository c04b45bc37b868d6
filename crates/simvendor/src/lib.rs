#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod behaviour;
mod body;
mod conversation;
mod exchange;
mod flavour;
mod ledger;
mod refusal;
mod request;
mod script;
mod speech;
mod turn;
mod usage;
mod vendor;
mod wire;

pub use api::Api;
pub use behaviour::{Behaviour, On};
pub use flavour::Flavour;
pub use request::{Ending, Progress, Request};
pub use script::{Pacing, Script, Step, ToolUse};
pub use vendor::Vendor;
