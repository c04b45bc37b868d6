//! The models that vendors list, as they were last fetched.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use agm_domain::catalog::Listed;
use agm_domain::name::ProviderName;
use serde::{Deserialize, Serialize};

use super::stored;
use crate::agm::Agm;
use crate::error::OpError;
use crate::trial::Failure;
use crate::vendor::VendorList;

/// The models of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelList {
    /// Ids, in the vendor's order.
    pub models: Vec<String>,
    /// RFC 3339, UTC; absent where none was ever fetched.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fetched_at: Option<String>,
    /// Whether the vendor has a list at all.
    pub offered: bool,
    /// Why this is an older list than was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stale: Option<Failure>,
}

/// What was fetched. It is a memory, not a part of the configuration: nothing is routed by it.
#[derive(Debug, Default)]
pub(crate) struct ModelLists(Mutex<BTreeMap<ProviderName, Fetched>>);

/// One list.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) models: Vec<String>,
    cards: HashMap<String, Listed>,
    pub(crate) at: String,
}

impl ModelLists {
    /// The list of a provider.
    pub(crate) fn known(&self, provider: &ProviderName) -> Option<Fetched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned()
    }

    /// Every list.
    pub(crate) fn all(&self) -> HashMap<ProviderName, Vec<String>> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.iter().map(|(provider, fetched)| (provider.clone(), fetched.models.clone())).collect()
    }

    /// What a provider's list says of a model.
    pub(crate) fn said(&self, provider: &str, model: &str) -> Option<Listed> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.get(provider)?.cards.get(model).cloned()
    }

    fn put(&self, provider: &ProviderName, fetched: Option<Fetched>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Some(fetched) => lists.insert(provider.clone(), fetched),
            None => lists.remove(provider),
        };
    }
}

impl Agm {
    /// The models that a provider lists: the list fetched last, or with `refresh`, or where there is none yet, a new one. When fetching fails
    /// the old list stays.
    pub async fn provider_models(&self, name: &str, refresh: bool) -> Result<ModelList, OpError> {
        let current = self.current();
        let provider = stored(&current, name)?;
        let old = self.0.lists.known(&provider.name);
        if let Some(old) = old.clone().filter(|_| !refresh) {
            return Ok(ModelList { models: old.models, fetched_at: Some(old.at), offered: true, stale: None });
        }
        self.readable()?;
        match (self.0.vendors.models(provider).await, old) {
            (Ok(Some(list)), _) => {
                let models = list.models.clone();
                let fetched_at = self.keep_list(&provider.name, list);
                Ok(ModelList { models, fetched_at: Some(fetched_at), offered: true, stale: None })
            }
            (Ok(None), _) => Ok(ModelList::default()),
            (Err(failure), Some(old)) => {
                Ok(ModelList { models: old.models, fetched_at: Some(old.at), offered: true, stale: Some(failure) })
            }
            (Err(failure), None) => Err(failure.into_peer_error(&format!("the models of `{name}` could not be listed"))),
        }
    }

    /// Remembers a list, and tells the gateway, which shows agents what they can ask for. Returns the time.
    pub(super) fn keep_list(&self, provider: &ProviderName, list: VendorList) -> String {
        let fetched_at = self.stamp();
        self.0.lists.put(provider, Some(Fetched { models: list.models, cards: list.cards, at: fetched_at.clone() }));
        self.0.gateway.set_provider_models(self.0.lists.all());
        fetched_at
    }

    /// Forgets the list of a provider that is gone, or is another one now.
    pub(super) fn forget_list(&self, provider: &ProviderName) {
        self.0.lists.put(provider, None);
        self.0.gateway.set_provider_models(self.0.lists.all());
    }
}
