//! Hybrid routing: which routes there should be, as a pure function of providers, routes, consumers and assignments.
//!
//! One provider owns the default route and has no route of its own. Every other provider has `<provider>-ai-route`, which takes its type's
//! preset prefixes and, one by one, the models that agents are assigned on it. What every function here guarantees: nobody whose
//! assignment is not part of the change reaches another provider afterwards. That is not argued but checked, on the compiled table.

mod claim;
mod default_owner;
mod parts;
mod reach;
mod repair;

use serde::{Deserialize, Serialize};

pub use self::claim::{Alias, route_wishes};
pub use self::default_owner::{add_provider, remove_provider, set_default};
pub use self::parts::{allow_everywhere, disallow_everywhere, probe_route, provider_route};
pub use self::reach::{moved, rerouted, served_model};
pub use self::repair::{Finding, findings, repair};
use crate::agent::AgentId;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::edit::{Edit, Outcome};
use crate::name::ProviderName;

/// An agent is to run on this model of this provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which agent.
    pub agent: AgentId,
    /// Which provider.
    pub provider: ProviderName,
    /// The model id the agent asks for.
    pub model: String,
}

/// An agent whose assigned model would reach another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Moved {
    /// Which agent.
    #[schema(value_type = String)]
    pub agent: AgentId,
    /// Its model.
    pub model: String,
    /// The provider it reaches now; none if no route takes the model.
    pub from: Option<String>,
    /// The provider it would reach.
    pub to: Option<String>,
}

/// Routing that fulfils a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// What changes, in order.
    pub edits: Vec<Edit>,
    /// Remarks: prefixes left out, predicates no longer used.
    pub notes: Vec<Diagnostic>,
    /// Agents that become part of the change because the caller allowed it.
    pub joined: Vec<Wish>,
}

/// Why there is no such routing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// Every reason.
    pub diagnostics: Vec<Diagnostic>,
    /// Who would be moved.
    pub moved: Vec<Moved>,
    /// A model id under which the wish could be fulfilled.
    pub alias: Option<Alias>,
}

impl Refusal {
    fn because(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], ..Self::default() }
    }
}

/// A document on which edits are tried, and the edits that had an effect.
struct Draft {
    document: Document,
    routing: Routing,
}

impl Draft {
    fn on(document: &Document) -> Self {
        Self { document: document.clone(), routing: Routing::default() }
    }

    /// Applies the edit and keeps it if it changed anything.
    fn edit(&mut self, edit: Edit) -> Result<(), Refusal> {
        match edit.apply(&mut self.document) {
            Outcome::Applied => self.routing.edits.push(edit),
            Outcome::Already => {}
            Outcome::NotOurs { present } => {
                return Err(Refusal::because(
                    Diagnostic::policy(crate::code::Code::RouteConflict, "", present).hint("look at the route and change it by hand"),
                ));
            }
        }
        Ok(())
    }

    fn note(&mut self, note: Diagnostic) {
        self.routing.notes.push(note);
    }
}

#[cfg(test)]
mod tests;
