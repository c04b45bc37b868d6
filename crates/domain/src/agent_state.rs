//! What an agent does, as far as facts show it. What no fact shows is unknown: silence is not sleep, and nobody is called gone for it.

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970.
pub type Moment = i64;

/// An agent between two requests of one task is at work: for so long after an answer, in milliseconds.
pub const AT_WORK: Moment = 3_000;
/// An agent of which nothing was heard for so long may be there or not, in milliseconds. A word of its platform holds as long.
pub const SILENT: Moment = 600_000;

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AgentDoing)]
pub enum Doing {
    /// It is there and asks for nothing.
    Idle,
    /// A request of it is being answered, or was less than 3 s ago.
    Busy,
    /// Its platform says that it sleeps.
    Sleeping,
    /// Its platform says that it does not run.
    Offline,
    /// No fact shows it.
    Unknown,
}

/// Which fact shows what an agent does; for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AgentStateReason)]
pub enum Reason {
    /// It asks for something, or did less than 3 s ago.
    Asking,
    /// It asked for something in the last 10 minutes.
    Seen,
    /// It asked for something before that.
    Silent,
    /// It has asked for nothing since agm was started.
    Never,
    /// Its platform says so.
    Platform,
}

/// What a platform says of an agent's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It runs.
    Running,
    /// It was put to sleep, and wakes for work.
    Asleep,
    /// It does not run.
    Stopped,
}

/// A platform's word about an agent's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// What it says.
    pub condition: Condition,
    /// Since when that is so.
    pub since: Moment,
    /// When it was said.
    pub said: Moment,
}

/// What is known of an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its own requests being answered.
    pub in_flight: u32,
    /// When its newest finished request began and ended.
    pub last: Option<(Moment, Moment)>,
    /// What its platform says; nothing where no platform keeps agents.
    pub process: Option<Process>,
}

/// What an agent does, since when, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentState {
    /// What it does.
    pub doing: Doing,
    /// Since when; for `unknown`, when something was last known of it. Nothing where nothing was ever known.
    pub since: Option<Moment>,
    /// Which fact shows it.
    pub reason: Reason,
}

impl AgentState {
    /// What is known of an agent before there is any fact.
    pub const UNSEEN: Self = Self { doing: Doing::Unknown, since: None, reason: Reason::Never };

    /// The state that facts show `now`. The state `before` only says since when an agent has been busy.
    pub fn of(facts: &Facts, before: Option<&Self>, now: Moment) -> Self {
        let ended = facts.last.map(|(_, ended)| ended);
        let silent = ended.map(|ended| now.saturating_sub(ended));
        let at_work = silent.is_some_and(|silent| silent < AT_WORK);
        if facts.in_flight > 0 || at_work {
            let began = facts.last.filter(|_| at_work).map_or(now, |(began, _)| began.min(now));
            let since = before.filter(|state| state.doing == Doing::Busy).and_then(|state| state.since);
            return Self { doing: Doing::Busy, since: since.or(Some(began)), reason: Reason::Asking };
        }
        // Whoever asked for something after a word that it does not run, does run.
        let word = facts.process.filter(|word| now.saturating_sub(word.said) < SILENT && ended.is_none_or(|ended| ended <= word.said));
        let said = |doing, since| Self { doing, since: Some(since), reason: Reason::Platform };
        match word.map(|word| (word.condition, word.since)) {
            Some((Condition::Stopped, since)) => return said(Doing::Offline, since),
            Some((Condition::Asleep, since)) => return said(Doing::Sleeping, since),
            Some((Condition::Running, since)) => return said(Doing::Idle, ended.map_or(since, |ended| ended.max(since))),
            None => {}
        }
        let Some(silent) = silent else { return Self::UNSEEN };
        let (doing, reason) = if silent < SILENT { (Doing::Idle, Reason::Seen) } else { (Doing::Unknown, Reason::Silent) };
        Self { doing, since: ended, reason }
    }

    /// The sentence that says how it is known.
    pub fn evidence(&self) -> &'static str {
        match (self.reason, self.doing) {
            (Reason::Asking, _) => "a request of it is being answered, or was less than 3 s ago",
            (Reason::Seen, _) => "it asked for something in the last 10 minutes, and for nothing now",
            (Reason::Silent, _) => "it has asked for nothing for 10 minutes; whether it runs is not known",
            (Reason::Never, _) => "it has asked for nothing since agm was started",
            (Reason::Platform, Doing::Sleeping) => "its platform says that it sleeps",
            (Reason::Platform, Doing::Offline) => "its platform says that it does not run",
            (Reason::Platform, _) => "its platform says that it runs, and it asks for nothing",
        }
    }
}

#[cfg(test)]
mod tests;
