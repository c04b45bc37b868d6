use super::*;

fn check(timings: impl IntoIterator<Item = u64>, p50: f64, p99: f64, max: f64) {
    let mut timings: Vec<_> = timings.into_iter().map(Duration::from_micros).collect();
    assert_eq!(Spread::of(&mut timings), Spread { p50, p99, max });
}

#[test]
fn percentiles_are_timings_that_happened() {
    check([], 0.0, 0.0, 0.0);
    check([7], 7.0, 7.0, 7.0);
    check([3, 1, 2], 2.0, 3.0, 3.0);
    check((1..=100).rev(), 50.0, 99.0, 100.0);
    check(1..=1000, 500.0, 990.0, 1000.0);
}
