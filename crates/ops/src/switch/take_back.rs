//! Taking back what a journal says was begun: each step by its inverse on what is there now.

use agm_domain::agent::AgentId;
use agm_domain::document::Document;
use agm_domain::edit::{Edit, Outcome};
use agm_domain::hybrid::{Moved, moved};
use agm_domain::route::{MatchType, ModelPredicate};
use agm_domain::switch::{Step, SwitchState};

use super::journal::{self, Act, Undone};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::delivery;
use crate::error::OpError;

/// How often a step is tried to be taken back before it is given up and listed.
const TRIES: usize = 3;

/// A journalled change on its way back.
pub(crate) struct TakeBack<'a> {
    pub(crate) agm: &'a Agm,
    pub(crate) actor: &'a Actor,
    /// The journal's id.
    pub(crate) id: &'a str,
    /// What is taken back, for the revisions' messages.
    pub(crate) what: String,
    pub(crate) shape: Shape,
}

/// How the edits of a step hang together.
pub(crate) enum Shape {
    /// A switch's: what others have come to rely on stays, the rest goes.
    Switch {
        /// Whom it may move.
        members: Vec<AgentId>,
        /// What its routes were made for.
        model: String,
    },
    /// All of them or none: one alone would move somebody.
    Whole,
}

/// What became of one step.
pub(crate) struct Taken {
    pub(crate) step: Step,
    /// Unset where something could not be done that should have been.
    pub(crate) whole: bool,
    /// What is no longer ours, or could not be taken back, with its present value.
    pub(crate) left: Vec<String>,
}

impl TakeBack<'_> {
    /// Takes everything back, the last step first, and tells of each step that had acted.
    pub(crate) async fn all(&self, mut acts: Vec<(Step, Act)>, mut tell: impl FnMut(Taken) + Send) -> SwitchState {
        acts.retain(|(_, act)| !act.is_empty());
        let acted = !acts.is_empty();
        let mut incomplete = false;
        while let Some((step, act)) = acts.pop() {
            let taken = self.step(step, &act).await;
            incomplete |= !taken.whole;
            let undone = Undone { left: taken.left.clone(), whole: taken.whole };
            if let Err(error) = journal::put_undo(&self.agm.0.store, self.id, step, &undone).await {
                tracing::error!(change = %self.id, %error, "taking back a step could not be journalled");
            }
            tell(taken);
        }
        match (acted, incomplete) {
            (false, _) => SwitchState::Failed,
            (true, false) => SwitchState::RolledBack,
            (true, true) => SwitchState::RollbackIncomplete,
        }
    }

    /// What is no longer ours is left and is no failure; what could not be done is left too, and is one.
    async fn step(&self, step: Step, act: &Act) -> Taken {
        let mut taken = Taken { step, whole: true, left: Vec::new() };
        for delivery in act.deliveries.iter().rev() {
            match delivery::undo(self.agm, &delivery.agent, &delivery.undo).await {
                Ok(notes) => taken.left.extend(notes),
                Err(error) => {
                    taken.whole = false;
                    taken.left.push(error.to_string());
                }
            }
        }
        if act.edits.is_empty() {
            return taken;
        }
        for attempt in 1..=TRIES {
            match self.edits(step, &act.edits).await {
                Ok(notes) => {
                    taken.left.extend(notes);
                    return taken;
                }
                Err(error) if attempt == TRIES => taken.left.push(format!("{} could not be taken back: {error}", step.as_str())),
                Err(error) => tracing::warn!(change = %self.id, step = step.as_str(), %error, "taking back failed, trying again"),
            }
        }
        taken.whole = false;
        taken
    }

    async fn edits(&self, step: Step, edits: &[Edit]) -> Result<Vec<String>, OpError> {
        let mut writer = self.agm.writer().await;
        let document = &mut writer.document;
        let left = match &self.shape {
            Shape::Switch { members, model } => edits.iter().rev().filter_map(|edit| self.edit(edit, document, members, model)).collect(),
            Shape::Whole => self.together(edits, document),
        };
        writer.commit_passing(self.actor, format!("{}: {} taken back", self.what, step.as_str())).await?;
        for agent in edits.iter().filter_map(assigned) {
            self.agm.publish_assignment(agent).await?;
        }
        Ok(left)
    }

    /// Applies the inverse of an edit, unless the object is no longer ours or somebody else has come to rely on it; then says so.
    fn edit(&self, edit: &Edit, document: &mut Document, members: &[AgentId], model: &str) -> Option<String> {
        if let Some(listed) = is_listed(edit, document, model) {
            return Some(listed);
        }
        let mut without = document.clone();
        let stays = match edit.inverse().apply(&mut without) {
            Outcome::Already => return None,
            Outcome::NotOurs { present } => present,
            Outcome::Applied => match self.relying(document, &without, members).first() {
                None => {
                    *document = without;
                    return None;
                }
                Some(other) => stays(edit, other),
            },
        };
        // A route we created may serve others by now: it stays, without what only this switch needed.
        if let Edit::CreateRoute { route } = edit
            && let Some(live) = document.routes.get(&route.name).filter(|live| live.is_managed() && live.upstreams == route.upstreams)
        {
            let mut smaller = document.clone();
            let removed = Edit::remove_predicate(live, ModelPredicate::equal(model)).apply(&mut smaller);
            if removed == Outcome::Applied && self.relying(document, &smaller, members).is_empty() {
                *document = smaller;
            }
        }
        Some(stays)
    }

    /// Applies the inverses of all edits, or of none where that would move somebody.
    fn together(&self, edits: &[Edit], document: &mut Document) -> Vec<String> {
        let mut without = document.clone();
        let mut left = Vec::new();
        for edit in edits.iter().rev() {
            if let Outcome::NotOurs { present } = edit.inverse().apply(&mut without) {
                left.push(present);
            }
        }
        if let Some(other) = self.relying(document, &without, &[]).first() {
            return edits.iter().map(|edit| stays(edit, other)).collect();
        }
        *document = without;
        left
    }

    /// Agents outside this change whom the step from `before` to `after` would move.
    fn relying(&self, before: &Document, after: &Document, members: &[AgentId]) -> Vec<Moved> {
        moved(before, after, &self.agm.calling_point(), &self.agm.0.switches.pending_but(self.id), members)
    }
}

/// Whether an admin came to list, on the route that takes it because of this edit, the very model that the edit is about: then it stays.
fn is_listed(edit: &Edit, document: &Document, model: &str) -> Option<String> {
    let model = match edit {
        Edit::AddPredicate { predicate, .. } if predicate.match_type == MatchType::Equal => &predicate.match_value,
        Edit::CreateRoute { .. } => model,
        _ => return None,
    };
    let route = document.routes.get(edit.route()?)?;
    let listed = route.names_model(model) && route.agm.as_ref().is_some_and(|extra| extra.models.iter().any(|listed| listed == model));
    listed.then(|| format!("the route `{}` stays as it is: it lists `{model}` by now", route.name))
}

fn stays(edit: &Edit, other: &Moved) -> String {
    let named = edit.route().map_or_else(|| "the assignment".to_owned(), |route| format!("the route `{route}`"));
    format!("{named} stays as it is: {} runs on `{}` there now", other.agent, other.model)
}

fn assigned(edit: &Edit) -> Option<&AgentId> {
    match edit {
        Edit::Assign { agent, .. } => Some(agent),
        _ => None,
    }
}
