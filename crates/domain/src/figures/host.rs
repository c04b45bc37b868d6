//! The host over the last hour.

use super::KEPT_MINUTES;
use super::minutes::Minutes;

/// Readings of one figure in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    sum: u64,
    count: u64,
    highest: u64,
}

/// Readings in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostFigures {
    /// Percent of the processors.
    pub cpu: Level,
    /// Percent of the memory.
    pub memory: Level,
    /// Connections to the gateway.
    pub connections: Level,
    /// Requests in the minute before.
    pub rpm: Level,
}

/// The last hour.
#[derive(Debug, Default)]
pub struct HostHour(Minutes<HostFigures>);

impl Level {
    /// Takes a reading down; one that could not be had is none.
    pub fn read(&mut self, reading: Option<u64>) {
        let Some(reading) = reading else { return };
        self.sum = self.sum.saturating_add(reading);
        self.count += 1;
        self.highest = self.highest.max(reading);
    }

    /// The mean of the readings, rounded; nothing where there was none.
    pub fn mean(&self) -> Option<u64> {
        self.sum.saturating_add(self.count / 2).checked_div(self.count)
    }

    /// The highest reading.
    pub fn highest(&self) -> Option<u64> {
        (self.count > 0).then_some(self.highest)
    }
}

impl HostHour {
    /// The readings of this minute.
    pub fn at(&mut self, minute: u64) -> &mut HostFigures {
        self.0.forget(minute);
        self.0.at(minute)
    }

    /// The `length` minutes that end with this one, the oldest first.
    pub fn window(&self, minute: u64, length: u64) -> Vec<HostFigures> {
        let first = minute.saturating_sub(length.clamp(1, KEPT_MINUTES) - 1);
        (first..=minute).map(|at| self.0.of(at).copied().unwrap_or_default()).collect()
    }
}
