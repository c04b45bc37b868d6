//! Figures of the last hour, in memory: what passed the gateway, and how the host was. The counting itself is `agm_domain::figures`.

mod view;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agm_domain::figures::{By, ERROR_BOUND, Ended, HostHour, Hour, KEPT_MINUTES};
use agm_gateway::{Outcome, Seen};
use jiff::Timestamp;

pub use self::view::{HostWindow, NamedSeries, PercentileSteps, Percentiles, UsageSeries, UsageSum, UsageWindow};
use crate::agm::Agm;
use crate::time::whole_seconds;

/// How often the host is looked at, whether somebody watches or not.
const LOOK: Duration = Duration::from_secs(10);
const MINUTE: u64 = 60;
/// Under which name the playground is counted.
const PLAYGROUND: &str = "playground";

/// The last hour.
#[derive(Debug, Default)]
pub(crate) struct LastHour(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    requests: Hour,
    host: HostHour,
    /// Requests that passed faster than they could be counted.
    missed: u64,
}

impl LastHour {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that has ended.
    pub(crate) fn count(&self, seen: &Seen) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let whole = seen.outcome == Outcome::Answered && seen.status < 400;
        // Where nobody was asked, nothing was spent.
        let spent = seen.usage.map(|usage| (usage.input, usage.output)).or(seen.provider.is_none().then_some((0, 0)));
        let ended = Ended {
            consumer: if seen.playground.is_some() { PLAYGROUND } else { &seen.consumer },
            provider: seen.provider.as_deref(),
            // What strangers ask for is theirs to make up.
            model: seen.provider.as_ref().and(seen.model.as_deref()),
            status: seen.status,
            tokens: spent,
            latency: whole.then_some(micros(seen.duration)),
            first_token: seen.first_byte.filter(|_| whole && seen.streamed).map(micros),
        };
        self.counted().requests.add(minute(seen.at), &ended);
    }

    /// So many requests were not seen.
    pub(crate) fn missed(&self, count: u64) {
        self.counted().missed += count;
    }
}

impl Agm {
    /// Looks at the host every now and then.
    pub(crate) async fn follow_host(&self) {
        loop {
            let now = self.metrics();
            {
                let mut counted = self.0.hour.counted();
                let figures = counted.host.at(minute(self.now()));
                figures.cpu.read(now.cpu.map(Into::into));
                figures.memory.read(now.memory.map(Into::into));
                figures.connections.read(now.connections);
                figures.rpm.read(now.rpm);
            }
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// What passed in the last minutes, this one included; at most an hour.
    pub fn usage_window(&self, minutes: u64, by: Option<By>) -> UsageWindow {
        let (now, steps) = self.steps(minutes);
        let counted = self.0.hour.counted();
        let window = counted.requests.window(now, minutes, by);
        let missed = counted.missed + self.0.gateway.untold();
        drop(counted);
        let ran = self.steps_run(now, minutes);
        let mut series: Vec<NamedSeries> = window
            .named
            .iter()
            .map(|(name, lane)| NamedSeries { name: self.name_of(name, by), figures: UsageSeries::of(lane, ran) })
            .collect();
        series.sort_by(|a, b| (b.figures.sum.requests, &a.name).cmp(&(a.figures.sum.requests, &b.name)));
        UsageWindow {
            step_seconds: MINUTE,
            times: steps,
            total: UsageSeries::of(&window.total, ran),
            by,
            series,
            other: window.other.map(|lane| UsageSeries::of(&lane, ran)),
            most_names: by.map(By::most_names),
            percentile_error: ERROR_BOUND,
            missed,
        }
    }

    /// How the host was in the last minutes, this one included; at most an hour.
    pub fn host_window(&self, minutes: u64) -> HostWindow {
        let (now, times) = self.steps(minutes);
        let window = self.0.hour.counted().host.window(now, minutes);
        HostWindow {
            step_seconds: MINUTE,
            times,
            cpu: window.iter().map(|minute| minute.cpu.mean()).collect(),
            memory: window.iter().map(|minute| minute.memory.mean()).collect(),
            connections: window.iter().map(|minute| minute.connections.highest()).collect(),
            rpm: window.iter().map(|minute| minute.rpm.highest()).collect(),
        }
    }

    /// This minute, and when each of the last ones began.
    fn steps(&self, minutes: u64) -> (u64, Vec<String>) {
        let now = minute(self.now());
        let first = now.saturating_sub(minutes.clamp(1, KEPT_MINUTES) - 1);
        let began = |minute: u64| Timestamp::from_second(i64::try_from(minute * MINUTE).unwrap_or(i64::MAX)).map(whole_seconds);
        (now, (first..=now).map(|minute| began(minute).unwrap_or_default()).collect())
    }

    /// In how many of the last minutes agm ran: of those before, nothing is known.
    fn steps_run(&self, now: u64, minutes: u64) -> usize {
        let ran = now.saturating_sub(minute(self.0.started)) + 1;
        usize::try_from(ran.min(minutes.clamp(1, KEPT_MINUTES))).unwrap_or(usize::MAX)
    }

    /// An agent's id in place of its consumer.
    fn name_of(&self, name: &str, by: Option<By>) -> String {
        let consumer = (by == Some(By::Agent)).then(|| name.into());
        let current = self.current();
        let agent = consumer.and_then(|consumer| current.document.agent_of(&consumer));
        agent.map_or_else(|| name.to_owned(), |agent| agent.id.to_string())
    }
}

fn minute(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or_default() / MINUTE
}
