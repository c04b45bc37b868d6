//! Removing a route that nobody needs.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::edit::Edit;
use agm_domain::hybrid::{self, Moved, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::stored;
use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};

/// What goes, or would go, with a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteRemoved {
    /// Everything that changes.
    pub changes: Vec<Change>,
    /// The first revision without it; absent for a plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Removes a route. Refused for the default route while there are providers, and where an agent's model would go elsewhere.
    pub async fn delete_route(&self, actor: &Actor, name: &str, expected: Option<&str>, dry_run: bool) -> Result<RouteRemoved, OpError> {
        self.acting()?;
        let mut writer = self.writer().await;
        let route = stored(&writer.document, name)?.clone();
        self.unchanged(&format!("route `{name}`"), &route, expected)?;
        if route.name.is_default() && !writer.document.providers.is_empty() {
            return Err(OpError::new(
                Fault::Conflict,
                Code::RouteConflict,
                "the default route takes every model that no other route takes",
            )
            .hint("send it elsewhere instead: `agm route set-default PROVIDER`"));
        }
        writer.apply(&[Edit::DeleteRoute { route: Box::new(route) }])?;
        self.nobody_moves(&writer.base().document, &writer.document)?;
        let changes = writer.changes();
        if dry_run {
            return Ok(RouteRemoved { changes, revision: None });
        }
        let current = writer.commit(actor, format!("route {name} removed")).await?;
        self.audit(actor, "route.remove", name, json!({ "revision": current.head.number })).await;
        Ok(RouteRemoved { changes, revision: Some(current.head.number) })
    }

    /// Refuses a change of routes after which an agent's model reaches another provider than before, or none. Those for which the same provider
    /// is asked for another model are only told, and nobody is kept from coming to the provider that is its own.
    pub(super) fn nobody_moves(&self, before: &Document, after: &Document) -> Result<Vec<Diagnostic>, OpError> {
        let (at, pending) = (self.calling_point(), self.0.switches.pending());
        let mut moved = hybrid::rerouted(before, after, &at, &pending, &[]);
        moved.retain(|m| !comes_home(m, after));
        if moved.is_empty() {
            let to = |m: &Moved| m.to.clone().unwrap_or_default();
            let others = hybrid::moved(before, after, &at, &pending, &[]);
            let note = |m: &Moved| Diagnostic::note(Code::RouteConflict, "", format!("`{}` of {} goes to {} now", m.model, m.agent, to(m)));
            return Ok(others.iter().map(note).collect());
        }
        let goes = |m: &Moved| {
            let to = m.to.as_deref().map_or_else(|| format!("nowhere: no route would take it at {at}"), |to| format!("to `{to}`"));
            let still = if m.from == m.to { "no longer be let in".to_owned() } else { format!("go {to}") };
            format!("`{}` of {} would {still}", m.model, m.agent)
        };
        let who: Vec<String> = moved.iter().map(goes).collect();
        let diagnostic =
            Diagnostic::policy(Code::RouteConflict, "", who.join("; ")).hint("switch those agents to another model first: `agm model set`");
        Err(Refusal { diagnostics: vec![diagnostic], moved, alias: None }.into())
    }
}

fn comes_home(moved: &Moved, document: &Document) -> bool {
    let own = document.assignments.get(&moved.agent).filter(|assignment| assignment.model == moved.model);
    moved.from != moved.to && own.is_some_and(|assignment| moved.to.as_deref() == Some(assignment.provider.as_str()))
}
