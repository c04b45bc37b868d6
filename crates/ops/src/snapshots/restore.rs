//! The way back: a backup restored, whole or in part, delivered, and read back.

use std::collections::BTreeSet;

use agm_domain::agent::{Agent, AgentId};
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::hybrid::{Moved, Wish, moved, route_wishes};
use agm_domain::noun::Noun;
use agm_domain::restore::{Selection, restore, unknown};
use agm_domain::table::Table;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::current::{Current, Writer};
use crate::delivery;
use crate::error::{Fault, OpError};

/// What to restore.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreRequest {
    /// Objects as `<noun>/<name>`: `provider/qwen`, `route/default-ai-route`, `assignment/worker:alice`. None means everything.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Whether consumers get their old keys back too.
    #[serde(default)]
    pub consumer_keys: bool,
}

/// What a restore did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// The backup it was restored from.
    pub from: u64,
    /// The revision it led to; absent in a plan, and where nothing had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// What changed.
    pub changes: Vec<Change>,
    /// Agents whose assigned model reaches another provider afterwards.
    pub moved: Vec<Moved>,
    /// Agents whose configuration file was changed back, or could not be; in words.
    pub deliveries: Vec<String>,
    /// Whether everything reads back as it should.
    pub verified: bool,
}

/// What became of one agent, in words, and whether that is how it should be.
type Outcome = (String, bool);

impl Agm {
    /// Restores a backup, whole or in part. What agents registered since then need stays; see [`restore`].
    ///
    /// A part gets the routes that its assignments need. A whole backup comes back as it was, and what is not true of it then is said.
    pub async fn restore_backup(&self, actor: &Actor, id: u64, request: &RestoreRequest, dry_run: bool) -> Result<Restored, OpError> {
        if !dry_run {
            self.acting()?;
            if actor.role < Role::Admin {
                return Err(OpError::new(Fault::Forbidden, Code::Forbidden, "only an admin restores backups").hint("log in as an admin"));
            }
        }
        let selection = selection(request)?;
        let snapshot = self.document_of(id).await?;
        let running = self.0.switches.busy_agents();
        if let (false, Some(agent)) = (dry_run, running.first()) {
            let error = OpError::new(Fault::Conflict, Code::InProgress, format!("a switch of {agent} is under way"));
            return Err(error.hint("wait for its end, then restore"));
        }
        let everybody: BTreeSet<AgentId> = self.current().document.agents.keys().cloned().collect();
        let turn = if dry_run { None } else { Some(self.0.switches.turn(&everybody).await) };
        let mut writer = self.writer().await;
        if let Some((noun, name)) = unknown(&snapshot, &writer.document, &selection) {
            let error = OpError::new(Fault::NotFound, Code::NotFound, format!("there is no `{noun}/{name}`, in backup {id} or now"));
            return Err(error.hint(format!("`agm backup diff {id}` shows what differs")));
        }
        let target = restore(&snapshot, &writer.document, &selection);
        refuse_broken(&target, &writer.document)?;
        let before = std::mem::replace(&mut writer.document, target);
        if !selection.objects.is_empty() {
            self.route_restored(&before, &mut writer)?;
        }
        let moved = self.moved_by(&before, &writer.document);
        let changes = writer.changes();
        let restored = Restored { from: id, revision: None, changes, moved, deliveries: Vec::new(), verified: false };
        if dry_run {
            return Ok(restored);
        }
        if restored.changes.is_empty() {
            return Ok(Restored { verified: true, ..restored });
        }
        let (agm, actor) = (self.clone(), actor.clone());
        self.whole(async move {
            let _turn = turn;
            agm.put_back(&actor, writer, restored).await
        })
        .await
    }

    /// Agents that keep their assignment and whose model reaches another provider.
    fn moved_by(&self, before: &Document, after: &Document) -> Vec<Moved> {
        let changed = |id: &&AgentId| before.assignments.get(*id) != after.assignments.get(*id);
        let members: Vec<AgentId> = before.assignments.keys().filter(changed).cloned().collect();
        moved(before, after, &self.calling_point(), &[], &members)
    }

    /// The routes that restored assignments need.
    fn route_restored(&self, before: &Document, writer: &mut Writer) -> Result<(), OpError> {
        let (table, at) = (Table::compile(&writer.document).0, self.calling_point());
        let reached = |agent: &Agent, wish: &Wish| {
            let reach = table.reach(&at, &agent.consumer, &wish.model);
            reach.allowed && reach.only_provider() == Some(&wish.provider)
        };
        let wishes = writer.document.assignments.iter().filter(|(id, assigned)| before.assignments.get(*id) != Some(*assigned));
        let wishes = wishes.filter_map(|(id, assigned)| {
            let wish = Wish { agent: id.clone(), provider: assigned.provider.clone(), model: assigned.model.clone() };
            writer.document.agents.get(id).filter(|agent| !reached(agent, &wish)).map(|_| wish)
        });
        let wishes: Vec<Wish> = wishes.collect();
        if wishes.is_empty() {
            return Ok(());
        }
        let routing = route_wishes(&writer.document, &at, &wishes, &self.0.switches.pending(), false, &self.stamp())?;
        writer.apply(&routing.edits)
    }

    /// Commits, delivers and reads back.
    async fn put_back(&self, actor: &Actor, mut writer: Writer, restored: Restored) -> Result<Restored, OpError> {
        let (id, before) = (restored.from, writer.base().clone());
        let wanted = writer.document.clone();
        let rekeyed = rekeyed(&before.document, &wanted);
        for agent in &rekeyed {
            // Until its file has the restored key, today's opens the gateway too.
            both_keys(&mut writer.document, agent, &before.document);
        }
        let message = format!("backup {id} restored");
        let current = if rekeyed.is_empty() {
            writer.commit(actor, message.clone()).await?
        } else {
            writer.commit_passing(actor, message.clone()).await?
        };
        self.audit(actor, "backup.restore", &id.to_string(), json!({ "revision": current.head.number })).await;
        let mut outcomes = self.deliver_keys(actor, &rekeyed, &before.document, &wanted, message).await?;
        outcomes.extend(self.deliver_restored(&before.document, &wanted).await);
        let current = self.current();
        let stored = self.0.store.read_back(current.head.number).await?;
        let reads_back = Current::of(&stored)?.document == current.document;
        Ok(Restored {
            revision: (current.head.number != before.head.number).then_some(current.head.number),
            verified: reads_back && outcomes.iter().all(|(_, is_so)| *is_so),
            deliveries: outcomes.into_iter().map(|(told, _)| told).collect(),
            ..restored
        })
    }

    /// Writes restored keys into the agents' files; then only those open the gateway. An agent whose file cannot be changed keeps both.
    async fn deliver_keys(
        &self,
        actor: &Actor,
        rekeyed: &[Agent],
        before: &Document,
        wanted: &Document,
        message: String,
    ) -> Result<Vec<Outcome>, OpError> {
        if rekeyed.is_empty() {
            return Ok(Vec::new());
        }
        let mut outcomes = Vec::new();
        let mut kept = Vec::new();
        for agent in rekeyed {
            match self.deliver_key(agent, before, wanted).await {
                Ok(told) => outcomes.extend(told.map(|told| (told, true))),
                Err(error) => {
                    outcomes.push((format!("{}: today's key works on beside the restored one: {error}", agent.id), false));
                    kept.push(&agent.id);
                }
            }
        }
        let mut writer = self.writer().await;
        for agent in rekeyed.iter().filter(|agent| !kept.contains(&&agent.id)) {
            if let (Some(consumer), Some(then)) =
                (writer.document.consumers.get_mut(&agent.consumer), wanted.consumers.get(&agent.consumer))
            {
                consumer.set_keys(then.keys().to_vec());
            }
        }
        writer.commit(actor, message).await?;
        Ok(outcomes)
    }

    async fn deliver_key(&self, agent: &Agent, before: &Document, wanted: &Document) -> Result<Option<String>, OpError> {
        let keys = |document: &Document| document.consumers.get(&agent.consumer).map(|c| c.keys().to_vec()).unwrap_or_default();
        let (today, then) = (keys(before), keys(wanted));
        let Some(new) = then.first() else { return Ok(None) };
        match delivery::prepare_key(self, agent, &today, new).await? {
            Some(prepared) => prepared.write(self).await.map(Some),
            None => Ok(None),
        }
    }

    /// Publishes and delivers what a restore changed about assignments. A file that cannot be changed is reported and shows as drift.
    async fn deliver_restored(&self, before: &Document, after: &Document) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for id in after.agents.keys().filter(|id| before.assignments.get(*id) != after.assignments.get(*id)) {
            if let Err(error) = self.publish_assignment(id).await {
                outcomes.push((format!("{id}: {error}"), false));
            }
            match self.redeliver(id).await {
                Ok(Some(sentence)) => outcomes.push((sentence, true)),
                Ok(None) => {}
                Err(error) => outcomes.push((format!("{id}: {error}"), false)),
            }
            let evidence = self.begin_evidence(id, None).await;
            if let Some(missing) = evidence.unproven().filter(|_| after.assignments.contains_key(id)) {
                outcomes.push((format!("{id} {missing}"), false));
            }
        }
        outcomes
    }
}

/// Agents with a file, whose key becomes another one.
fn rekeyed(before: &Document, after: &Document) -> Vec<Agent> {
    let key = |document: &Document, agent: &Agent| document.consumers.get(&agent.consumer).and_then(|c| c.first_key().cloned());
    let changes = |agent: &&Agent| agent.config_file.is_some() && key(before, agent).is_some() && key(before, agent) != key(after, agent);
    after.agents.values().filter(changes).cloned().collect()
}

fn both_keys(document: &mut Document, agent: &Agent, today: &Document) {
    let (Some(consumer), Some(today)) = (document.consumers.get_mut(&agent.consumer), today.consumers.get(&agent.consumer)) else { return };
    let mut keys = consumer.keys().to_vec();
    keys.extend(today.keys().iter().filter(|key| !consumer.keys().contains(key)).cloned());
    consumer.set_keys(keys);
}

fn selection(request: &RestoreRequest) -> Result<Selection, OpError> {
    let mut selection = Selection { consumer_keys: request.consumer_keys, ..Selection::default() };
    for object in &request.objects {
        let parsed = object.split_once('/').and_then(|(noun, name)| Some((Noun::parse(noun)?, name.to_owned())));
        let Some(parsed) = parsed else {
            let error = OpError::new(Fault::Invalid, Code::ValidationFailed, format!("`{object}` names no object"));
            return Err(error.hint("write `<noun>/<name>`, for example `provider/qwen` or `assignment/worker:alice`"));
        };
        selection.objects.insert(parsed);
    }
    Ok(selection)
}

/// A part of an old configuration can contradict the rest of the present one. What is wrong already is no reason to refuse.
fn refuse_broken(document: &Document, present: &Document) -> Result<(), OpError> {
    let mut wrong = Vec::new();
    for route in document.routes.values().filter(|r| present.routes.get(&r.name) != Some(r)) {
        let found = agm_domain::check::route_hard(route, document);
        wrong.extend(found.into_iter().map(|d| d.under(&format!("/routes/{}", route.name))));
    }
    for agent in document.agents.values().filter(|a| !document.consumers.contains_key(&a.consumer)) {
        if present.agents.get(&agent.id) != Some(agent) || present.consumers.contains_key(&agent.consumer) {
            let message = format!("{} would be without its consumer `{}`, and so without a key", agent.id, agent.consumer);
            let pointer = format!("/agents/{}/consumer", agent.id);
            let cure = format!("restore `consumer/{}` too", agent.consumer);
            wrong.push(Diagnostic::hard(Code::ConsumerNotFound, pointer, message).hint(cure));
        }
    }
    for (agent, assignment) in &document.assignments {
        let already = !present.providers.contains_key(&assignment.provider) && present.assignments.get(agent) == Some(assignment);
        if !already && !document.providers.contains_key(&assignment.provider) {
            let message = format!("{agent} runs on `{}`, which the restored configuration does not have", assignment.provider);
            let pointer = format!("/assignments/{agent}/provider");
            wrong.push(Diagnostic::hard(Code::UnknownProvider, pointer, message).hint("restore that provider too"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(OpError::refused("what would be restored contradicts the rest", &wrong)) }
}
