//! Assignments as the documented `model.json`: read, published, and published again when somebody overwrote them.

use std::collections::BTreeMap;

use agm_domain::agent::{Agent, AgentId};
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;
use agm_domain::edit::Edit;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::json;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::current::Current;
use crate::error::{Fault, OpError};

/// What an assignment is recognised by when it is edited.
pub fn assignment_etag(assignment: &Assignment) -> String {
    let text = serde_json::to_vec(assignment).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, &text).as_ref()[..12])
}

/// What is said where an agent has none.
pub(crate) fn no_assignment(id: &AgentId) -> OpError {
    OpError::new(Fault::NotFound, Code::AssignmentNotFound, format!("no model is assigned to {id} yet"))
        .hint(format!("`agm set-model --target {id} --provider P --model M` assigns one"))
}

/// The refusal of an edit of an assignment that somebody else changed.
pub(crate) fn assignment_changed(id: &AgentId) -> OpError {
    OpError::new(Fault::Stale, Code::VersionConflict, format!("the assignment of {id} was changed since you read it"))
        .hint("read it again and repeat the edit, or force it")
}

/// What is said where a change is made and the file that other programs read could not follow.
pub(crate) fn still_published(done: &str, runtime_name: &str, mut error: OpError) -> OpError {
    error.message = format!("{done}, but `agents/{runtime_name}/model.json` could not be taken away: {}", error.message);
    error.hint("it is tried again by itself, at the next start at the latest")
}

impl Agm {
    /// What an agent should run on.
    pub fn assignment(&self, id: &AgentId) -> Result<Assignment, OpError> {
        let current = self.current();
        if !current.document.agents.contains_key(id) {
            return Err(OpError::no_agent(id));
        }
        current.document.assignments.get(id).cloned().ok_or_else(|| no_assignment(id))
    }

    /// Removes an agent's assignment; it stays registered. `expected` is the tag of the assignment that the caller saw.
    pub async fn unassign(&self, actor: &Actor, id: &AgentId, expected: Option<&str>) -> Result<(), OpError> {
        self.acting()?;
        self.settled([id])?;
        let turn = self.0.switches.turn(&[id.clone()].into()).await;
        let mut writer = self.writer().await;
        let agent = writer.document.agents.get(id).ok_or_else(|| OpError::no_agent(id))?;
        let from = writer.document.assignments.get(id).cloned().map(Box::new);
        if expected.is_some_and(|expected| from.as_deref().map(assignment_etag).as_deref() != Some(expected)) {
            return Err(assignment_changed(id));
        }
        let runtime_name = agent.runtime_name.clone();
        writer.apply(&[Edit::Assign { agent: id.clone(), from, to: None }])?;
        let (agm, actor, id) = (self.clone(), actor.clone(), id.clone());
        self.whole(async move {
            let _turn = turn;
            writer.commit(&actor, format!("{id}: no model assigned")).await?;
            agm.0.evidence.forget(&id);
            agm.audit(&actor, "agent.unassign", &id.to_string(), json!({})).await;
            let published = agm.publish_assignment(&id).await;
            published.map_err(|error| still_published(&format!("no model is assigned to {id} any more"), &runtime_name, error))
        })
        .await
    }

    /// What every agent should run on; agents without an assignment are absent.
    pub fn assignments(&self) -> BTreeMap<AgentId, Assignment> {
        self.current().document.assignments.clone()
    }

    /// Publishes an agent's assignment as it is now; without one, its file goes.
    pub(crate) async fn publish_assignment(&self, id: &AgentId) -> Result<(), OpError> {
        let current = self.current();
        let Some(agent) = current.document.agents.get(id) else { return Ok(()) };
        match current.document.assignments.get(id) {
            Some(assignment) => {
                self.0.store.publish(&agent.runtime_name, model_json(assignment)?).await?;
            }
            None => self.0.store.unpublish(&agent.runtime_name).await?,
        }
        Ok(())
    }

    /// Takes away what is still published for an agent without an assignment: a crash or an error cut that off.
    pub(crate) async fn unpublish_left_over(&self, id: &AgentId) -> Result<(), OpError> {
        let current = self.current();
        let Some(agent) = current.document.agents.get(id) else { return Ok(()) };
        if !self.is_acting()
            || current.document.assignments.contains_key(id)
            || self.0.store.published(&agent.runtime_name).await?.is_none()
        {
            return Ok(());
        }
        // A switch may be about to publish a new one.
        let _turn = self.0.switches.turn(&[id.clone()].into()).await;
        self.publish_assignment(id).await
    }

    /// Publishes every assignment; those that read as they should are not touched.
    pub(crate) async fn publish_everything(&self) -> Result<(), OpError> {
        let ids: Vec<AgentId> = self.current().document.agents.keys().cloned().collect();
        for id in ids {
            self.publish_assignment(&id).await?;
        }
        Ok(())
    }

    /// Removes what a crash left published of agents that were removed. What agm did not publish stays.
    pub(crate) async fn sweep_published(&self) -> Result<(), OpError> {
        let current = self.current();
        let names = self.0.store.published_names().await?;
        let is_orphan = |name: &String| current.document.agents.values().all(|agent| agent.runtime_name != **name);
        for name in names.into_iter().filter(is_orphan) {
            let Some(found) = self.0.store.published(&name).await? else { continue };
            if self.last_published(&name).await? == Some(found) {
                self.0.store.unpublish(&name).await?;
                tracing::info!(runtime = name, "the assignment of an agent that was removed is not published any more");
            }
        }
        Ok(())
    }

    /// What was published for a runtime when there was still an agent of it, as far as revisions are kept.
    async fn last_published(&self, runtime_name: &str) -> Result<Option<Bytes>, OpError> {
        for head in self.0.store.list(None, usize::MAX).await? {
            let document = Current::of(&*self.0.store.read(head.number).await?)?.document;
            if let Some(agent) = document.agents.values().find(|agent| agent.runtime_name == runtime_name) {
                return document.assignments.get(&agent.id).map(model_json).transpose();
            }
        }
        Ok(None)
    }

    /// Whether an agent's published file says what it should; else what it says.
    pub(crate) async fn published_differs(&self, agent: &Agent) -> Result<Option<String>, OpError> {
        let wanted = self.current().document.assignments.get(&agent.id).map(model_json).transpose()?;
        let found = self.0.store.published(&agent.runtime_name).await?;
        if found == wanted {
            return Ok(None);
        }
        Ok(Some(match found {
            None => "it is missing".to_owned(),
            Some(bytes) => match serde_json::from_slice::<Assignment>(&bytes) {
                Ok(other) => format!("it says `{}` on `{}`", other.model, other.provider),
                Err(_) => "it is no assignment".to_owned(),
            },
        }))
    }
}

/// The documented form, readable by people.
fn model_json(assignment: &Assignment) -> Result<Bytes, OpError> {
    let mut text = serde_json::to_vec_pretty(assignment).map_err(|error| OpError::internal(error.to_string()))?;
    text.push(b'\n');
    Ok(Bytes::from(text))
}
