//! A provider's keys: added, removed and replaced without ever sending an old one back.

use agm_domain::check;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::provider::Provider;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::edit::{ProviderChanged, ProviderPatch};
use super::test::KeyTrial;
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;
use crate::trial::Failure;

/// A change of keys: all of them replaced, or some added and some removed. Keys that are stored are named by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KeyChange {
    /// These, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub replace: Option<Vec<Secret>>,
    /// These in addition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub add: Vec<Secret>,
    /// Not these, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Whether new keys are tried before they are saved.
    pub test: bool,
    /// The model to try them with; else the vendor's list of models, or one that an agent uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Saves them although a test failed.
    pub force: bool,
}

/// How a key did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyTest {
    /// By which it is spoken of.
    pub id: String,
    /// `sk-…a1b2`.
    pub mask: String,
    /// Whether nothing failed.
    pub success: bool,
    /// Whether the vendor was seen to take it.
    pub checked: bool,
    /// What failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
}

impl Default for KeyChange {
    fn default() -> Self {
        Self { replace: None, add: Vec::new(), remove: Vec::new(), test: true, model: None, force: false }
    }
}

impl Agm {
    /// Changes a provider's keys. New keys are tried first; when one fails nothing changes, unless the caller insists.
    pub async fn rotate_key(
        &self,
        actor: &Actor,
        name: &str,
        change: KeyChange,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<ProviderChanged, OpError> {
        if change.replace.is_none() && change.add.is_empty() && change.remove.is_empty() {
            return Err(bad("", "no key is given", "say which keys to add, remove or replace").into());
        }
        let patch = ProviderPatch { keys: Some(change), ..ProviderPatch::default() };
        self.edit_provider(actor, name, patch, expected, dry_run).await
    }

    /// The keys after the change.
    pub(super) fn changed_keys(&self, provider: &Provider, change: &KeyChange) -> Result<Vec<Secret>, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let id = |key: &Secret| self.key_id(provider.name.as_str(), key.expose());
        if change.replace.is_some() && !(change.add.is_empty() && change.remove.is_empty()) {
            found.push(bad("/replace", "keys are either replaced, or added and removed", "leave out one of the two"));
        }
        for (index, unknown) in change.remove.iter().enumerate().filter(|(_, i)| !provider.tokens.iter().any(|key| id(key) == **i)) {
            let what = format!("`{}` has no key with the id `{unknown}`", provider.name);
            found.push(bad(&format!("/remove/{index}"), &what, &format!("`agm provider show {}` lists them", provider.name)));
        }
        let keys = change.replace.clone().unwrap_or_else(|| {
            let kept = provider.tokens.iter().filter(|key| !change.remove.contains(&id(key)));
            kept.chain(&change.add).cloned().collect()
        });
        if (1..keys.len()).any(|i| keys[..i].contains(&keys[i])) {
            found.push(bad("", "a key is given twice, or is already there", "give each key once"));
        }
        if keys.iter().any(Secret::is_empty) {
            found.push(bad("", "a key is empty", "paste it again"));
        }
        found.extend(change.model.as_deref().and_then(check::model_id).map(|bad| bad.under("/keys")));
        if found.is_empty() { Ok(keys) } else { Err(found) }
    }

    /// Tries the keys of `after` that `before` does not have.
    pub(super) async fn try_new_keys(&self, before: &Provider, after: &Provider, model: Option<&str>) -> Vec<KeyTest> {
        let mut tests = Vec::new();
        for key in after.tokens.iter().filter(|key| !before.tokens.contains(key)) {
            let mut trial = self.try_key(after, Some(key), model).await;
            // Without a list that wants a key, a model that is in use anyway gives the proof.
            if let (None, false, Some(used)) = (model, trial.checked, self.model_in_use(before)) {
                trial = self.try_key(after, Some(key), Some(&used)).await;
            }
            tests.push(self.key_test(after, key, &trial));
        }
        tests
    }

    pub(super) fn key_test(&self, provider: &Provider, key: &Secret, trial: &KeyTrial) -> KeyTest {
        KeyTest {
            id: self.key_id(provider.name.as_str(), key.expose()),
            mask: key.mask(),
            success: trial.failure.is_none(),
            checked: trial.checked,
            failure: trial.failure.clone(),
        }
    }

    /// A model of the provider that an agent runs on.
    fn model_in_use(&self, provider: &Provider) -> Option<String> {
        let current = self.current();
        current.document.assignments.values().find(|a| a.provider == provider.name).map(|a| a.model.clone())
    }
}

fn bad(pointer: &str, what: &str, cure: &str) -> Diagnostic {
    Diagnostic::hard(Code::ValidationFailed, format!("/keys{pointer}"), what).hint(cure)
}
