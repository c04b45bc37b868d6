//! Evidence: how far a switch took effect, and drift from it.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// How far a change is proven, from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// agm stored the wish.
    Recorded,
    /// The gateway would send this model of this agent to this provider.
    Routable,
    /// A real request with the agent's key succeeded.
    Reachable,
    /// The source of truth says so.
    Delivered,
    /// The running agent says so.
    Loaded,
    /// The agent's own traffic uses it.
    Observed,
}

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Self; 6] = [Self::Recorded, Self::Routable, Self::Reachable, Self::Delivered, Self::Loaded, Self::Observed];

    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Routable => "routable",
            Self::Reachable => "reachable",
            Self::Delivered => "delivered",
            Self::Loaded => "loaded",
            Self::Observed => "observed",
        }
    }
}

/// What is known about one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A fact shows it.
    Proven,
    /// A fact shows the contrary.
    Contradicted,
    /// No fact yet.
    Unknown,
    /// There is nothing that could show it (no file to deliver to, say).
    NotApplicable,
}

/// A dated fact about one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Which claim.
    pub level: Level,
    /// What the fact shows.
    pub verdict: Verdict,
    /// When the fact was established; RFC 3339, UTC.
    pub time: String,
    /// Where it comes from, in words: `revision 12`, `gateway`, a file's path.
    pub source: String,
    /// The fact itself, redacted.
    pub fact: String,
}

/// Everything known about how far an agent's assignment took effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evidence {
    /// One proof per level, weakest first; a level without a fact is absent.
    pub proofs: Vec<Proof>,
    /// Where the recorded and the actual state differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
}

impl Evidence {
    /// Puts a proof in place of what was known about its level.
    pub fn put(&mut self, proof: Proof) {
        self.proofs.retain(|p| p.level != proof.level);
        self.proofs.push(proof);
        self.proofs.sort_by_key(|p| p.level);
    }

    /// What is known about a level.
    pub fn of(&self, level: Level) -> Option<&Proof> {
        self.proofs.iter().find(|p| p.level == level)
    }

    /// The verdict on a level.
    pub fn verdict(&self, level: Level) -> Verdict {
        self.of(level).map_or(Verdict::Unknown, |p| p.verdict)
    }

    /// The strongest level that is proven. `Observed` stands by itself: traffic that uses the model proves more than a missing log line.
    pub fn proven(&self) -> Option<Level> {
        Level::ALL.into_iter().rev().find(|level| self.verdict(*level) == Verdict::Proven)
    }

    /// What is missing for "done", in words: what was promised must be read back, not merely not be contradicted.
    pub fn unproven(&self) -> Option<String> {
        let needed = [Level::Recorded, Level::Routable, Level::Delivered];
        let open = |level: &Level| !matches!(self.verdict(*level), Verdict::Proven | Verdict::NotApplicable);
        let refused = (self.verdict(Level::Loaded) == Verdict::Contradicted).then_some(Level::Loaded);
        let level = needed.into_iter().find(open).or(refused)?;
        let fact = self.of(level).map_or("nothing is known", |p| p.fact.as_str());
        Some(format!("is not {}: {fact}", level.as_str()))
    }

    /// Whether everything that can be known without waiting for the agent's own traffic is proven: repeating the switch would change nothing.
    pub fn is_good(&self) -> bool {
        let holds = |level| matches!(self.verdict(level), Verdict::Proven | Verdict::NotApplicable);
        self.drift.is_empty() && [Level::Recorded, Level::Routable, Level::Reachable, Level::Delivered].into_iter().all(holds)
    }
}

/// Why recorded and actual state differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The agent's configuration file was edited, or replaced.
    FileEdited,
    /// The agent's configuration file is gone or cannot be read.
    FileUnusable,
    /// The published `model.json` was overwritten.
    ModelFileChanged,
    /// A route was changed so that it no longer takes the model there.
    RouteChanged,
    /// The route refuses the agent's consumer.
    ConsumerMissing,
    /// The assigned provider was removed.
    ProviderRemoved,
}

/// A difference between recorded and actual state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// Which claim no longer holds.
    pub level: Level,
    /// Why.
    pub cause: Cause,
    /// What was expected and what was found.
    pub message: String,
    /// When it was first seen; RFC 3339, UTC.
    pub since: String,
    /// Whether `repair` can mend it; else what has to be done by hand.
    pub repairable: bool,
    /// Why repairing stopped, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Diagnostic>,
}

#[cfg(test)]
mod tests;
