//! The requests a vendor remembers, and those who wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::request::Request;

/// Bodies remembered in all; the oldest requests are forgotten first.
const BODY_BUDGET: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Ledger {
    pages: Mutex<Pages>,
    arrived: Notify,
}

#[derive(Default)]
struct Pages {
    ring: VecDeque<Arc<Request>>,
    body_bytes: usize,
    count: u64,
    /// Number of the last request that `next` gave out.
    given: u64,
}

impl Ledger {
    /// Numbers the request that `make` builds, and remembers it if `room` allows.
    pub(crate) fn enter(&self, room: usize, make: impl FnOnce(u64) -> Request) -> Arc<Request> {
        let request = {
            let mut pages = self.pages();
            pages.count += 1;
            let request = Arc::new(make(pages.count));
            pages.keep(&request, room);
            request
        };
        self.arrived.notify_waiters();
        request
    }

    pub(crate) fn all(&self) -> Vec<Arc<Request>> {
        self.pages().ring.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.pages().count
    }

    /// The oldest remembered request that was not given out yet.
    pub(crate) async fn next(&self) -> Arc<Request> {
        self.wait(|pages| {
            let request = pages.ring.iter().find(|request| request.number > pages.given).cloned()?;
            pages.given = request.number;
            Some(request)
        })
        .await
    }

    pub(crate) async fn wait_for_count(&self, count: u64) {
        self.wait(|pages| (pages.count >= count).then_some(())).await;
    }

    async fn wait<T>(&self, mut ready: impl FnMut(&mut Pages) -> Option<T>) -> T {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // Listens before it looks, so that an arrival between the two is not missed.
            arrived.as_mut().enable();
            if let Some(found) = ready(&mut self.pages()) {
                return found;
            }
            arrived.await;
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn keep(&mut self, request: &Arc<Request>, room: usize) {
        if room > 0 {
            self.body_bytes += request.body.len();
            self.ring.push_back(Arc::clone(request));
        }
        while self.ring.len() > room || (self.body_bytes > BODY_BUDGET && self.ring.len() > 1) {
            let Some(oldest) = self.ring.pop_front() else { break };
            self.body_bytes -= oldest.body.len();
        }
    }
}
