//! The newest requests, in memory, and the events made of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast};

use crate::seen::Seen;

/// How long requests are gathered before readers are woken: waking another thread for each would cost more than the request's routing.
const BATCH: Duration = Duration::from_millis(20);
/// Events a reader may be behind.
const BEHIND: usize = 4096;

/// The request log.
#[derive(Debug)]
pub(crate) struct Log {
    ring: Mutex<Ring>,
    capacity: usize,
    fresh: AtomicBool,
    wake: Notify,
    readers: broadcast::Sender<Arc<Seen>>,
    told: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Ring {
    requests: VecDeque<Arc<Seen>>,
    last: u64,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            ring: Mutex::default(),
            capacity: capacity.max(1),
            fresh: AtomicBool::new(false),
            wake: Notify::new(),
            readers: broadcast::Sender::new(BEHIND),
            told: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Numbers a request and keeps it.
    pub(crate) fn push(&self, mut seen: Seen) -> Arc<Seen> {
        let kept = {
            let mut ring = self.ring();
            ring.last += 1;
            seen.seq = ring.last;
            let kept = Arc::new(seen);
            if ring.requests.len() >= self.capacity {
                ring.requests.pop_front();
            }
            ring.requests.push_back(Arc::clone(&kept));
            kept
        };
        if self.readers.receiver_count() > 0 && !self.fresh.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
        kept
    }

    /// Up to `limit` requests after `seq`, oldest first.
    pub(crate) fn after(&self, seq: u64, limit: usize) -> Vec<Arc<Seen>> {
        let ring = self.ring();
        let first = ring.requests.front().map_or(0, |s| s.seq);
        let skip = usize::try_from(seq.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        ring.requests.iter().skip(skip).take(limit).cloned().collect()
    }

    /// The newest request that is such.
    pub(crate) fn newest(&self, such: impl Fn(&Seen) -> bool) -> Option<Arc<Seen>> {
        self.ring().requests.iter().rev().find(|seen| such(seen)).cloned()
    }

    /// Requests from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Seen>> {
        let ring = self.ring();
        if self.readers.receiver_count() == 0 {
            self.told.store(ring.last, Ordering::Release);
        }
        self.readers.subscribe()
    }

    /// Events that left the log before they could be told.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Tells the readers, batch by batch, for ever.
    pub(crate) async fn tell(&self) {
        loop {
            self.wake.notified().await;
            tokio::time::sleep(BATCH).await;
            self.fresh.store(false, Ordering::Release);
            self.flush();
        }
    }

    /// Tells what has not been told yet.
    pub(crate) fn flush(&self) {
        for seen in self.after(self.told.load(Ordering::Acquire), usize::MAX) {
            let before = self.told.swap(seen.seq, Ordering::AcqRel);
            self.dropped.fetch_add(seen.seq - before - 1, Ordering::Relaxed);
            // Fails when the last reader has just left.
            drop(self.readers.send(seen));
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
