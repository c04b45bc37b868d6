#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

/// A minute that is none of the first ones.
const NOW: u64 = 10_000;

fn ended(consumer: &str) -> Ended<'_> {
    Ended { consumer, provider: Some("p"), model: Some("m"), status: 200, tokens: Some((10, 5)), latency: Some(1_000), first_token: None }
}

fn sum(lane: &Lane) -> Figures {
    let mut all = Figures::default();
    for figures in lane {
        all.merge(figures);
    }
    all
}

#[test]
fn a_request_is_counted_in_its_minute_under_its_names() {
    let mut hour = Hour::default();
    hour.add(NOW - 1, &ended("manager"));
    hour.add(NOW, &Ended { status: 429, tokens: None, latency: None, ..ended("worker-a") });
    hour.add(NOW, &Ended { consumer: "none", status: 502, ..Ended::default() });
    let window = hour.window(NOW, 60, None);
    assert_eq!(window.total.len(), 60);
    assert_eq!((window.total[58].requests, window.total[59].requests, window.named.len()), (1, 2, 0));
    assert_eq!((window.total[59].client_errors, window.total[59].server_errors), (1, 1));
    let names = |by| hour.window(NOW, 60, Some(by)).named.into_iter().map(|(name, lane)| (name, sum(&lane).requests)).collect::<Vec<_>>();
    assert_eq!(names(By::Agent), [("manager".to_owned(), 1), ("none".to_owned(), 1), ("worker-a".to_owned(), 1)]);
    assert_eq!(names(By::Provider), [("p".to_owned(), 2)]);
    assert_eq!(names(By::Model), [("m".to_owned(), 2)]);
    assert_eq!(hour.window(NOW, 1, Some(By::Agent)).named.len(), 2, "whoever did nothing in the window is not in it");
}

#[test]
fn what_is_unknown_is_not_zero() {
    let mut figures = Figures::default();
    assert_eq!((figures.tokens(), figures.latency.percentile(50)), (Some((0, 0)), None), "nobody asked: nothing was spent");
    figures.count(&Ended { tokens: None, ..ended("a") });
    assert_eq!(figures.tokens(), None);
    figures.count(&ended("a"));
    assert_eq!(figures.tokens(), Some((10, 5)));
}

#[test]
fn an_hour_is_kept_and_no_more() {
    let mut hour = Hour::default();
    for minute in 0..500 {
        hour.add(NOW + minute, &ended(&format!("worker-{minute}")));
    }
    let last = NOW + 499;
    let window = hour.window(last, 600, Some(By::Agent));
    assert_eq!((window.total.len(), sum(&window.total).requests, window.named.len()), (60, 60, 60));
    assert_eq!(hour.agents.named.len(), 60, "names that nobody has any more make room");
    hour.add(last - 60, &ended("late"));
    assert_eq!(sum(&hour.window(last, 60, None).total).requests, 60, "what is older than the hour is not taken");
    hour.add(last - 59, &ended("late"));
    assert_eq!(sum(&hour.window(last, 60, None).total).requests, 61);
    assert_eq!(sum(&hour.window(last + 60, 60, None).total).requests, 0, "time alone makes it old");
}

#[test]
fn beyond_the_bound_names_are_counted_together() {
    let mut hour = Hour::default();
    let most = By::Agent.most_names();
    for number in 0..most + 50 {
        hour.add(NOW, &ended(&format!("worker-{number:04}")));
    }
    let window = hour.window(NOW, 60, Some(By::Agent));
    assert_eq!((window.named.len(), sum(&window.other.unwrap()).requests), (most, 50));
    assert_eq!(hour.window(NOW, 60, Some(By::Provider)).other, None);
}

#[test]
fn the_host_has_means_and_heights() {
    let mut hour = HostHour::default();
    for cpu in [None, Some(10), Some(20), Some(40)] {
        hour.at(NOW).cpu.read(cpu);
    }
    let minutes = hour.window(NOW + 1, 3);
    assert_eq!(minutes.iter().map(|m| m.cpu.mean()).collect::<Vec<_>>(), [None, Some(23), None]);
    assert_eq!((minutes[1].cpu.highest(), minutes[1].memory.highest()), (Some(40), None));
}

type Drawn = (u8, Option<u8>, u16, Option<(u32, u32)>, Option<u32>, u64);

fn requests() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (
        0..5_u8,
        proptest::option::of(0..4_u8),
        proptest::sample::select(vec![200_u16, 404, 499, 500, 504]),
        proptest::option::of((0..10_000_u32, 0..10_000_u32)),
        proptest::option::of(any::<u32>()),
        0..60_u64,
    );
    proptest::collection::vec(one, 0..60)
}

fn filled(drawn: &[Drawn], minute_of: impl Fn(u64) -> u64) -> Hour {
    let mut hour = Hour::default();
    for (who, provider, status, tokens, micros, minute) in drawn {
        let (who, provider) = (format!("worker-{who}"), provider.map(|p| format!("provider-{p}")));
        let request = Ended {
            consumer: &who,
            provider: provider.as_deref(),
            model: provider.as_deref().map(|_| "m"),
            status: *status,
            tokens: tokens.map(|(read, written)| (read.into(), written.into())),
            latency: micros.map(Into::into),
            first_token: micros.map(|micros| u64::from(micros / 2)),
        };
        hour.add(minute_of(*minute), &request);
    }
    hour
}

proptest! {
    /// How requests fall into minutes changes no sum over the hour, in total or by name, percentiles included.
    #[test]
    fn any_split_over_the_minutes_gives_the_same_totals(drawn in requests()) {
        let split = filled(&drawn, |minute| NOW - minute);
        let together = filled(&drawn, |_| NOW);
        for by in [None, Some(By::Agent), Some(By::Provider), Some(By::Model)] {
            let (split, together) = (split.window(NOW, 60, by), together.window(NOW, 60, by));
            prop_assert_eq!(sum(&split.total), sum(&together.total));
            let named = |window: &Window| window.named.iter().map(|(name, lane)| (name.clone(), sum(lane))).collect::<Vec<_>>();
            prop_assert_eq!(named(&split), named(&together));
            if by == Some(By::Agent) {
                let mut all = Figures::default();
                for (_, figures) in &named(&split) {
                    all.merge(figures);
                }
                prop_assert_eq!(all, sum(&split.total), "everybody together is the total");
            }
        }
    }
}
