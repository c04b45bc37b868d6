//! The change of the default route as a journalled transaction, by the rules of a switch: each step is written down before it acts, a failure
//! takes everything back, and so does a crash before the new default was proven; after that it is finished.

use agm_domain::code::Code;
use agm_domain::switch::{Step, SwitchState};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::error::{Fault, OpError};
use crate::probe::Staged;
use crate::switch::SwitchFailure;
use crate::switch::journal::{self, Act, Subject};
use crate::switch::take_back::{Shape, TakeBack};

/// What the journal keeps of a change of the default route.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefaultChange {
    /// Who gets it.
    pub(super) provider: String,
    /// Who had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) former: Option<String>,
    /// Who asked.
    pub(super) author: String,
    pub(super) state: SwitchState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<SwitchFailure>,
    /// What could not be taken back, or is no longer ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
}

/// A change under way.
pub(super) struct Change {
    agm: Agm,
    pub(super) actor: Actor,
    id: String,
    told: DefaultChange,
    acts: Vec<(Step, Act)>,
}

impl Change {
    /// Writes down that it begins.
    pub(super) async fn begin(agm: &Agm, actor: &Actor, staged: &Staged, provider: &str, former: Option<String>) -> Result<Self, OpError> {
        let (provider, author) = (provider.to_owned(), actor.name.clone());
        let told = DefaultChange { provider, former, author, state: SwitchState::Running, failure: None, left: Vec::new() };
        let change = Self { agm: agm.clone(), actor: actor.clone(), id: staged.change().to_owned(), told, acts: Vec::new() };
        journal::put_request(&agm.0.store, &change.id, &change.subject()).await?;
        Ok(change)
    }

    /// Writes down that a step is about to act.
    pub(super) async fn step(&mut self, step: Step, act: Act) -> Result<(), OpError> {
        journal::put_begin(&self.agm.0.store, &self.id, step, &act).await?;
        self.acts.push((step, act));
        Ok(())
    }

    /// Everything was proven: from now on a crash finishes it.
    pub(super) async fn proven(&mut self) -> Result<(), OpError> {
        self.step(Step::Record, Act::default()).await
    }

    /// Writes down that it is done.
    pub(super) async fn done(mut self) {
        self.end(SwitchState::Done).await;
    }

    /// Takes everything back, and says how that went.
    pub(super) async fn take_back(mut self, mut error: OpError) -> OpError {
        let routed = self.acts.iter().any(|(step, act)| *step == Step::Route && !act.is_empty());
        let acts = std::mem::take(&mut self.acts);
        let mut left = Vec::new();
        let what = format!("default route for {}", self.told.provider);
        let way = TakeBack { agm: &self.agm, actor: &self.actor, id: &self.id, what, shape: Shape::Whole };
        let state = way.all(acts, |taken| left.extend(taken.left)).await;
        self.told.failure = Some(SwitchFailure::of(&error));
        self.told.left.clone_from(&left);
        self.end(state).await;
        if !left.is_empty() {
            let text = format!("{}; not everything could be put back: {}", error.message, left.join("; "));
            return OpError::new(Fault::Internal, Code::RollbackIncomplete, text)
                .hint("look at the routes: `agm route list`")
                .detail("left", json!(left));
        }
        if routed {
            error.message = format!("the default route was put back: {}", error.message);
        }
        error
    }

    async fn end(&mut self, state: SwitchState) {
        self.told.state = state;
        journal::put_end(&self.agm.0.store, &self.id, &self.subject()).await;
        let DefaultChange { former, failure, left, .. } = &self.told;
        let failed = failure.as_ref().map(|failure| failure.message.as_str());
        let details = json!({ "state": state, "former": former, "failed": failed, "left": left });
        self.agm.audit(&self.actor, "route.set-default", &self.told.provider, details).await;
    }

    fn subject(&self) -> Subject {
        Subject::Default(Box::new(self.told.clone()))
    }
}

impl Agm {
    /// Brings a change that was cut off to its end.
    pub(crate) async fn recover_default(&self, id: &str, told: DefaultChange, acts: Vec<(Step, Act)>) {
        let proven = acts.iter().any(|(step, _)| *step == Step::Record);
        tracing::warn!(change = %id, provider = told.provider, proven, "found a change of the default route that was cut off");
        let actor = Actor::new(told.author.clone(), Role::Admin);
        let change = Change { agm: self.clone(), actor, id: id.to_owned(), told, acts };
        if proven {
            change.done().await;
            return;
        }
        let error = OpError::new(Fault::Unavailable, Code::RouteConflict, "agm ended before the new default was proven");
        let error = change.take_back(error).await;
        tracing::warn!(%error, "the default route is the former one");
    }
}
