//! Which route takes a model, and why.

use agm_domain::agent::AgentId;
use agm_domain::calling_point::CallingPoint;
use agm_domain::check;
use agm_domain::code::Code;
use agm_domain::document::Document;
use agm_domain::name::ConsumerName;
use agm_domain::table::{CompiledRoute, CompiledUpstream, Reason, Verdict};
use serde::{Deserialize, Serialize};

use crate::agm::Agm;
use crate::current::Current;
use crate::error::{Fault, OpError};

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The model that is asked for.
    pub model: String,
    /// Who asks: an agent (`manager`, `worker:alice`) or a consumer; the Manager if absent.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The model that is asked for.
    pub model: String,
    /// The consumer who asks.
    pub caller: String,
    /// The route that takes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub route: Option<String>,
    /// Whether the consumer may call that route.
    pub allowed: bool,
    /// Where the request goes.
    pub upstreams: Vec<ReachedView>,
    /// Where it goes when that fails.
    pub fallback: Vec<ReachedView>,
    /// What every route says, in the order in which they are tried.
    pub considered: Vec<ConsideredView>,
    /// All of it in a sentence.
    pub sentence: String,
}

/// A provider that a request can reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReachedView {
    /// Which one.
    pub provider: String,
    /// Percent of the requests.
    pub weight: u32,
    /// The model it is asked for.
    pub model: String,
}

/// What a route says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsideredView {
    /// Which one.
    pub route: String,
    /// `taken`, `lower-precedence` or `no`.
    pub verdict: String,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Agm {
    /// Explains where a chat request for a model goes.
    pub fn explain(&self, request: &ExplainRequest) -> Result<Explanation, OpError> {
        if let Some(bad) = check::model_id(&request.model) {
            return Err(bad.into());
        }
        let current = self.current();
        let caller = consumer(&current.document, request.caller.as_deref().unwrap_or("manager"))?;
        Ok(explain(&current, &self.calling_point(), &caller, &request.model))
    }
}

/// The consumer that a text means: an agent's, or one of that name.
fn consumer(document: &Document, text: &str) -> Result<ConsumerName, OpError> {
    if document.consumers.contains_key(text) {
        return Ok(ConsumerName::from(text));
    }
    let agent = AgentId::parse(text).ok().and_then(|id| document.agents.get(&id));
    agent.map(|agent| agent.consumer.clone()).ok_or_else(|| {
        OpError::new(Fault::NotFound, Code::ConsumerNotFound, format!("`{text}` is neither an agent nor a consumer"))
            .hint("`agm agent list` shows the agents; a consumer is `manager` or `worker-<name>`")
    })
}

fn explain(current: &Current, at: &CallingPoint, caller: &ConsumerName, model: &str) -> Explanation {
    let (document, table) = (&current.document, current.table());
    let ask = at.ask(model);
    let taken = table.select(&ask);
    let allowed = taken.is_some_and(|route| route.allows(caller.as_str()));
    let reached = |upstream: &CompiledUpstream| ReachedView {
        provider: upstream.provider.to_string(),
        weight: upstream.weight,
        model: upstream.mapping.target(Some(model)).unwrap_or(model).to_owned(),
    };
    let upstreams: Vec<_> = taken.iter().flat_map(|route| &route.upstreams).map(reached).collect();
    let fallback = taken.and_then(|route| route.fallback.as_ref());
    let considered = table.explain(&ask).into_iter().map(|considered| {
        let (verdict, reason) = match considered.verdict {
            Verdict::Taken => ("taken", None),
            Verdict::LowerPrecedence => ("lower-precedence", Some("it would take it too, but another route comes first".to_owned())),
            Verdict::No(reason) => ("no", Some(why_not(&reason))),
        };
        ConsideredView { route: considered.route.to_string(), verdict: verdict.to_owned(), reason }
    });
    Explanation {
        model: model.to_owned(),
        caller: caller.to_string(),
        route: taken.map(|route| route.name.to_string()),
        allowed,
        sentence: sentence(document, at, caller, model, taken, &upstreams),
        fallback: fallback.iter().flat_map(|fallback| &fallback.upstreams).map(reached).collect(),
        considered: considered.collect(),
        upstreams,
    }
}

fn sentence(
    document: &Document,
    at: &CallingPoint,
    caller: &ConsumerName,
    model: &str,
    taken: Option<&CompiledRoute>,
    upstreams: &[ReachedView],
) -> String {
    let Some(route) = taken else {
        return format!("No route takes `{model}` at {at}, where agents call: a request for it is answered with 404.");
    };
    if !route.allows(caller.as_str()) {
        return format!("`{}` takes `{model}`, but does not let in `{caller}`: its request is answered with 403.", route.name);
    }
    let predicate = document.routes.get(&*route.name).and_then(|r| r.model_predicates.iter().find(|p| p.takes(model)));
    let why = match predicate {
        Some(predicate) if predicate.match_value == model => "it names this model".to_owned(),
        Some(predicate) => format!("it takes every model that begins with `{}`", predicate.match_value),
        None => "no other route takes it".to_owned(),
    };
    let all = upstreams.len() == 1;
    let goes = upstreams.iter().filter(|u| u.weight > 0).map(|upstream| {
        let share = if all { String::new() } else { format!("{} % ", upstream.weight) };
        let renamed = if upstream.model == model { String::new() } else { format!(" as `{}`", upstream.model) };
        let missing = if document.providers.contains_key(upstream.provider.as_str()) { "" } else { " (which does not exist)" };
        format!("{share}to `{}`{missing}{renamed}", upstream.provider)
    });
    format!("`{}` takes `{model}` because {why}, and sends it {}.", route.name, goes.collect::<Vec<_>>().join(", "))
}

fn why_not(reason: &Reason) -> String {
    match reason {
        Reason::Host => "it answers for other hosts".to_owned(),
        Reason::Path => "it answers for another path".to_owned(),
        Reason::Model => "it takes other models".to_owned(),
        Reason::NoModel => "it takes certain models, and the request names none".to_owned(),
        Reason::Header(name) => format!("it wants the header `{name}`"),
        Reason::Query(name) => format!("it wants the query parameter `{name}`"),
    }
}
