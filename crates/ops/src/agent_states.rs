//! What each agent does: the rule of `agm_domain::agent_state`, fed with what passes the gateway, and told whenever it changes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use agm_domain::agent::{Agent, AgentId};
use agm_domain::agent_state::{AgentState, Doing, Facts, Moment, Reason};
use agm_gateway::Seen;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::agm::Agm;
use crate::events::EventKind;
use crate::time::stamp;

/// How often it is looked whether agents began to ask, or time alone changed something, while somebody listens.
const LOOK: Duration = Duration::from_millis(250);
/// The same while nobody does: whoever comes back later gets what was told meanwhile.
const LOOK_UNHEARD: Duration = Duration::from_secs(1);

/// What an agent does, since when, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AgentState)]
pub struct AgentStateView {
    /// What it does.
    pub state: Doing,
    /// Since when; for `unknown`, when something was last known of it; RFC 3339, UTC. Absent where nothing was ever known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Which fact shows it, for programs.
    pub reason: Reason,
    /// The same as a sentence.
    pub evidence: String,
}

/// The states as they were last told.
#[derive(Debug, Default)]
pub(crate) struct AgentStates(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    told: BTreeMap<AgentId, AgentState>,
    /// When each agent's newest finished request began and ended, whatever became of it.
    asked: BTreeMap<AgentId, (Moment, Moment)>,
}

impl From<AgentState> for AgentStateView {
    fn from(state: AgentState) -> Self {
        let since = state.since.and_then(|since| Timestamp::from_millisecond(since).ok());
        Self { state: state.doing, since: since.map(stamp), reason: state.reason, evidence: state.evidence().to_owned() }
    }
}

impl Agm {
    /// What an agent does now. Tells everybody, if that is another state than they were told of.
    pub(crate) fn state_of(&self, agent: &Agent) -> AgentStateView {
        let mut book = self.0.states.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.judge(&mut book, agent).into()
    }

    /// A request of an agent has ended.
    pub(crate) fn agent_asked(&self, agent: &Agent, seen: &Seen) {
        let ended = seen.at.as_millisecond();
        let took = Moment::try_from(seen.duration.as_millis()).unwrap_or(Moment::MAX);
        let mut book = self.0.states.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.asked.insert(agent.id.clone(), (ended.saturating_sub(took), ended));
        self.judge(&mut book, agent);
    }

    /// Looks at every agent, again and again.
    pub(crate) async fn follow_states(&self) {
        loop {
            let pause = if self.events().is_heard() { LOOK } else { LOOK_UNHEARD };
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let current = self.current();
            let agents = &current.document.agents;
            let mut book = self.0.states.0.lock().unwrap_or_else(PoisonError::into_inner);
            book.told.retain(|id, _| agents.contains_key(id));
            book.asked.retain(|id, _| agents.contains_key(id));
            for agent in agents.values() {
                self.judge(&mut book, agent);
            }
        }
    }

    /// Told under the book's lock, so that the order of events is that of the states.
    fn judge(&self, book: &mut Book, agent: &Agent) -> AgentState {
        let consumer = agent.consumer.as_str();
        let newest = self.0.gateway.newest(consumer).map(|last| (last.began.as_millisecond(), last.at.as_millisecond()));
        let last = [newest, book.asked.get(&agent.id).copied()].into_iter().flatten().max_by_key(|(_, ended)| *ended);
        let facts = Facts { in_flight: self.0.gateway.in_flight_of(consumer), last, process: None };
        let before = book.told.get(&agent.id).copied().unwrap_or(AgentState::UNSEEN);
        let state = AgentState::of(&facts, Some(&before), self.now().as_millisecond());
        if state != before {
            book.told.insert(agent.id.clone(), state);
            self.tell(EventKind::AgentState, agent.id.to_string(), json!(AgentStateView::from(state)));
        }
        state
    }
}
