//! Assignments as the documented `model.json`: read, published, and published again when somebody overwrote them.

use std::collections::BTreeMap;

use agm_domain::agent::{Agent, AgentId};
use agm_domain::assignment::Assignment;
use agm_domain::code::Code;
use agm_domain::edit::Edit;
use bytes::Bytes;
use serde_json::json;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

impl Agm {
    /// What an agent should run on.
    pub fn assignment(&self, id: &AgentId) -> Result<Assignment, OpError> {
        let current = self.current();
        if !current.document.agents.contains_key(id) {
            return Err(OpError::no_agent(id));
        }
        let none = || {
            OpError::new(Fault::NotFound, Code::AssignmentNotFound, format!("no model is assigned to {id} yet"))
                .hint(format!("`agm set-model --target {id} --provider P --model M` assigns one"))
        };
        current.document.assignments.get(id).cloned().ok_or_else(none)
    }

    /// Removes an agent's assignment; it stays registered.
    pub async fn unassign(&self, actor: &Actor, id: &AgentId) -> Result<(), OpError> {
        self.acting()?;
        let _turn = self.0.switches.turn(&[id.clone()].into()).await;
        let mut writer = self.writer().await;
        if !writer.document.agents.contains_key(id) {
            return Err(OpError::no_agent(id));
        }
        let from = writer.document.assignments.get(id).cloned().map(Box::new);
        Edit::Assign { agent: id.clone(), from, to: None }.apply(&mut writer.document);
        writer.commit(actor, format!("{id}: no model assigned")).await?;
        self.publish_assignment(id).await?;
        self.0.evidence.forget(id);
        self.audit(actor, "agent.unassign", &id.to_string(), json!({})).await;
        Ok(())
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

    /// Publishes every assignment; those that read as they should are not touched.
    pub(crate) async fn publish_everything(&self) -> Result<(), OpError> {
        let ids: Vec<AgentId> = self.current().document.agents.keys().cloned().collect();
        for id in ids {
            self.publish_assignment(&id).await?;
        }
        Ok(())
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
