//! What went through the gateway: the request log in memory and the totals.

use agm_domain::agent::AgentId;
use agm_gateway::Seen;
use serde::{Deserialize, Serialize};

use crate::agm::Agm;
use crate::figures::UsageWindow;
use crate::time::stamp;

/// A request as it is shown: who, what, where, how it went. Never a prompt, an answer or a key.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// Grows by one with every request of this process.
    pub seq: u64,
    /// When its answer ended; RFC 3339, UTC.
    pub time: String,
    /// Who asked.
    pub consumer: String,
    /// The route that took it; empty when none did.
    pub route: String,
    /// The provider that answered, or was tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `chat/completions`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The model the client asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model the answer names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// What the client got.
    pub status: u16,
    /// How it ended.
    pub outcome: String,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// Milliseconds in all.
    pub duration_ms: u64,
    /// Milliseconds until the first byte of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// Tokens read; absent where the answer does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written; absent where the answer does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// How often something was sent.
    pub attempts: u8,
    /// Whether a fallback upstream answered.
    pub fallback: bool,
    /// Whether it is a human's in the playground: sent with the consumer's key, and none of its own.
    #[serde(default)]
    pub playground: bool,
}

/// What went through since the start, the playground included, agm's own probes left out.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageView {
    /// Requests.
    pub requests: u64,
    /// Of them, with a status of 400 to 499.
    pub client_errors: u64,
    /// Of them, with a status of 500 or more.
    pub server_errors: u64,
    /// Tokens read by models, as far as answers told.
    pub input_tokens: u64,
    /// Tokens written by models, as far as answers told.
    pub output_tokens: u64,
    /// Since when; RFC 3339, UTC.
    pub since: String,
    /// The last minutes step by step, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<UsageWindow>,
}

impl RequestView {
    pub(crate) fn of(seen: &Seen) -> Self {
        let millis = |d: std::time::Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self {
            seq: seen.seq,
            time: stamp(seen.at),
            consumer: seen.consumer.to_string(),
            route: seen.route.to_string(),
            provider: seen.provider.as_deref().map(str::to_owned),
            api: seen.api.map(str::to_owned),
            model: seen.model.as_deref().map(str::to_owned),
            served_model: seen.served_model.as_deref().map(str::to_owned),
            status: seen.status,
            outcome: seen.outcome.as_str().to_owned(),
            streamed: seen.streamed,
            duration_ms: millis(seen.duration),
            first_byte_ms: seen.first_byte.map(millis),
            input_tokens: seen.usage.map(|u| u.input),
            output_tokens: seen.usage.map(|u| u.output),
            attempts: seen.attempts,
            fallback: seen.fallback,
            playground: seen.playground.is_some(),
        }
    }
}

/// Which requests are asked for; those that everything given here fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// An agent's id; or a consumer that is no agent's.
    pub agent: Option<String>,
    /// The provider that answered, or was tried last.
    pub provider: Option<String>,
    /// The model the client asked for, or the one that the answer names.
    pub model: Option<String>,
    /// The route that took it.
    pub route: Option<String>,
    /// The class of its status.
    pub status: Option<StatusClass>,
    /// Those of the playground, or all but those.
    pub playground: Option<bool>,
}

/// Statuses by their first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum StatusClass {
    /// 200 to 299.
    #[serde(rename = "2xx")]
    Success,
    /// 300 to 399.
    #[serde(rename = "3xx")]
    Redirection,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    ClientError,
    /// 500 and more.
    #[serde(rename = "5xx")]
    ServerError,
}

impl StatusClass {
    fn has(self, status: u16) -> bool {
        match self {
            Self::Success => (200..300).contains(&status),
            Self::Redirection => (300..400).contains(&status),
            Self::ClientError => (400..500).contains(&status),
            Self::ServerError => status >= 500,
        }
    }
}

impl RequestFilter {
    fn fits(&self, seen: &Seen, consumer: Option<&str>) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| found == Some(wanted));
        let model = same(&self.model, seen.model.as_deref()) || same(&self.model, seen.served_model.as_deref());
        consumer.is_none_or(|consumer| consumer == &*seen.consumer)
            && same(&self.provider, seen.provider.as_deref())
            && same(&self.route, Some(&seen.route))
            && model
            && self.status.is_none_or(|class| class.has(seen.status))
            && self.playground.is_none_or(|wanted| wanted == seen.playground.is_some())
    }
}

impl Agm {
    /// Requests with a number greater than `after`, oldest first.
    pub fn requests(&self, after: u64, limit: usize) -> Vec<RequestView> {
        self.0.gateway.recent_requests(after, limit).iter().map(|seen| RequestView::of(seen)).collect()
    }

    /// Those of them that fit: the oldest, or the `newest`, as many as the limit; oldest first.
    pub fn requests_like(&self, filter: &RequestFilter, after: u64, limit: usize, newest: bool) -> Vec<RequestView> {
        let current = self.current();
        let consumer = filter.agent.as_deref().map(|agent| {
            let known = AgentId::parse(agent).ok().and_then(|id| current.document.agents.get(&id));
            known.map_or(agent, |agent| agent.consumer.as_str())
        });
        let all = self.0.gateway.recent_requests(after, usize::MAX);
        let fitting = all.iter().filter(|seen| filter.fits(seen, consumer));
        if newest {
            let mut last: Vec<_> = fitting.rev().take(limit).map(|seen| RequestView::of(seen)).collect();
            last.reverse();
            return last;
        }
        fitting.take(limit).map(|seen| RequestView::of(seen)).collect()
    }

    /// What went through since the start.
    pub fn usage(&self) -> UsageView {
        let totals = self.0.gateway.totals();
        UsageView {
            requests: totals.requests,
            client_errors: totals.by_class[4],
            server_errors: totals.by_class[5],
            input_tokens: totals.input_tokens,
            output_tokens: totals.output_tokens,
            since: stamp(self.0.started),
            window: None,
        }
    }
}
