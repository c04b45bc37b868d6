//! Making another provider the default one.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::Change;
use agm_domain::document::Document;
use agm_domain::edit::{Edit, Outcome};
use agm_domain::hybrid;
use agm_domain::name::{DEFAULT_ROUTE, PROBE_PREFIX, ProviderName};
use serde::{Deserialize, Serialize};
use serde_json::json;

mod staged;

use crate::actor::Actor;
use crate::agm::Agm;
use crate::error::{Fault, OpError};
use crate::trial::{Failure, Trial};

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
    pub changes: Vec<Change>,
    /// The revision it is part of; absent for a plan, and where nothing changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
}

impl Agm {
    /// Gives the default route to a provider. The former owner gets a route of its own for what agents use of it, so that nobody moves.
    ///
    /// The vendor is asked first. Then every model that would reach the default route is asked for through the gateway, on temporary routes,
    /// before anything live changes: what is published has been tried, also when a crash follows. It is asked for once more on the default
    /// route itself, and when that fails everything is put back.
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
        let seen = self.current();
        self.default_is(&seen.document, expected)?;
        let (plan, edits) = self.plan_default(&seen.document, &provider)?;
        if edits.is_empty() {
            return Ok(plan);
        }
        let (preflight, warning) = self.default_preflight(&provider).await?;
        let needs = staged::needs(&seen.document, &edits);
        let staged = self.0.prober.stage(needs.len());
        let proven = self.prove_staged(actor, &provider, &needs, &staged).await;

        let mut writer = self.writer().await;
        staged::take_away(&mut writer.document, &staged);
        // Others may have written while the gateway was asked.
        let planned = proven.and_then(|()| self.default_is(&writer.document, expected));
        let planned = planned.and_then(|()| self.plan_default(&writer.document, &provider));
        let planned =
            planned.and_then(|(plan, edits)| match staged::needs(&writer.document, &edits).into_iter().find(|n| !needs.contains(n)) {
                Some(late) => Err(late.came_late()),
                None => Ok((plan, edits)),
            });
        let (plan, edits) = match planned {
            Ok(planned) => planned,
            Err(error) => {
                writer.commit_passing(actor, format!("default route not given to {provider}")).await?;
                return Err(error);
            }
        };
        writer.apply(&edits)?;
        let mut changes = writer.changes();
        changes.retain(|change| !change.name.starts_with(PROBE_PREFIX));
        let current = writer.commit(actor, format!("default route given to {provider}")).await?;
        drop(staged);
        let (probes, failure) = self.prove_default(&provider, &needs).await;
        if let Some(failure) = failure {
            return Err(self.put_default_back(actor, &provider, &edits, failure).await);
        }
        let details = json!({ "former": plan.former, "revision": current.head.number });
        self.audit(actor, "route.set-default", provider.as_str(), details).await;
        let mut notes = plan.notes.clone();
        notes.extend(warning);
        Ok(DefaultSet { preflight, probes, notes, changes, revision: Some(current.head.number), ..plan })
    }

    fn default_is(&self, document: &Document, expected: Option<&str>) -> Result<(), OpError> {
        let route = document.routes.get(DEFAULT_ROUTE).ok_or_else(|| OpError::no_route(DEFAULT_ROUTE));
        if expected.is_none() { Ok(()) } else { self.unchanged("the default route", route?, expected) }
    }

    fn plan_default(&self, document: &Document, provider: &ProviderName) -> Result<(DefaultSet, Vec<Edit>), OpError> {
        if !document.providers.contains_key(provider) {
            return Err(OpError::no_provider(provider.as_str()));
        }
        let routing = hybrid::set_default(document, provider, &self.0.switches.pending(), &self.stamp())?;
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
                let trial = self.0.vendors.chat(stored, &hybrid::served_model(&current.document, provider, model)).await;
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

    /// Takes the change back, and says how that went.
    async fn put_default_back(&self, actor: &Actor, provider: &ProviderName, edits: &[Edit], failure: Failure) -> OpError {
        let mut writer = self.writer().await;
        let mut left = Vec::new();
        for edit in edits.iter().rev() {
            if let Outcome::NotOurs { present } = edit.inverse().apply(&mut writer.document) {
                left.push(present);
            }
        }
        if let Err(error) = writer.commit(actor, format!("default route taken back from {provider}")).await {
            left.push(error.to_string());
        }
        let details = json!({ "failed": failure.message, "left": left });
        self.audit(actor, "route.set-default", provider.as_str(), details).await;
        if left.is_empty() {
            return failure.into_error("the default route was put back");
        }
        let text = format!("{}; not everything could be put back: {}", failure.message, left.join("; "));
        OpError::new(Fault::Internal, Code::RollbackIncomplete, text)
            .hint("look at the routes: `agm route list`")
            .detail("left", json!(left))
    }
}
