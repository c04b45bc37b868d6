//! Turns: one switch at a time on an agent.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use agm_domain::agent::AgentId;
use tokio::sync::OwnedMutexGuard;

use super::Switches;

/// The right to switch some agents, until dropped.
pub(crate) struct Turn(#[expect(dead_code, reason = "held, not read")] Vec<OwnedMutexGuard<()>>);

impl Switches {
    /// Waits for the turn on all these agents. Everybody takes them in the same order, so nobody waits in a circle.
    pub(crate) async fn turn(&self, agents: &BTreeSet<AgentId>) -> Turn {
        let mut guards = Vec::with_capacity(agents.len());
        for agent in agents {
            let lock = {
                let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
                turns.entry(agent.clone()).or_default().clone()
            };
            guards.push(lock.lock_owned().await);
        }
        Turn(guards)
    }
}
