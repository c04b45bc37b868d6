#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Retention, utc_day};

const NOW: &str = "2026-06-15T12:00:00Z";

fn log(ages_in_hours: &[u32]) -> BTreeMap<u64, Timestamp> {
    let now: Timestamp = NOW.parse().unwrap();
    let mut ages = ages_in_hours.to_vec();
    ages.sort_unstable_by(|a, b| b.cmp(a));
    let times = ages.into_iter().map(|age| now - SignedDuration::from_hours(i64::from(age)));
    (1..).zip(times).collect()
}

proptest! {
    /// The law: nothing that must stay goes, and nothing that may go stays.
    #[test]
    fn exactly_the_rest_expires(
        ages in prop::collection::vec(0_u32..24 * 40, 0..60),
        pins in prop::collection::btree_set(1_u64..60, 0..5),
        last in 0_usize..20,
        days in 0_u16..30,
    ) {
        let now: Timestamp = NOW.parse().unwrap();
        let log = log(&ages);
        let expired: BTreeSet<u64> =
            Retention { last, days }.expired(&log, &pins, now).into_iter().collect();
        let newest = log.keys().max();
        for (number, time) in &log {
            let younger = log.keys().filter(|other| *other > number).count();
            let last_of_day = !log
                .iter()
                .any(|(other, t)| other > number && utc_day(*t) == utc_day(*time));
            let age_in_days = (utc_day(now) - utc_day(*time)).get_days();
            let stays = Some(number) == newest
                || younger < last
                || pins.contains(number)
                || (last_of_day && age_in_days < i32::from(days));
            prop_assert_eq!(!stays, expired.contains(number), "revision {}", number);
        }
    }
}

#[test]
fn one_revision_alone_never_expires() {
    let now: Timestamp = NOW.parse().unwrap();
    let expired = Retention { last: 0, days: 0 }.expired(&log(&[9000]), &BTreeSet::new(), now);
    assert!(expired.is_empty());
}
