#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::seen::Outcome;

fn seen() -> Seen {
    Seen {
        seq: 0,
        at: jiff::Timestamp::UNIX_EPOCH,
        consumer: "none".into(),
        route: "".into(),
        provider: None,
        api: None,
        model: None,
        served_model: None,
        status: 200,
        streamed: false,
        outcome: Outcome::Answered,
        duration: Duration::ZERO,
        first_byte: None,
        usage: None,
        attempts: 1,
        fallback: false,
        playground: None,
    }
}

fn numbers(log: &Log, after: u64, limit: usize) -> Vec<u64> {
    log.after(after, limit).iter().map(|s| s.seq).collect()
}

#[test]
fn the_ring_keeps_the_newest() {
    let log = Log::new(3);
    assert_eq!(numbers(&log, 0, 9), [0u64; 0]);
    for _ in 0..5 {
        log.push(seen());
    }
    assert_eq!(numbers(&log, 0, 9), [3, 4, 5]);
    assert_eq!(numbers(&log, 3, 9), [4, 5]);
    assert_eq!(numbers(&log, 3, 1), [4]);
    assert_eq!(numbers(&log, 5, 9), [0u64; 0]);
    assert_eq!(numbers(&log, 99, 9), [0u64; 0]);
    assert_eq!(numbers(&log, u64::MAX, 9), [0u64; 0]);
}

#[tokio::test]
async fn readers_get_what_came_after_they_did_and_losses_are_counted() {
    let log = Log::new(3);
    log.push(seen());
    let mut reader = log.subscribe();
    for _ in 0..5 {
        log.push(seen());
    }
    let told = async {
        let mut got = Vec::new();
        for _ in 0..3 {
            got.push(reader.recv().await.unwrap().seq);
        }
        got
    };
    let got = tokio::select! { got = told => got, () = log.tell() => unreachable!("it runs for ever") };
    assert_eq!(got, [4, 5, 6]);
    assert_eq!(log.dropped(), 2);
}
