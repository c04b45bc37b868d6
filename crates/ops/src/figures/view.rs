//! Figures as charts take them: one array for each line, one place in it for each step. What is not known is `null`.

use agm_domain::figures::{By, Figures, Lane, Spread};
use serde::{Deserialize, Serialize};

/// What passed the gateway, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageWindow {
    /// How long a step is.
    pub step_seconds: u64,
    /// When each step began; RFC 3339, UTC. The last one is not over yet.
    pub times: Vec<String>,
    /// Everything together.
    pub total: UsageSeries,
    /// What `series` are told apart by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// By name, those with the most requests first; whoever did nothing is absent.
    pub series: Vec<NamedSeries>,
    /// All those for whose names there was no room, counted together; absent if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<UsageSeries>,
    /// How many names are kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_names: Option<usize>,
    /// By how much a percentile can be wrong, in parts of itself.
    pub percentile_error: f64,
    /// Requests since the start that passed faster than they could be counted: they are in no figure here.
    pub missed: u64,
}

/// Figures of one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedSeries {
    /// An agent's id (of others: the consumer; `playground` for the playground), a provider's name, or a model.
    pub name: String,
    /// Its figures.
    pub figures: UsageSeries,
}

/// Figures step by step. `null` is unknown: agm did not run yet, no answer told its tokens, or there was none whose time could be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSeries {
    /// Requests that ended.
    pub requests: Vec<Option<u64>>,
    /// Of them, with a status of 400 to 499.
    pub client_errors: Vec<Option<u64>>,
    /// Of them, with a status of 500 or more.
    pub server_errors: Vec<Option<u64>>,
    /// Tokens read, as far as answers told.
    pub input_tokens: Vec<Option<u64>>,
    /// Tokens written, as far as answers told.
    pub output_tokens: Vec<Option<u64>>,
    /// How long whole answers without an error took.
    pub latency_ms: PercentileSteps,
    /// How long it took to the first piece of those that were streamed.
    pub first_token_ms: PercentileSteps,
    /// All steps together.
    pub sum: UsageSum,
}

/// All steps together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSum {
    /// Requests that ended.
    pub requests: u64,
    /// Of them, with a status of 400 to 499.
    pub client_errors: u64,
    /// Of them, with a status of 500 or more.
    pub server_errors: u64,
    /// Of them, those whose tokens are unknown.
    pub untold: u64,
    /// Tokens read, as far as answers told.
    pub input_tokens: Option<u64>,
    /// Tokens written, as far as answers told.
    pub output_tokens: Option<u64>,
    /// How long whole answers without an error took.
    pub latency_ms: Percentiles,
    /// How long it took to the first piece of those that were streamed.
    pub first_token_ms: Percentiles,
}

/// Percentiles, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Percentiles {
    /// Half of all were not slower.
    pub p50: Option<f64>,
    /// Nine of ten were not slower.
    pub p90: Option<f64>,
    /// 99 of 100 were not slower.
    pub p99: Option<f64>,
}

/// Percentiles step by step, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PercentileSteps {
    /// Half of all were not slower.
    pub p50: Vec<Option<f64>>,
    /// Nine of ten were not slower.
    pub p90: Vec<Option<f64>>,
    /// 99 of 100 were not slower.
    pub p99: Vec<Option<f64>>,
}

/// The host, step by step. `null` is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostWindow {
    /// How long a step is.
    pub step_seconds: u64,
    /// When each step began; RFC 3339, UTC. The last one is not over yet.
    pub times: Vec<String>,
    /// Percent of the processors, on average.
    pub cpu: Vec<Option<u64>>,
    /// Percent of the memory, on average.
    pub memory: Vec<Option<u64>>,
    /// Connections to the gateway, at most.
    pub connections: Vec<Option<u64>>,
    /// Requests in a minute, at most.
    pub rpm: Vec<Option<u64>>,
}

impl UsageSeries {
    /// The figures of a lane, in whose last `ran` steps agm ran.
    pub(super) fn of(lane: &Lane, ran: usize) -> Self {
        let before = lane.len().saturating_sub(ran);
        let known = || lane.iter().enumerate().map(|(at, figures)| (at >= before).then_some(figures));
        let each = |pick: fn(&Figures) -> Option<u64>| known().map(|figures| figures.and_then(pick)).collect();
        let steps = |pick: fn(&Figures) -> &Spread| {
            let each = |hundredths| known().map(|figures| millis(pick(figures?), hundredths)).collect();
            PercentileSteps { p50: each(50), p90: each(90), p99: each(99) }
        };
        let mut sum = Figures::default();
        for figures in lane {
            sum.merge(figures);
        }
        Self {
            requests: each(|figures| Some(figures.requests)),
            client_errors: each(|figures| Some(figures.client_errors)),
            server_errors: each(|figures| Some(figures.server_errors)),
            input_tokens: each(|figures| Some(figures.tokens()?.0)),
            output_tokens: each(|figures| Some(figures.tokens()?.1)),
            latency_ms: steps(|figures| &figures.latency),
            first_token_ms: steps(|figures| &figures.first_token),
            sum: UsageSum::of(&sum),
        }
    }
}

impl UsageSum {
    fn of(figures: &Figures) -> Self {
        let all = |spread| Percentiles { p50: millis(spread, 50), p90: millis(spread, 90), p99: millis(spread, 99) };
        Self {
            requests: figures.requests,
            client_errors: figures.client_errors,
            server_errors: figures.server_errors,
            untold: figures.requests.saturating_sub(figures.told),
            input_tokens: figures.tokens().map(|tokens| tokens.0),
            output_tokens: figures.tokens().map(|tokens| tokens.1),
            latency_ms: all(&figures.latency),
            first_token_ms: all(&figures.first_token),
        }
    }
}

/// A percentile in milliseconds, to the hundredth.
fn millis(spread: &Spread, hundredths: u64) -> Option<f64> {
    let micros = spread.percentile(hundredths)?;
    #[expect(clippy::cast_precision_loss, reason = "hundredths of milliseconds of any request fit")]
    Some((micros as f64 / 10.0).round() / 100.0)
}
