//! Trying a new default route before it is one: every model that would reach it, on a temporary route of its own.

use std::collections::BTreeMap;

use agm_domain::code::Code;
use agm_domain::document::Document;
use agm_domain::edit::{Edit, applied};
use agm_domain::hybrid::probe_route;
use agm_domain::name::{ConsumerName, ProviderName, RouteName};
use agm_domain::switch::Step;
use agm_domain::table::{Mapping, Table};

use super::change::Change;
use crate::agm::Agm;
use crate::error::{Fault, OpError};
use crate::probe::Staged;
use crate::switch::journal::Act;
use crate::trial::{Failure, Trial};

/// A model of an agent that reaches the default route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// What the agent asks for.
    model: String,
    /// What the route asks the provider for.
    served: String,
    /// As whom it is asked for.
    consumer: ConsumerName,
}

impl Need {
    /// Somebody was assigned this model after everything else had been tried.
    pub(super) fn came_late(&self) -> OpError {
        let message = format!("meanwhile `{}` came to reach the default route, and it was not tried", self.model);
        OpError::new(Fault::Conflict, Code::RouteConflict, message).hint("repeat the change")
    }
}

/// Takes the temporary routes out of the document.
pub(super) fn take_away(document: &mut Document, staged: &Staged) {
    for id in staged.ids() {
        document.routes.remove(&RouteName::probe(id));
    }
}

impl Agm {
    /// What agents ask the default route for, once each, after the edits.
    pub(super) fn needs(&self, document: &Document, edits: &[Edit]) -> Vec<Need> {
        let after = applied(document, edits);
        let at = self.calling_point();
        let (table, _) = Table::compile(&after);
        let mapping = after.default_route().and_then(|route| route.upstreams.first()).map(|upstream| Mapping::new(&upstream.model_mapping));
        let served = |model: &str| mapping.as_ref().and_then(|mapping| mapping.target(Some(model))).unwrap_or(model).to_owned();
        let mut asked: BTreeMap<&str, ConsumerName> = BTreeMap::new();
        for (id, assignment) in &after.assignments {
            let Some(agent) = after.agents.get(id) else { continue };
            if table.reach(&at, &agent.consumer, &assignment.model).route == Some(RouteName::default_route()) {
                asked.entry(&assignment.model).or_insert_with(|| agent.consumer.clone());
            }
        }
        asked.into_iter().map(|(model, consumer)| Need { model: model.to_owned(), served: served(model), consumer }).collect()
    }

    /// Asks for every model on a temporary route, and for the first of them streaming, too. The routes stay: they go with the change.
    pub(super) async fn prove_staged(
        &self,
        change: &mut Change,
        provider: &ProviderName,
        needs: &[Need],
        staged: &Staged,
    ) -> Result<(), OpError> {
        let mut writer = self.writer().await;
        let mut edits = Vec::new();
        for (need, id) in needs.iter().zip(staged.ids()) {
            let route = probe_route(&writer.document, id, provider, &need.served, &need.consumer, &self.stamp());
            edits.push(Edit::CreateRoute { route: Box::new(route) });
        }
        change.step(Step::Stage, Act::edits(edits.clone())).await?;
        writer.apply(&edits)?;
        writer.commit_passing(&change.actor, format!("default route for {provider}: temporary routes")).await?;
        for (index, (need, id)) in needs.iter().zip(staged.ids()).enumerate() {
            for streaming in [false, true].into_iter().take(if index == 0 { 2 } else { 1 }) {
                let trial = self.probe(&need.consumer, RouteName::probe(id).as_str(), streaming).await;
                if let Some(failure) = refused(&trial, provider, &need.model) {
                    return Err(failure.into_error(&format!("the default route was not changed, because `{}` failed", need.model)));
                }
            }
        }
        Ok(())
    }

    /// Asks, as the agents do, for every model of theirs that the default route takes; for the first of them streaming, too.
    pub(super) async fn prove_default(&self, provider: &ProviderName, needs: &[Need]) -> (Vec<Trial>, Option<Failure>) {
        let mut trials = Vec::new();
        let asked = needs.iter().map(|need| (need, false)).chain(needs.first().map(|need| (need, true)));
        for (need, streaming) in asked {
            let trial = self.probe(&need.consumer, &need.model, streaming).await;
            let failure = refused(&trial, provider, &need.model);
            trials.push(trial);
            if failure.is_some() {
                return (trials, failure);
            }
        }
        (trials, None)
    }
}

/// Why a trial does not prove that this provider answers: it failed, or somebody else answered.
fn refused(trial: &Trial, provider: &ProviderName, model: &str) -> Option<Failure> {
    let answered = trial.provider.as_deref().unwrap_or("nobody known");
    let other = || Failure {
        cause: Code::RouteConflict,
        message: format!("`{model}` was answered by `{answered}` instead of `{provider}`"),
        hint: "`agm route list` shows which route comes first".to_owned(),
        network: false,
    };
    trial.failure.clone().or_else(|| (answered != provider.as_str()).then(other))
}
