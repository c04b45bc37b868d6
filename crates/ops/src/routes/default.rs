//! Making another provider the default one.

use std::sync::Arc;

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff;
use agm_domain::document::Document;
use agm_domain::edit::Edit;
use agm_domain::hybrid;
use agm_domain::name::{DEFAULT_ROUTE, ProviderName, RouteName};
use agm_domain::switch::Step;
use serde::{Deserialize, Serialize};

mod change;
mod staged;

use self::change::Change;
pub(crate) use self::change::DefaultChange;
use self::staged::Need;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::current::Current;
use crate::error::OpError;
use crate::probe::Staged;
use crate::switch::journal::Act;
use crate::trial::Trial;

/// What became, or would become, of the default route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DefaultSet {
    /// The provider that owns it.
    pub provider: String,
    /// The one that owned it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub former: Option<String>,
    /// The vendor, asked directly before anything changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preflight: Option<Trial>,
    /// Every model of an agent that reaches the default route, asked for through the gateway afterwards; the last one streaming.
    pub probes: Vec<Trial>,
    /// Remarks.
    pub notes: Vec<Diagnostic>,
    /// Everything that changes.
    pub changes: Vec<diff::Change>,
    /// The revision it is part of; absent for a plan, and where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Gives the default route to a provider. The former owner gets a route of its own for what agents use of it, so that nobody moves.
    ///
    /// The vendor is asked first. Then every model that would reach the default route is asked for through the gateway, on temporary routes,
    /// before anything live changes. They are asked for once more on the default route itself. When that fails, or a crash comes before it
    /// passed, everything is put back.
    ///
    /// `expected` is the tag of the default route that the caller saw. It is asked for before anything is tried, and again where it is written.
    pub async fn set_default(&self, actor: &Actor, provider: &str, expected: Option<&str>, dry_run: bool) -> Result<DefaultSet, OpError> {
        self.acting()?;
        let provider = ProviderName::from(provider);
        if dry_run {
            let mut writer = self.writer().await;
            self.default_is(&writer.document, expected)?;
            let (plan, edits) = self.plan_default(&writer.document, &provider)?;
            writer.apply(&edits)?;
            return Ok(DefaultSet { changes: writer.changes(), ..plan });
        }
        // A caller who goes away leaves no default route behind that nobody has tried.
        let (agm, actor, expected) = (self.clone(), actor.clone(), expected.map(str::to_owned));
        let task = self.0.tasks.spawn(async move { agm.change_default(&actor, provider, expected.as_deref()).await });
        task.await.map_err(|_| OpError::internal("changing the default route was cut off"))?
    }

    async fn change_default(&self, actor: &Actor, provider: ProviderName, expected: Option<&str>) -> Result<DefaultSet, OpError> {
        let _turn = self.0.switches.default_turn.lock().await;
        let seen = self.current();
        self.default_is(&seen.document, expected)?;
        let (plan, edits) = self.plan_default(&seen.document, &provider)?;
        if edits.is_empty() {
            return Ok(plan);
        }
        let needs = self.needs(&seen.document, &edits);
        let staged = self.0.prober.stage(needs.len());
        let mut change = Change::begin(self, actor, &staged, provider.as_str(), plan.former).await?;
        match self.give_default(&mut change, &provider, expected, &needs, &staged).await {
            Ok(set) => {
                change.done().await;
                Ok(set)
            }
            Err(error) => Err(change.take_back(error).await),
        }
    }

    async fn give_default(
        &self,
        change: &mut Change,
        provider: &ProviderName,
        expected: Option<&str>,
        needs: &[Need],
        staged: &Staged,
    ) -> Result<DefaultSet, OpError> {
        change.step(Step::Preflight, Act::default()).await?;
        let (preflight, warning) = self.default_preflight(provider).await?;
        self.prove_staged(change, provider, needs, staged).await?;
        let (plan, current, changes) = self.publish_default(change, provider, expected, needs, staged).await?;
        change.step(Step::Probe, Act::default()).await?;
        let (probes, failure) = self.prove_default(provider, needs).await;
        if let Some(failure) = failure {
            return Err(failure.into_error(&format!("`{provider}` does not answer on the default route")));
        }
        change.proven().await?;
        let mut notes = plan.notes;
        notes.extend(warning);
        Ok(DefaultSet { preflight, probes, notes, changes, revision: Some(current.head.number), ..plan })
    }

    /// Makes the tried change live, computed anew on the configuration as it is now, and takes the temporary routes away.
    async fn publish_default(
        &self,
        change: &mut Change,
        provider: &ProviderName,
        expected: Option<&str>,
        needs: &[Need],
        staged: &Staged,
    ) -> Result<(DefaultSet, Arc<Current>, Vec<diff::Change>), OpError> {
        let mut writer = self.writer().await;
        staged::take_away(&mut writer.document, staged);
        // Others may have written while the gateway was asked.
        self.default_is(&writer.document, expected)?;
        let (plan, edits) = self.plan_default(&writer.document, provider)?;
        if let Some(late) = self.needs(&writer.document, &edits).into_iter().find(|need| !needs.contains(need)) {
            return Err(late.came_late());
        }
        change.step(Step::Route, Act::edits(edits.clone())).await?;
        writer.apply(&edits)?;
        let mut changes = writer.changes();
        changes.retain(|change| !RouteName::from(change.name.as_str()).is_probe());
        let current = writer.commit(&change.actor, format!("default route given to {provider}")).await?;
        Ok((plan, current, changes))
    }

    fn default_is(&self, document: &Document, expected: Option<&str>) -> Result<(), OpError> {
        let route = document.routes.get(DEFAULT_ROUTE).ok_or_else(|| OpError::no_route(DEFAULT_ROUTE));
        if expected.is_none() { Ok(()) } else { self.unchanged("the default route", route?, expected) }
    }

    fn plan_default(&self, document: &Document, provider: &ProviderName) -> Result<(DefaultSet, Vec<Edit>), OpError> {
        if !document.providers.contains_key(provider) {
            return Err(OpError::no_provider(provider.as_str()));
        }
        let routing = hybrid::set_default(document, &self.calling_point(), provider, &self.0.switches.pending(), &self.stamp())?;
        let plan = DefaultSet {
            provider: provider.to_string(),
            former: document.default_owner().map(ToString::to_string),
            preflight: None,
            probes: Vec::new(),
            notes: routing.notes,
            changes: Vec::new(),
            revision: None,
        };
        Ok((plan, routing.edits))
    }

    /// Asks the vendor: for a model that an agent uses of it, else for its list. What cannot be reached from here only warns.
    async fn default_preflight(&self, provider: &ProviderName) -> Result<(Option<Trial>, Option<Diagnostic>), OpError> {
        let current = self.current();
        let Some(stored) = current.document.providers.get(provider) else { return Err(OpError::no_provider(provider.as_str())) };
        let used = current.document.assignments.values().find(|a| a.provider == *provider).map(|a| a.model.as_str());
        let (trial, failure) = match used {
            Some(model) => {
                let trial =
                    self.0.vendors.chat(stored, &hybrid::served_model(&current.document, &self.calling_point(), provider, model)).await;
                let failure = trial.failure.clone();
                (Some(trial), failure)
            }
            None => (None, self.0.vendors.models(stored).await.err()),
        };
        match failure {
            Some(failure) if failure.network => {
                let warning = Diagnostic::note(Code::VendorUnreachable, "/provider", failure.message).hint(failure.hint);
                Ok((trial, Some(warning)))
            }
            Some(failure) => Err(failure.into_error("the default route was not changed")),
            None => Ok((trial, None)),
        }
    }
}
