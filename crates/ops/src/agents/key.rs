//! An agent's gateway key: shown to an admin, and replaced.

use agm_domain::agent::{Agent, AgentId};
use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::document::Document;
use agm_domain::secret::Secret;
use serde_json::json;

use super::AgentChanged;
use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::current::Writer;
use crate::delivery::{self, Prepared};
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

    /// Gives an agent a new gateway key, also in its configuration file where that has an old one. The old ones stop working at once.
    ///
    /// At no moment has the agent a key that opens nothing: until the file has the new one, the old ones work too. A file that cannot be
    /// changed keeps its key, and the key keeps working. A plan makes no key.
    pub async fn rotate_agent_key(&self, actor: &Actor, id: &AgentId, dry_run: bool) -> Result<AgentChanged, OpError> {
        self.acting()?;
        let turn = if dry_run { None } else { Some(self.0.switches.turn(&[id.clone()].into()).await) };
        let mut writer = self.writer().await;
        let agent = writer.document.agents.get(id).cloned().ok_or_else(|| OpError::no_agent(id))?;
        let old = writer.document.consumers.get(&agent.consumer).map(|c| c.keys().to_vec()).unwrap_or_default();
        let new = if dry_run { Secret::from(TO_BE_MADE) } else { new_gateway_key()? };
        // Before anything changes: a file that cannot be read would keep the old key.
        let prepared = delivery::prepare_key(self, &agent, &old, &new).await?;
        set_keys(&mut writer.document, &agent, vec![new.clone()]);
        let changes = writer.changes();
        if dry_run {
            let files = prepared.iter().map(Prepared::describe).collect();
            let agent = self.view_of(&agent, &writer.base().document);
            return Ok(AgentChanged { agent, changes, files, notes: Vec::new() });
        }
        let (agm, actor, id) = (self.clone(), actor.clone(), id.clone());
        self.whole(async move {
            let _turn = turn;
            let files = match prepared {
                Some(prepared) if !prepared.is_empty() => agm.exchange_key(&actor, &agent, writer, old, new, prepared).await?,
                unchanged => {
                    writer.commit(&actor, format!("new gateway key for {id}")).await?;
                    agm.audit(&actor, "agent.key.rotate", &id.to_string(), json!({})).await;
                    unchanged.iter().map(Prepared::describe).collect()
                }
            };
            agm.refresh_evidence(&id).await;
            Ok(AgentChanged { agent: agm.agent(&id)?, changes, files, notes: Vec::new() })
        })
        .await
    }

    /// Both keys open the gateway while the file is written; then one of them does.
    async fn exchange_key(
        &self,
        actor: &Actor,
        agent: &Agent,
        mut writer: Writer,
        old: Vec<Secret>,
        new: Secret,
        prepared: Prepared,
    ) -> Result<Vec<String>, OpError> {
        let id = &agent.id;
        set_keys(&mut writer.document, agent, [&new].into_iter().chain(&old).cloned().collect());
        writer.commit_passing(actor, format!("new gateway key for {id}, beside the old one until its file has it")).await?;
        // Before the second half: that there is a new key is taken down whatever becomes of it.
        self.audit(actor, "agent.key.rotate", &id.to_string(), json!({})).await;
        let written = prepared.write(self).await;
        let has_old = match &written {
            Ok(_) => false,
            // It may have been written all the same. A file that cannot be read has not been.
            Err(_) => delivery::prepare_key(self, agent, &old, &new).await.map_or(true, |left| left.is_some_and(|left| !left.is_empty())),
        };
        let (keys, message) = if has_old { (old, "keeps its gateway key") } else { (vec![new], "has a new gateway key") };
        let mut writer = self.writer().await;
        set_keys(&mut writer.document, agent, keys);
        writer.commit(actor, format!("{id} {message}")).await?;
        match written {
            Err(mut error) if has_old => {
                error.message = format!("{id} keeps its old key, which works on: {}", error.message);
                Err(error)
            }
            Ok(sentence) => Ok(vec![sentence]),
            Err(error) => Ok(vec![format!("{id}: the file has the new key; {error}")]),
        }
    }
}

fn set_keys(document: &mut Document, agent: &Agent, keys: Vec<Secret>) {
    let consumer = document.consumers.entry(agent.consumer.clone());
    consumer.or_insert_with(|| Consumer::without_keys(agent.consumer.clone())).set_keys(keys);
}
