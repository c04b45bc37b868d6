//! The two ways in which agm writes a time.

use jiff::{Timestamp, Unit};

/// RFC 3339, UTC, milliseconds: for people and for events.
pub fn stamp(time: Timestamp) -> String {
    let rounded = time.round(Unit::Millisecond).unwrap_or(time);
    format!("{rounded:.3}")
}

/// RFC 3339, UTC, whole seconds: the form of the documented `model.json`.
pub fn whole_seconds(time: Timestamp) -> String {
    let second = Timestamp::from_second(time.as_second()).unwrap_or(time);
    format!("{second:.0}")
}
