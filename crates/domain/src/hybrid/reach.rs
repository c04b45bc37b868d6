//! Which provider a model reaches, on the compiled table.

use std::collections::BTreeSet;

use super::{Moved, Wish};
use crate::agent::AgentId;
use crate::calling_point::CallingPoint;
use crate::document::Document;
use crate::name::{ConsumerName, ProviderName, RouteName};
use crate::table::{Mapping, Reach, Table};

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

    /// What each provider is asked for.
    fn served(&self) -> Vec<(&ProviderName, &str)> {
        self.upstreams.iter().filter(|(_, weight, _)| *weight > 0).map(|(name, _, model)| (name, model.as_str())).collect()
    }

    /// The model that the vendor is asked for, where it is another one.
    fn renames(&self, model: &str) -> Option<&str> {
        self.served().into_iter().map(|(_, served)| served).find(|served| *served != model)
    }
}

/// Everybody's wish: what is assigned, and what is `pending` beside it.
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

/// What a provider's vendor is asked for when agents ask for `model` there: the model itself, but for aliases.
pub fn served_model(document: &Document, at: &CallingPoint, provider: &ProviderName, model: &str) -> String {
    let nobody = ConsumerName::from("");
    let reach = Table::compile(document).0.reach(at, &nobody, model);
    if let Some((.., served)) = reach.upstreams.into_iter().find(|(name, ..)| name == provider) {
        return served;
    }
    // It is not routed there yet; where the provider has a route, that one will take it.
    let owns_default = document.default_owner() == Some(provider);
    let own = if owns_default { RouteName::default_route() } else { RouteName::of_provider(provider) };
    let upstream = document.routes.get(&own).and_then(|route| route.upstreams.iter().find(|u| u.provider == *provider));
    let mapping = upstream.map(|upstream| Mapping::new(&upstream.model_mapping));
    mapping.as_ref().and_then(|mapping| mapping.target(Some(model))).unwrap_or(model).to_owned()
}

/// The agents, apart from `members`, whose model reaches another provider, or is let in no more, in `after` than in `before`, or for which the
/// same provider is asked for another model.
pub fn moved(before: &Document, after: &Document, at: &CallingPoint, pending: &[Wish], members: &[AgentId]) -> Vec<Moved> {
    compare((before, after), at, pending, members, |from, to| from.describe() == to.describe() && from.served() == to.served())
}

/// The same without those who only get another model of the same provider: what an admin does who changes what an alias stands for.
pub fn rerouted(before: &Document, after: &Document, at: &CallingPoint, pending: &[Wish], members: &[AgentId]) -> Vec<Moved> {
    compare((before, after), at, pending, members, |from, to| from.describe() == to.describe())
}

fn compare(
    (before, after): (&Document, &Document),
    at: &CallingPoint,
    pending: &[Wish],
    members: &[AgentId],
    same: impl Fn(&Reach, &Reach) -> bool,
) -> Vec<Moved> {
    let (was, is) = (Table::compile(before).0, Table::compile(after).0);
    let mut moved = Vec::new();
    for wish in everybody(before, pending) {
        let Some(consumer) = consumer_of(before, &wish.agent).filter(|_| !members.contains(&wish.agent)) else { continue };
        let (from, to) = (was.reach(at, &consumer, &wish.model), is.reach(at, &consumer, &wish.model));
        if same(&from, &to) && (to.allowed || !from.allowed) {
            continue;
        }
        // Where the providers do not differ, the models tell the two apart.
        let as_served =
            |reach: &Reach| reach.describe().map(|name| reach.renames(&wish.model).map_or(name.clone(), |m| format!("{name} as `{m}`")));
        let (from, to) = match (from.describe(), to.describe()) {
            (a, b) if a == b => (as_served(&from), as_served(&to)),
            differ => differ,
        };
        let entry = Moved { agent: wish.agent, model: wish.model, from, to };
        if !moved.contains(&entry) {
            moved.push(entry);
        }
    }
    moved
}
