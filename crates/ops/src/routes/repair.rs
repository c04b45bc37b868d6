//! What is wrong with the routes, and mending what can be mended.

use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::hybrid;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::OpError;

/// Something wrong with a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteFinding {
    /// Which route; it may be one that is missing.
    pub route: String,
    /// What is wrong.
    pub diagnostic: Diagnostic,
    /// Whether repairing mends it.
    pub repairable: bool,
}

/// What was, or would be, mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RoutesRepaired {
    /// What has to be mended by hand.
    pub notes: Vec<Diagnostic>,
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan, and where nothing had to be mended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Everything wrong with the routes.
    pub fn route_findings(&self) -> Vec<RouteFinding> {
        let found = self.findings(&self.current().document).into_iter();
        found.map(|f| RouteFinding { route: f.route.to_string(), diagnostic: f.diagnostic, repairable: f.repairable }).collect()
    }

    /// Mends what can be mended. Routes that hybrid routing does not keep are left alone.
    pub async fn repair_routes(&self, actor: &Actor, dry_run: bool) -> Result<RoutesRepaired, OpError> {
        self.acting()?;
        let mut writer = self.writer().await;
        let routing = hybrid::repair(&writer.document, &self.calling_point(), &self.0.switches.pending(), &self.under_way(), &self.stamp());
        writer.apply(&routing.edits)?;
        let changes = writer.changes();
        let mut revision = None;
        if !dry_run && !changes.is_empty() {
            let current = writer.commit(actor, "routes repaired").await?;
            self.audit(actor, "route.repair", "routes", json!({ "revision": current.head.number })).await;
            revision = Some(current.head.number);
        }
        Ok(RoutesRepaired { notes: routing.notes, changes, revision })
    }
}
