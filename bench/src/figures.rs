//! Many timings become a few figures.

use std::time::Duration;

use serde::Serialize;

/// How a set of timings is spread, in microseconds. All zero when there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// The figures of these timings, whose order is lost.
    pub(crate) fn of(timings: &mut [Duration]) -> Self {
        timings.sort_unstable();
        Self { p50: at(timings, 50), p99: at(timings, 99), max: at(timings, 100) }
    }
}

/// The smallest timing that at least `percent` of them do not exceed.
fn at(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |timing| timing.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests;
