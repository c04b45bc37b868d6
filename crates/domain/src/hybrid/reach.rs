//! Which provider a model reaches, on the compiled table.

use std::collections::BTreeSet;

use super::{Moved, Wish};
use crate::agent::AgentId;
use crate::document::Document;
use crate::name::{ConsumerName, ProviderName};
use crate::table::{Reach, Table};

impl Reach {
    /// The one provider that gets every request, if there is one.
    pub fn only_provider(&self) -> Option<&ProviderName> {
        let mut names: BTreeSet<&ProviderName> = self.upstreams.iter().filter(|u| u.1 > 0).map(|u| &u.0).collect();
        let first = names.pop_first();
        first.filter(|_| names.is_empty())
    }

    /// The providers in words: `qwen`, or `qwen 70 %, openai 30 %`.
    pub fn describe(&self) -> Option<String> {
        if let Some(only) = self.only_provider() {
            return Some(only.to_string());
        }
        let parts: Vec<String> = self.upstreams.iter().map(|(name, weight, _)| format!("{name} {weight} %")).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Everybody's wish: what is assigned, with `pending` in place of what those agents have now.
pub(super) fn everybody(document: &Document, pending: &[Wish]) -> Vec<Wish> {
    let assigned =
        document.assignments.iter().map(|(agent, a)| Wish { agent: agent.clone(), provider: a.provider.clone(), model: a.model.clone() });
    // Both what an agent has and what it is about to get must keep working until the switch is over.
    assigned.chain(pending.iter().cloned()).collect()
}

/// The consumer of an agent; agents that are not registered (any more) have none.
pub(super) fn consumer_of(document: &Document, agent: &AgentId) -> Option<ConsumerName> {
    document.agents.get(agent).map(|a| a.consumer.clone())
}

/// The agents, apart from `members`, whose model reaches another provider, or is let in no more, in `after` than in `before`.
pub fn moved(before: &Document, after: &Document, pending: &[Wish], members: &[AgentId]) -> Vec<Moved> {
    let (was, is) = (Table::compile(before).0, Table::compile(after).0);
    let mut moved = Vec::new();
    for wish in everybody(before, pending) {
        let Some(consumer) = consumer_of(before, &wish.agent).filter(|_| !members.contains(&wish.agent)) else { continue };
        let (from, to) = (was.reach(&consumer, &wish.model), is.reach(&consumer, &wish.model));
        let same = from.describe() == to.describe() && (to.allowed || !from.allowed);
        let entry = Moved { agent: wish.agent, model: wish.model, from: from.describe(), to: to.describe() };
        if !same && !moved.contains(&entry) {
            moved.push(entry);
        }
    }
    moved
}
