//! The catalog of models: what is known of each, who serves it and who runs on it.

use std::collections::{BTreeMap, BTreeSet};

use agm_domain::catalog::{self, ModelCard, Source};
use agm_domain::check;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// A model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// Its id.
    pub id: String,
    /// What is known of it.
    #[serde(flatten)]
    pub card: ModelCard,
    /// Where that comes from: this deployment's own card, the catalog, a provider's list, or nowhere.
    pub source: Source,
    /// This deployment's own card: only the members that differ from the catalog's.
    #[serde(rename = "override", skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub own: Option<Value>,
    /// The providers that list it, or on which an agent runs it.
    pub providers: Vec<String>,
    /// The agents that run on it.
    pub agents: Vec<String>,
    /// Changes with every change of this deployment's own card.
    pub etag: String,
}

/// What became, or would become, of a model's card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelChanged {
    /// The model.
    pub model: ModelView,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan, and where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Every model that is known, listed by a provider, or run on.
    pub fn models(&self) -> Vec<ModelView> {
        let current = self.current();
        let seen = self.models_seen(&current.document);
        seen.iter().map(|(id, providers)| self.model_view(&current.document, id, providers)).collect()
    }

    /// One model. Every id is some model: of those that nobody knows, the defaults are assumed.
    pub fn model(&self, id: &str) -> Result<ModelView, OpError> {
        if let Some(bad) = check::model_id(id) {
            return Err(bad.into());
        }
        let current = self.current();
        let providers = self.models_seen(&current.document).remove(id).unwrap_or_default();
        Ok(self.model_view(&current.document, id, &providers))
    }

    /// Gives a model this deployment's own card. Members that are absent or `null` are the catalog's.
    pub async fn put_model(
        &self,
        actor: &Actor,
        id: &str,
        card: Value,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<ModelChanged, OpError> {
        let mut found = catalog::check_override(&card);
        found.extend(check::model_id(id));
        if !found.is_empty() {
            return Err(OpError::refused(&format!("this is no card of the model `{id}`"), &found));
        }
        self.write_model(actor, id, Some(card), expected, dry_run).await
    }

    /// Takes this deployment's own card of a model away: the catalog's counts again.
    pub async fn delete_model(&self, actor: &Actor, id: &str, expected: Option<&str>, dry_run: bool) -> Result<ModelChanged, OpError> {
        if !self.current().document.models.contains_key(id) {
            let text = format!("this deployment has no card of its own of the model `{id}`");
            return Err(
                OpError::new(Fault::NotFound, agm_domain::code::Code::NotFound, text).hint("`agm model list` shows which models have one")
            );
        }
        self.write_model(actor, id, None, expected, dry_run).await
    }

    async fn write_model(
        &self,
        actor: &Actor,
        id: &str,
        card: Option<Value>,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<ModelChanged, OpError> {
        self.acting()?;
        let mut writer = self.writer().await;
        self.unchanged(&format!("the card of `{id}`"), &writer.document.models.get(id), expected)?;
        let message = format!("card of {id} {}", if card.is_some() { "set" } else { "removed" });
        match card {
            Some(card) => drop(writer.document.models.insert(id.to_owned(), card)),
            None => drop(writer.document.models.remove(id)),
        }
        let changes = writer.changes();
        let document = writer.document.clone();
        let mut revision = None;
        if !dry_run && !changes.is_empty() {
            let current = writer.commit(actor, message).await?;
            self.audit(actor, "model.put", id, json!({ "revision": current.head.number })).await;
            revision = Some(current.head.number);
        }
        let providers = self.models_seen(&document).remove(id).unwrap_or_default();
        Ok(ModelChanged { model: self.model_view(&document, id, &providers), changes, revision })
    }

    /// What is known of a model, and where from: this deployment's own card, the catalog, or the first of the providers whose list says something.
    pub(crate) fn card<'a>(&self, document: &Document, providers: impl IntoIterator<Item = &'a str>, id: &str) -> (ModelCard, Source) {
        let listed = providers.into_iter().find_map(|provider| self.0.lists.said(provider, id));
        catalog::card_listed(id, document.models.get(id), listed.as_ref())
    }

    /// Every model with the providers that have it.
    fn models_seen(&self, document: &Document) -> BTreeMap<String, BTreeSet<String>> {
        let known = catalog::KNOWN.iter().map(|known| known.id.to_owned()).chain(document.models.keys().cloned());
        let mut seen: BTreeMap<String, BTreeSet<String>> = known.map(|id| (id, BTreeSet::new())).collect();
        for (provider, models) in self.0.lists.all() {
            for id in models {
                seen.entry(id).or_default().insert(provider.to_string());
            }
        }
        for assignment in document.assignments.values() {
            seen.entry(assignment.model.clone()).or_default().insert(assignment.provider.to_string());
        }
        seen
    }

    fn model_view(&self, document: &Document, id: &str, providers: &BTreeSet<String>) -> ModelView {
        let own = document.models.get(id);
        let (card, source) = self.card(document, providers.iter().map(String::as_str), id);
        let agents = document.assignments.iter().filter(|(_, a)| a.model == id);
        ModelView {
            id: id.to_owned(),
            card,
            source,
            own: own.cloned(),
            providers: providers.iter().cloned().collect(),
            agents: agents.map(|(agent, _)| agent.to_string()).collect(),
            etag: self.etag(&own),
        }
    }
}
