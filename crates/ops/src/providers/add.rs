//! Adding a provider, and the route that takes its models.

use agm_domain::check_provider;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::hybrid;
use agm_domain::new_provider::NewProvider;
use agm_domain::provider::Provider;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ProviderView, refused_addresses, route_of};
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// What became, or would become, of a new provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderAdded {
    /// The provider.
    pub provider: ProviderView,
    /// The route that takes its models; none until the first model is assigned, where its type has no prefixes of its own.
    pub route_name: Option<String>,
    /// Whether that route is new.
    pub route_updated: bool,
    /// Remarks: prefixes that were left out.
    pub notes: Vec<Diagnostic>,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Adds a provider, with the route that hybrid routing gives it. The first one gets the default route.
    pub async fn add_provider(&self, actor: &Actor, request: &NewProvider, dry_run: bool) -> Result<ProviderAdded, OpError> {
        self.acting()?;
        let provider = self.build(request)?;
        let name = provider.name.clone();
        let mut writer = self.writer().await;
        if writer.document.providers.contains_key(&name) {
            let text = format!("there is already a provider `{name}`");
            return Err(OpError::new(Fault::Conflict, Code::ProviderExists, text)
                .hint("choose another name, or change that one: `agm provider set`"));
        }
        writer.document.providers.insert(name.clone(), provider);
        let routing = hybrid::add_provider(&writer.document, &self.calling_point(), &name, &self.0.switches.pending(), &self.stamp())?;
        writer.apply(&routing.edits)?;

        let changes = writer.changes();
        let document = writer.document.clone();
        let revision = if dry_run {
            None
        } else {
            let current = writer.commit(actor, format!("provider {name} added")).await?;
            self.audit(actor, "provider.add", name.as_str(), json!({ "type": request.kind, "revision": current.head.number })).await;
            Some(current.head.number)
        };
        let added = &document.providers[&name];
        let route = route_of(&document, &name);
        Ok(ProviderAdded {
            provider: self.provider_view(&document, added, &[]),
            route_updated: route.as_ref().is_some_and(|route| routing.edits.iter().any(|edit| edit.route() == Some(route))),
            route_name: route.map(|route| route.to_string()),
            notes: routing.notes,
            changes,
            revision,
        })
    }

    /// The provider to store, checked.
    fn build(&self, request: &NewProvider) -> Result<Provider, OpError> {
        let refused = |found: &[Diagnostic]| OpError::refused("the provider cannot be added", found);
        let provider = request.build(&self.stamp()).map_err(|found| refused(&found))?;
        let mut found: Vec<_> = check_provider::check(&provider).into_iter().filter(Diagnostic::refuses).collect();
        found.extend(refused_addresses(&provider));
        if found.is_empty() { Ok(provider) } else { Err(refused(&found)) }
    }
}
