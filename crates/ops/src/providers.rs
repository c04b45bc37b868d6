//! Providers: what can be asked about them and done to them.

mod add;
mod edit;
mod keep_lists;
mod keys;
mod lists;
mod remove;
mod test;
mod types;
mod view;

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::endpoint;
use agm_domain::name::{ProviderName, RouteName};
use agm_domain::provider::Provider;

pub use self::add::ProviderAdded;
pub use self::edit::{ProviderChanged, ProviderPatch};
pub use self::keys::{KeyChange, KeyTest};
pub use self::lists::ModelList;
pub(crate) use self::lists::ModelLists;
pub use self::remove::ProviderRemoved;
pub use self::test::{ProviderTest, TestRequest};
pub use self::types::{FieldView, ProviderTypeView};
pub use self::view::{KeyView, ListedModels, OutOfUse, ProviderView};
use crate::agm::Agm;
use crate::current::Current;
use crate::error::OpError;
use crate::vendor::refused_host;

impl Agm {
    /// Every type of provider, also those that the embedded gateway cannot serve.
    pub fn provider_types(&self) -> Vec<ProviderTypeView> {
        agm_domain::provider_type::all().map(ProviderTypeView::of).collect()
    }

    /// Every provider.
    pub fn providers(&self) -> Vec<ProviderView> {
        let current = self.current();
        let health = self.0.gateway.token_health();
        current.document.providers.values().map(|provider| self.provider_view(&current.document, provider, &health)).collect()
    }

    /// One provider.
    pub fn provider(&self, name: &str) -> Result<ProviderView, OpError> {
        let current = self.current();
        let provider = stored(&current, name)?;
        Ok(self.provider_view(&current.document, provider, &self.0.gateway.token_health()))
    }
}

/// The stored provider.
fn stored<'a>(current: &'a Current, name: &str) -> Result<&'a Provider, OpError> {
    current.document.providers.get(name).ok_or_else(|| OpError::no_provider(name))
}

/// The addresses to which the provider's keys are sent, in words, so that they can be compared.
fn destinations(provider: &Provider) -> Vec<String> {
    let Ok(endpoint) = endpoint::resolve(provider) else { return Vec::new() };
    endpoint.destinations().iter().map(ToString::to_string).collect()
}

/// Whether the keys saved for `before` may be sent to where `after` is: nowhere else than they were saved for.
fn keeps_destination(before: &Provider, after: &Provider) -> bool {
    let saved = destinations(before);
    destinations(after).iter().all(|destination| saved.contains(destination))
}

/// The provider's addresses that agm does not contact.
fn refused_addresses(provider: &Provider) -> Option<Diagnostic> {
    let endpoint = endpoint::resolve(provider).ok()?;
    let refused = endpoint.destinations().iter().find_map(|destination| refused_host(&destination.host))?;
    Some(Diagnostic::hard(Code::AddressRefused, "/baseUrl", refused.to_string()).hint("give the base URL of an LLM vendor"))
}

/// The refusal to send a stored key to another address.
fn key_required(provider: &ProviderName) -> OpError {
    let diagnostic = Diagnostic::policy(Code::KeyRequired, "/apiKey", format!("the key of `{provider}` was saved for another address"))
        .hint("give the key again together with the new base URL");
    diagnostic.into()
}

/// The route that sends to the provider because of hybrid routing, if there is one.
fn route_of(document: &agm_domain::document::Document, provider: &ProviderName) -> Option<RouteName> {
    if document.default_owner() == Some(provider) {
        return Some(RouteName::default_route());
    }
    let own = RouteName::of_provider(provider);
    document.routes.get(&own).filter(|route| route.uses(provider)).map(|route| route.name.clone())
}
