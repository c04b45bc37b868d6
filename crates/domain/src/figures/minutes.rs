//! Something for each minute in which there was something.

use std::collections::VecDeque;

use super::KEPT_MINUTES;

/// The minutes of an hour, the oldest first; those in which nothing was are absent.
#[derive(Debug)]
pub(super) struct Minutes<T>(VecDeque<(u64, T)>);

impl<T> Default for Minutes<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Default> Minutes<T> {
    /// What is kept of a minute.
    pub(super) fn at(&mut self, minute: u64) -> &mut T {
        let at = match self.0.binary_search_by_key(&minute, |(at, _)| *at) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (minute, T::default()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// The same, if there is anything.
    pub(super) fn of(&self, minute: u64) -> Option<&T> {
        let at = self.0.binary_search_by_key(&minute, |(at, _)| *at).ok()?;
        Some(&self.0[at].1)
    }

    /// Forgets what is older than an hour.
    pub(super) fn forget(&mut self, newest: u64) {
        while self.0.front().is_some_and(|(minute, _)| minute + KEPT_MINUTES <= newest) {
            self.0.pop_front();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
