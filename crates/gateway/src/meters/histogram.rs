//! Times in buckets.

use std::time::Duration;

/// Upper ends of the buckets, in milliseconds. From what a gateway adds to what a long answer takes.
pub(crate) const BOUNDS_MS: [u64; 16] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];

/// Counts by bucket; the last one has no upper end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Histogram {
    pub buckets: [u64; BOUNDS_MS.len() + 1],
    pub sum_us: u64,
}

impl Histogram {
    /// Counts one.
    pub(crate) fn add(&mut self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.buckets[BOUNDS_MS.partition_point(|bound| bound * 1000 < us)] += 1;
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// Adds another one's counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += theirs;
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }
}
