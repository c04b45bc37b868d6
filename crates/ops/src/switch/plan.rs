//! `resolve`: what a switch would do, without doing it.

use std::collections::BTreeSet;

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::check::model_id;
use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::diff::{Change, diff};
use agm_domain::document::Document;
use agm_domain::edit::applied;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::hybrid::{Routing, Wish, route_wishes, served_model};
use agm_domain::name::ProviderName;
use agm_domain::switch::{Restart, Step, StepReport, StepState};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::SwitchRequest;
use crate::agm::Agm;
use crate::delivery;
use crate::error::{Fault, OpError};

/// What a switch would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchPlan {
    /// The agents, those that join included.
    pub members: Vec<PlannedMember>,
    /// What would change about the routes.
    pub routes: Vec<Change>,
    /// What would change in configuration files.
    pub files: Vec<FileChange>,
    /// Findings that do not stop it.
    pub warnings: Vec<Diagnostic>,
    /// The steps; those that do not apply are skipped, with the reason.
    pub steps: Vec<StepReport>,
    /// Agents that take the change only at a restart. Those of this host are restarted by hand, whatever `restart` says.
    pub restarts: Vec<String>,
    /// What taking it back would cost.
    pub undo: String,
    /// Whether everything is already so, with good evidence.
    pub nothing_to_do: bool,
}

/// One agent of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMember {
    /// Which agent.
    #[schema(value_type = String)]
    pub agent: AgentId,
    /// What it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Assignment>,
    /// What it would get.
    pub to: Assignment,
    /// Where the numbers of `to` come from.
    pub card: String,
    /// Whether it joins because it would be moved.
    pub joined: bool,
}

/// What would change in an agent's configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// Whose file.
    #[schema(value_type = String)]
    pub agent: AgentId,
    /// Its path.
    pub path: String,
    /// In words, one a line: the member, what it was, what it would be. No secrets.
    pub changes: Vec<String>,
}

/// A plan with what the engine needs beside it.
pub(super) struct Resolved {
    pub(super) plan: SwitchPlan,
    pub(super) wishes: Vec<Wish>,
    pub(super) routing: Routing,
    /// Whose part cannot be done; the others go on without them.
    pub(super) failed: Vec<(AgentId, OpError)>,
}

/// What a look at the agents' files told.
#[derive(Default)]
struct Looked {
    files: Vec<FileChange>,
    restarts: Vec<String>,
    warnings: Vec<Diagnostic>,
    failed: Vec<(AgentId, OpError)>,
}

impl Agm {
    /// What a switch would do.
    pub async fn plan_switch(&self, request: &SwitchRequest) -> Result<SwitchPlan, OpError> {
        let targets = self.targets(&request.targets)?;
        Ok(self.resolve(request, &targets, "").await?.plan)
    }

    /// The agents that the targets name.
    pub(crate) fn targets(&self, targets: &[String]) -> Result<BTreeSet<AgentId>, OpError> {
        let current = self.current();
        let mut agents = BTreeSet::new();
        for target in targets {
            if target == "worker:*" || target == "*" {
                let everybody = current.document.agents.keys();
                agents.extend(everybody.filter(|id| target == "*" || **id != AgentId::Manager).cloned());
                continue;
            }
            let id = AgentId::parse(target)?;
            if !current.document.agents.contains_key(&id) {
                return Err(OpError::no_agent(&id));
            }
            agents.insert(id);
        }
        if agents.is_empty() {
            let error = OpError::new(Fault::Invalid, Code::ValidationFailed, "no agent is named");
            return Err(error.hint("give `manager`, `worker:<name>` or `worker:*`"));
        }
        Ok(agents)
    }

    /// Settles agents, provider, model cards and routes, and looks at what delivery would change.
    pub(super) async fn resolve(&self, request: &SwitchRequest, targets: &BTreeSet<AgentId>, id: &str) -> Result<Resolved, OpError> {
        let current = self.current();
        let document = &current.document;
        request.is_still_wanted(document, targets)?;
        check_request(request, document)?;
        let provider = ProviderName::from(request.provider.as_str());
        let wish = |agent: &AgentId| Wish { agent: agent.clone(), provider: provider.clone(), model: request.model.clone() };
        let mut members = self.members(document, request, targets, &targets.iter().map(wish).collect::<Vec<_>>());
        let mut looked = Looked::default();
        for member in &members {
            self.look_at_file(document, request, member, &mut looked).await?;
        }
        let failed = |agent: &AgentId| looked.failed.iter().any(|(other, _)| other == agent);
        let wishes: Vec<Wish> = targets.iter().filter(|agent| !failed(agent)).map(wish).collect();
        if let Some((_, error)) = looked.failed.first().filter(|_| wishes.is_empty()) {
            return Err(error.clone());
        }
        let pending = self.0.switches.pending_but(id);
        let routing = route_wishes(document, &self.calling_point(), &wishes, &pending, request.move_others, &self.stamp())?;
        let joined = self.members(document, request, targets, &routing.joined);
        for member in &joined {
            self.look_at_file(document, request, member, &mut looked).await?;
        }
        members.extend(joined);
        members.sort_by(|a, b| a.agent.cmp(&b.agent));
        let Looked { files, restarts, warnings, failed } = looked;
        let mut warnings = [self.warnings(document, request, &routing), warnings].concat();
        let live: Vec<&PlannedMember> = members.iter().filter(|m| failed.iter().all(|(other, _)| *other != m.agent)).collect();
        warnings.extend(limits_not_delivered(request, &live, document));
        warnings.extend(more_than_fits(request, &live));
        warnings.extend(restart_not_ordered(request, &restarts));
        let is_so = routing.edits.is_empty() && files.iter().all(|f| f.changes.is_empty());
        let nothing_to_do = failed.is_empty() && is_so && live.iter().all(|m| self.is_so(m));
        let steps = planned_steps(&routing, &live, document, &restarts, nothing_to_do);
        let (routes, undo) = (route_changes(document, &routing), undo_cost(&routing, &files));
        let wishes = wishes.iter().chain(&routing.joined).cloned().collect();
        let plan = SwitchPlan { members, routes, files, warnings, steps, restarts, undo, nothing_to_do };
        Ok(Resolved { plan, wishes, routing, failed })
    }

    /// Works out what delivery would change for one agent. Where the others may go on without it, an agent that asked for the switch and
    /// whose file cannot be used is left out.
    async fn look_at_file(
        &self,
        document: &Document,
        request: &SwitchRequest,
        member: &PlannedMember,
        looked: &mut Looked,
    ) -> Result<(), OpError> {
        let Some(agent) = document.agents.get(&member.agent) else { return Ok(()) };
        let Some(file) = &agent.config_file else { return Ok(()) };
        let preview = match delivery::preview(self, agent, document, &member.to).await {
            Ok(preview) => preview,
            Err(error) if request.keep_going && !member.joined => {
                let warning = Diagnostic::note(error.code, "/targets", format!("{} is left out: {error}", agent.id));
                looked.warnings.push(warning);
                looked.failed.push((agent.id.clone(), error));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        looked.warnings.extend(preview.warnings);
        let loaded = preview.changes.is_empty() && self.0.evidence.of(&agent.id).verdict(Level::Loaded) == Verdict::Proven;
        looked.restarts.extend((preview.needs_restart && !loaded).then(|| agent.id.to_string()));
        looked.files.push(FileChange { agent: agent.id.clone(), path: file.path.clone(), changes: preview.changes });
        Ok(())
    }

    fn members(&self, document: &Document, request: &SwitchRequest, targets: &BTreeSet<AgentId>, wishes: &[Wish]) -> Vec<PlannedMember> {
        let member = |wish: &Wish| {
            let from = document.assignments.get(&wish.agent).cloned();
            let joined = !targets.contains(&wish.agent);
            let (to, card) = self.wanted(document, request, wish, from.as_ref(), joined);
            PlannedMember { agent: wish.agent.clone(), from, to, card, joined }
        };
        wishes.iter().map(member).collect()
    }

    /// The assignment a wish becomes. An agent that only joins keeps the numbers it has: it keeps its model.
    fn wanted(
        &self,
        document: &Document,
        request: &SwitchRequest,
        wish: &Wish,
        from: Option<&Assignment>,
        joined: bool,
    ) -> (Assignment, String) {
        let (card, source) = self.card(document, [wish.provider.as_str()], &wish.model);
        let asked = |number: Option<u64>, card: u64| number.filter(|_| !joined).unwrap_or(card);
        let kept = from.filter(|_| joined);
        let to = Assignment {
            provider: wish.provider.clone(),
            model: wish.model.clone(),
            context_window: kept.map_or_else(|| asked(request.context_window, card.context_window), |a| a.context_window),
            max_tokens: kept.map_or_else(|| asked(request.max_tokens, card.max_tokens), |a| a.max_tokens),
            reasoning: kept.map_or_else(|| request.reasoning.filter(|_| !joined).unwrap_or(card.reasoning), |a| a.reasoning),
            updated_at: self.whole_seconds(),
            // Members we do not know belong to whoever put them there.
            rest: from.map_or_else(Map::new, |a| a.rest.clone()),
        };
        (to, source.to_string())
    }

    fn warnings(&self, document: &Document, request: &SwitchRequest, routing: &Routing) -> Vec<Diagnostic> {
        let mut warnings = routing.notes.clone();
        let provider = ProviderName::from(request.provider.as_str());
        let served = served_model(document, &self.calling_point(), &provider, &request.model);
        if self.0.lists.known(&provider).is_some_and(|list| !list.models.contains(&served)) {
            let message = format!("`{provider}` does not list `{served}`");
            warnings.push(Diagnostic::note(Code::ModelNotListed, "/model", message).hint("the probe decides"));
        }
        warnings
    }

    /// Whether an agent already has what it would get, with evidence.
    fn is_so(&self, member: &PlannedMember) -> bool {
        member.from.as_ref().is_some_and(|from| from.same_wish(&member.to)) && self.0.evidence.of(&member.agent).is_good()
    }
}

fn check_request(request: &SwitchRequest, document: &Document) -> Result<(), OpError> {
    if !document.providers.contains_key(request.provider.as_str()) {
        return Err(OpError::no_provider(&request.provider));
    }
    let mut wrong: Vec<Diagnostic> = model_id(&request.model).into_iter().collect();
    for (pointer, number) in [("/contextWindow", request.context_window), ("/maxTokens", request.max_tokens)] {
        if number.is_some_and(|n| n == 0 || n > 100_000_000) {
            wrong.push(Diagnostic::hard(
                Code::ValidationFailed,
                pointer,
                format!("`{}` is a number of tokens from 1 to 100 000 000", &pointer[1..]),
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(OpError::refused("the switch is not acceptable", &wrong)) }
}

/// An answer longer than everything that fits.
fn more_than_fits(request: &SwitchRequest, members: &[&PlannedMember]) -> Option<Diagnostic> {
    request.max_tokens?;
    let to = &members.iter().find(|m| !m.joined && m.to.max_tokens > m.to.context_window)?.to;
    let message = format!("{} tokens of answer are more than the context window of {}", to.max_tokens, to.context_window);
    Some(Diagnostic::note(Code::ValidationFailed, "/maxTokens", message).hint("lower `maxTokens`, or raise `contextWindow`"))
}

/// Numbers that somebody asked for and that reach no agent.
fn limits_not_delivered(request: &SwitchRequest, members: &[&PlannedMember], document: &Document) -> Option<Diagnostic> {
    let asked = request.context_window.is_some() || request.max_tokens.is_some() || request.reasoning.is_some();
    let without_file = |m: &&&PlannedMember| document.agents.get(&m.agent).is_some_and(|a| a.config_file.is_none());
    let names: Vec<String> = members.iter().filter(without_file).map(|m| m.agent.to_string()).collect();
    if !asked || names.is_empty() {
        return None;
    }
    let message = format!("the limits are recorded in model.json and delivered nowhere for {}", names.join(", "));
    Some(
        Diagnostic::note(Code::LimitNotDelivered, "/contextWindow", message)
            .hint("register the agent's configuration file: `agm agent add --config`"),
    )
}

/// What is said to somebody who asks for restarts, of which agm orders none: those of this host are no business of its own.
fn restart_not_ordered(request: &SwitchRequest, restarts: &[String]) -> Option<Diagnostic> {
    if request.restart != Some(Restart::Now) {
        return None;
    }
    let note = |message: String| Diagnostic::note(Code::RestartRequired, "/restart", message);
    Some(match restarts {
        [] => note("agm restarts no agent of this host; none needs it for this".to_owned()),
        needed => note(format!("agm restarts no agent of this host: {}", needed.join(", "))).hint("restart it yourself after the switch"),
    })
}

/// What the edits make of the routes.
pub(super) fn route_changes(document: &Document, routing: &Routing) -> Vec<Change> {
    diff(document, &applied(document, &routing.edits))
}

fn planned_steps(
    routing: &Routing,
    members: &[&PlannedMember],
    document: &Document,
    restarts: &[String],
    nothing_to_do: bool,
) -> Vec<StepReport> {
    let has_file = |m: &&PlannedMember| document.agents.get(&m.agent).is_some_and(|a| a.config_file.is_some());
    let delivers = members.iter().any(has_file);
    let has_log = |m: &&PlannedMember| document.agents.get(&m.agent).and_then(|a| a.config_file.as_ref()).is_some_and(|f| f.log.is_some());
    let tells = members.iter().any(has_log);
    let skipped = |step: Step| match step {
        Step::Resolve => None,
        _ if nothing_to_do => Some("everything is already so, with good evidence"),
        Step::Stage | Step::Route if routing.edits.is_empty() => Some("the routes already take this model there"),
        Step::Deliver if !delivers => Some("no configuration file is registered, so there is nothing to deliver to"),
        Step::Load if !delivers => Some("no configuration file is registered, so there is nothing to load"),
        Step::Load if !tells && !restarts.is_empty() => Some(
            "the agent does not reload by itself, and agm restarts no agent of this host: it takes the change when somebody restarts it",
        ),
        Step::Load if !tells => Some("OpenClaw watches its file and reloads by itself; without a log of it, nothing shows when"),
        _ => None,
    };
    let report = |step| match skipped(step) {
        Some(reason) => StepReport { state: StepState::Skipped, sentence: reason.to_owned(), ..StepReport::pending(step) },
        None => StepReport::pending(step),
    };
    Step::ALL.into_iter().map(report).collect()
}

fn undo_cost(routing: &Routing, files: &[FileChange]) -> String {
    let mut parts = Vec::new();
    if !routing.edits.is_empty() {
        parts.push(format!("{} route edits are taken back", routing.edits.len()));
    }
    let changed = files.iter().filter(|f| !f.changes.is_empty()).count();
    if changed > 0 {
        parts.push(format!("{changed} configuration files are changed back, which makes OpenClaw reload a second time"));
    }
    parts.push("the assignments are set back".to_owned());
    parts.join("; ")
}
