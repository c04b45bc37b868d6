//! How durations spread: how many fell where, on a scale whose steps grow with the durations.

/// Steps of each doubling, as a power of two.
const FINE: u32 = 4;

/// By how much a percentile can be wrong, in parts of itself: half a step.
pub const ERROR_BOUND: f64 = 1.0 / 32.0;

/// Durations in microseconds, counted by step; steps without any are absent. Two of them add up without loss.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread(Vec<(u16, u32)>);

impl Spread {
    /// Counts a duration.
    pub fn add(&mut self, micros: u64) {
        self.add_times(step(micros), 1);
    }

    /// Adds what others counted.
    pub fn merge(&mut self, other: &Self) {
        for (step, times) in &other.0 {
            self.add_times(*step, *times);
        }
    }

    /// How many durations.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, times)| u64::from(*times)).sum()
    }

    /// The duration that so many hundredths of all do not exceed, in microseconds; nothing where there is none.
    pub fn percentile(&self, hundredths: u64) -> Option<u64> {
        // The first at or beyond that share of all (nearest rank).
        let rank = (self.count() * hundredths).div_ceil(100).max(1);
        let mut below = 0;
        self.0.iter().find_map(|(step, times)| {
            below += u64::from(*times);
            (below >= rank).then(|| middle(*step))
        })
    }

    fn add_times(&mut self, step: u16, times: u32) {
        match self.0.binary_search_by_key(&step, |(known, _)| *known) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(times),
            Err(at) => self.0.insert(at, (step, times)),
        }
    }
}

/// The step of a duration: its highest bits, and how many follow them. Below 32 µs each duration has its own.
fn step(micros: u64) -> u16 {
    let cut = (u64::BITS - micros.leading_zeros()).saturating_sub(FINE + 1);
    // At most 59 × 16 + 31.
    u16::try_from((u64::from(cut) << FINE) + (micros >> cut)).unwrap_or(u16::MAX)
}

/// The middle of a step.
fn middle(step: u16) -> u64 {
    let cut = (u64::from(step) >> FINE).saturating_sub(1);
    let lowest = (u64::from(step) - (cut << FINE)) << cut;
    lowest + ((1 << cut) - 1) / 2
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_precision_loss)]
    use proptest::prelude::*;

    use super::*;

    fn of(durations: impl IntoIterator<Item = u64>) -> Spread {
        let mut spread = Spread::default();
        for micros in durations {
            spread.add(micros);
        }
        spread
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let spread = of((1..=100).map(|ms| ms * 1000));
        for (hundredths, exact) in [(50, 50_000.0), (90, 90_000.0), (99, 99_000.0), (100, 100_000.0)] {
            let found = spread.percentile(hundredths).unwrap() as f64;
            assert!((found - exact).abs() <= exact * ERROR_BOUND, "p{hundredths} is {found}");
        }
        assert_eq!(of([]).percentile(50), None, "nothing is not zero");
        assert_eq!((of([7]).percentile(1), of([7]).percentile(99)), (Some(7), Some(7)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let spread = of((0..1_000_000).map(|n| n * 997));
        assert!(spread.0.len() < 500, "{}", spread.0.len());
        assert_eq!(spread.count(), 1_000_000);
    }

    proptest! {
        #[test]
        fn a_duration_is_known_within_the_bound(micros in 0..u64::MAX) {
            let found = of([micros]).percentile(50).unwrap();
            prop_assert!(found.abs_diff(micros) as f64 <= micros as f64 * ERROR_BOUND, "{micros} became {found}");
        }

        #[test]
        fn longer_is_never_less(a in 0..u64::MAX, b in 0..u64::MAX) {
            prop_assert!(step(a) <= step(b) || a > b);
        }
    }
}
