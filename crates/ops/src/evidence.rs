//! How far each agent's assignment took effect: facts, when they were established, and where they no longer hold.
//!
//! `recorded`, `routable`, `delivered` and `loaded` are checked again in the background and after every change. `reachable` costs a request
//! that somebody pays for, so it only ages. `observed` comes from the agent's own traffic.

mod book;
mod check;
mod repair;
mod watch;

pub(crate) use self::book::{Entry, EvidenceBook};
pub use self::repair::{Reloaded, Repaired};
