//! An agent's gateway key: shown to an admin, and replaced.

use agm_domain::agent::{Agent, AgentId};
use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::document::Document;
use agm_domain::secret::Secret;
use serde_json::json;

use super::AgentChanged;
use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::delivery;
use crate::error::{Fault, OpError};
use crate::gateway_key::new_gateway_key;

/// What stands in a plan for a key that is made only when it is needed. It is shorter than anything of which a mask shows characters.
const TO_BE_MADE: &str = "to be made";

impl Agm {
    /// An agent's gateway key in clear. Taken down in the audit log first: a key that nobody is seen to have read is not given out.
    pub async fn agent_key(&self, actor: &Actor, id: &AgentId) -> Result<Secret, OpError> {
        if actor.role < Role::Admin {
            let error = OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin sees keys in clear");
            return Err(error.hint("log in as an admin"));
        }
        self.readable()?;
        let current = self.current();
        let agent = current.document.agents.get(id).ok_or_else(|| OpError::no_agent(id))?;
        let key = current.document.consumers.get(&agent.consumer).and_then(Consumer::first_key).cloned();
        let none = || OpError::new(Fault::NotFound, Code::ConsumerNotFound, format!("the consumer `{}` has no key", agent.consumer));
        let key = key.ok_or_else(none)?;
        self.0.store.audit(json!({ "actor": actor.name, "action": "agent.key", "subject": id.to_string(), "details": {} })).await?;
        Ok(key)
    }

    /// Gives an agent a new gateway key, also in its configuration file where that has the old one. The old one stops working at once.
    ///
    /// A plan makes no key.
    pub async fn rotate_agent_key(&self, actor: &Actor, id: &AgentId, dry_run: bool) -> Result<AgentChanged, OpError> {
        self.acting()?;
        let _turn = if dry_run { None } else { Some(self.0.switches.turn(&[id.clone()].into()).await) };
        let mut writer = self.writer().await;
        let agent = writer.document.agents.get(id).cloned().ok_or_else(|| OpError::no_agent(id))?;
        let old = writer.document.consumers.get(&agent.consumer).and_then(Consumer::first_key).cloned();
        let new = if dry_run { Secret::from(TO_BE_MADE) } else { new_gateway_key()? };
        set_key(&mut writer.document, &agent, new);
        let changes = writer.changes();
        if dry_run {
            let (files, notes) = match old {
                Some(old) => self.planned_key_files(&agent, &writer.document, old).await,
                None => Default::default(),
            };
            let agent = self.view_of(&agent, &writer.base().document);
            return Ok(AgentChanged { agent, changes, files, notes });
        }
        writer.commit(actor, format!("new gateway key for {id}")).await?;
        let files = match old {
            Some(old) => delivery::replace_key(self, id, old).await?.into_iter().collect(),
            None => Vec::new(),
        };
        self.audit(actor, "agent.key.rotate", &id.to_string(), json!({})).await;
        self.refresh_evidence(id).await;
        Ok(AgentChanged { agent: self.agent(id)?, changes, files, notes: Vec::new() })
    }

    /// What a new key would change in the agent's file, in words. A file that cannot be changed keeps nobody from having a new key.
    async fn planned_key_files(&self, agent: &Agent, document: &Document, old: Secret) -> (Vec<String>, Vec<Diagnostic>) {
        match delivery::plan_replace_key(self, agent, document, old).await {
            Ok(sentence) => (sentence.into_iter().collect(), Vec::new()),
            Err(error) => (Vec::new(), vec![Diagnostic::note(error.code, "/configFile", error.to_string())]),
        }
    }
}

fn set_key(document: &mut Document, agent: &Agent, key: Secret) {
    let consumer = document.consumers.get_mut(&agent.consumer);
    let credential = consumer.and_then(|c| c.credentials.iter_mut().find(|c| c.kind == "key-auth"));
    if let Some(credential) = credential {
        credential.values = vec![key];
    } else {
        let consumer = Consumer::bearer(agent.consumer.clone(), key);
        document.consumers.insert(agent.consumer.clone(), consumer);
    }
}
