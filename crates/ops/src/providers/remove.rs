//! Removing a provider that nothing needs any more.

use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::hybrid::{self, Refusal};
use agm_domain::name::ProviderName;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::stored;
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;

/// What goes, or would go, with a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderRemoved {
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// Remarks.
    pub notes: Vec<Diagnostic>,
    /// The first revision without it; absent for a plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Removes a provider and its route. Refused, with every reason, while an agent or another route needs it.
    pub async fn remove_provider(
        &self,
        actor: &Actor,
        name: &str,
        expected: Option<&str>,
        dry_run: bool,
    ) -> Result<ProviderRemoved, OpError> {
        self.acting()?;
        let mut writer = self.writer().await;
        let provider = stored(writer.base(), name)?;
        self.unchanged(&format!("provider `{name}`"), provider, expected)?;
        let name = ProviderName::from(name);
        let refused = |refusal: Refusal| OpError::refused("the provider cannot be removed", &refusal.diagnostics);
        let pending = self.0.switches.pending();
        let routing = hybrid::remove_provider(&writer.document, &self.calling_point(), &name, &pending).map_err(refused)?;
        writer.apply(&routing.edits)?;
        writer.document.providers.remove(&name);
        let changes = writer.changes();
        if dry_run {
            return Ok(ProviderRemoved { changes, notes: routing.notes, revision: None });
        }
        let current = writer.commit(actor, format!("provider {name} removed")).await?;
        self.forget_list(&name);
        self.audit(actor, "provider.remove", name.as_str(), json!({ "revision": current.head.number })).await;
        Ok(ProviderRemoved { changes, notes: routing.notes, revision: Some(current.head.number) })
    }
}
