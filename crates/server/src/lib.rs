#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod auth;
mod busy;
mod edge;
mod error;
mod events;
mod extract;
mod health;
mod idempotency;
mod late_page;
mod listen;
mod metrics;
mod ni_status;
mod openapi;
mod page;
mod reference;
mod router;
mod server;
mod settings;
mod state;
mod ticker;

pub use answer::{Items, Page as ListPage};
pub use api::agents::{AgentChanges, AgentKey, CheckRequest};
pub use api::assignments::AssignmentRequest;
pub use api::backups::{BackupDiff, NewBackup};
pub use api::routes::{NewDefault, RouteList};
pub use api::session::{Credentials, SessionView};
pub use api::switches::SwitchAnswer;
pub use api::system::SystemView;
pub use error::ErrorBody;
pub use late_page::LatePage;
pub use openapi::openapi;
pub use reference::error_codes;
pub use server::{Server, StartError};
pub use settings::{Network, ServerSettings, SettingView};
