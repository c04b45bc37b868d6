#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;

fn key(model: &str) -> Key {
    Key {
        route: "r".into(),
        provider: "p".into(),
        cluster: "c".into(),
        consumer: "manager".into(),
        api: "chat/completions",
        model: model.into(),
    }
}

fn seen(served: &str) -> Seen {
    Seen {
        seq: 1,
        at: jiff::Timestamp::UNIX_EPOCH,
        consumer: "manager".into(),
        route: "r".into(),
        provider: Some("p".into()),
        api: Some("chat/completions"),
        model: Some("m".into()),
        served_model: Some(served.into()),
        status: 200,
        streamed: true,
        outcome: Outcome::Answered,
        duration: Duration::from_millis(30),
        first_byte: Some(Duration::from_millis(3)),
        usage: Some(Usage { input: 5, output: 2, total: 7, cache_read: 1, cache_write: 0 }),
        attempts: 1,
        fallback: false,
        playground: None,
    }
}

/// What clients and vendors call a model is theirs to choose; how much memory that takes is not.
#[test]
fn made_up_models_are_counted_together_in_the_end() {
    let meters = Meters::default();
    for number in 0..MAX_METERS + 100 {
        meters.get(key(&format!("model-{number}"))).count(&seen("m"));
    }
    assert_eq!(meters.all().len(), MAX_OF_CONSUMER + 1);
    let mut other = key("theirs");
    other.consumer = "worker".into();
    assert_eq!(&*meters.get(other).key.model, "theirs", "one consumer does not take the others' place");
    let meter = meters.get(key("model-1"));
    for number in 0..MAX_SERVED + 10 {
        meter.count(&seen(&format!("served-{number}")));
    }
    let state = meter.state();
    assert_eq!(state.served.len(), MAX_SERVED + 1);
    assert_eq!(state.served.iter().map(|(_, s)| s.answers).sum::<u64>(), MAX_SERVED as u64 + 11, "none is lost");
}

#[test]
fn the_newest_requests_are_remembered_for_each_consumer() {
    let meters = Meters::default();
    let ask = |consumer: &str, model: &str, seq: u64| {
        meters.remember(&Seen { consumer: consumer.into(), model: Some(model.into()), seq, ..seen("m") });
    };
    ask("manager", "kept", 1);
    for number in 0..MAX_LAST + 100 {
        ask("none", &format!("made-up-{number}"), 2);
        ask("none", "real", 3);
    }
    assert_eq!(meters.last("manager").len(), 1);
    let of_nobody = meters.last("none");
    assert_eq!(of_nobody.len(), MAX_LAST);
    assert!(of_nobody.iter().any(|last| &*last.model == "real"), "what is asked for is not forgotten for what was made up");
}

#[test]
fn the_minute_forgets() {
    let meters = Meters::default();
    let minute = |second: u64| meters.sums(&mut Totals::default(), second);
    for second in [0, 0, 1, 59] {
        meters.tally(&seen("m"), second);
    }
    assert_eq!([minute(59), minute(60), minute(61), minute(119)], [4, 2, 1, 0]);
    meters.tally(&seen("m"), 120);
    assert_eq!(minute(120), 1);
}

#[test]
fn times_fall_into_their_buckets() {
    let mut histogram = Histogram::default();
    for micros in [0, 1000, 1001, 5_000, 400_000_000] {
        histogram.add(Duration::from_micros(micros));
    }
    assert_eq!((histogram.buckets[0], histogram.buckets[1], histogram.buckets[2], histogram.buckets[16]), (2, 1, 1, 1));
}
