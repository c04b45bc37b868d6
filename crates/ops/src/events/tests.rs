#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn publish(events: &Events, count: u64) {
    for _ in 0..count {
        events.publish(Timestamp::UNIX_EPOCH, "test.changed", "x", 1, Value::Null.into());
    }
}

#[test]
fn a_reader_that_comes_back_gets_what_it_missed() {
    let events = Events::default();
    publish(&events, 5);
    let (Resumed::Events(missed), _) = events.subscribe(Some(3)) else { panic!("lost") };
    assert_eq!(missed.iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 5]);
    assert!(matches!(events.subscribe(Some(5)), (Resumed::Events(none), _) if none.is_empty()));
}

#[test]
fn one_that_missed_too_much_is_told_so() {
    let events = Events::default();
    publish(&events, KEPT as u64 + 10);
    assert!(matches!(events.subscribe(Some(9)), (Resumed::Lost, _)));
    assert!(matches!(events.subscribe(Some(10)), (Resumed::Events(all), _) if all.len() == KEPT));
}

#[test]
fn a_number_of_an_earlier_process_is_not_believed() {
    let events = Events::default();
    publish(&events, 2);
    assert!(matches!(events.subscribe(Some(7)), (Resumed::Lost, _)));
}
