//! Which revisions have had their time. A pure function.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How much of the log is kept. The newest revision and pinned ones always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// This many of the newest.
    pub last: usize,
    /// And the last of each day (UTC) for this many days, today included.
    pub days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { last: 500, days: 90 }
    }
}

impl Retention {
    /// The numbers, among those given with their times, that may go.
    pub(crate) fn expired(self, revisions: &BTreeMap<u64, Timestamp>, pinned: &BTreeSet<u64>, now: Timestamp) -> Vec<u64> {
        let oldest_day = utc_day(now).checked_sub(i32::from(self.days).days()).ok();
        let mut of_day = BTreeMap::new();
        for (number, time) in revisions {
            // Ascending, so the last of a day stays.
            of_day.insert(utc_day(*time), *number);
        }
        let daily: BTreeSet<u64> =
            of_day.into_iter().filter(|(day, _)| oldest_day.is_none_or(|oldest| *day > oldest)).map(|(_, number)| number).collect();
        revisions
            .keys()
            .rev()
            .skip(self.last.max(1))
            .filter(|number| !pinned.contains(number) && !daily.contains(number))
            .copied()
            .collect()
    }
}

fn utc_day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests;
