#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

/// A stream that has counted to `last`.
fn since(last: i64) -> Events {
    Events::since(Timestamp::from_microsecond(last).unwrap())
}

fn publish(events: &Events, count: u64) {
    for _ in 0..count {
        events.publish(Timestamp::UNIX_EPOCH, EventKind::AgentChanged, "x", 1, Value::Null.into());
    }
}

#[test]
fn a_reader_that_comes_back_gets_what_it_missed() {
    let events = since(0);
    publish(&events, 5);
    let (Resumed::Events(missed), _) = events.subscribe(Some(3)) else { panic!("lost") };
    assert_eq!(missed.iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 5]);
    assert!(matches!(events.subscribe(Some(5)), (Resumed::Events(none), _) if none.is_empty()));
}

#[test]
fn one_that_missed_too_much_is_told_so() {
    let events = since(0);
    publish(&events, KEPT as u64 + 10);
    assert!(matches!(events.subscribe(Some(9)), (Resumed::Lost, _)));
    assert!(matches!(events.subscribe(Some(10)), (Resumed::Events(all), _) if all.len() == KEPT));
}

#[test]
fn a_number_of_an_earlier_process_is_not_believed() {
    let events = since(0);
    publish(&events, 2);
    assert!(matches!(events.subscribe(Some(7)), (Resumed::Lost, _)));
}

#[test]
fn no_number_of_an_earlier_process_is_one_of_this() {
    let before = since(1_000_000);
    publish(&before, 3);
    let events = since(2_000_000);
    publish(&events, 5);
    for number in [1, 3, before.last(), before.last() + 900_000] {
        assert!(matches!(events.subscribe(Some(number)), (Resumed::Lost, _)), "{number}");
    }
    assert!(matches!(events.subscribe(Some(2_000_000)), (Resumed::Events(all), _) if all.len() == 5));
}
