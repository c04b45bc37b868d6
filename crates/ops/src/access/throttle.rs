//! Slowing down whoever guesses passwords, without ever refusing one that is right.
//!
//! A wrong password is answered late, later with every failure of the same user or from the same address. Only a few attempts of an address
//! are under way at a time, and one that waits for its late answer counts as such: guessing in parallel gains nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Failures are forgotten after this time without another one.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// The delay after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(5);
/// Attempts of one address under way at the same time.
const AT_ONCE: usize = 4;
/// Users and addresses remembered, each.
const LIMIT: usize = 4096;

#[derive(Default)]
pub(super) struct Throttle {
    users: Mutex<HashMap<String, Failures>>,
    addresses: Mutex<HashMap<IpAddr, Address>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

struct Address {
    failures: Failures,
    turns: Arc<Semaphore>,
}

/// An attempt under way.
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    user: String,
    address: IpAddr,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Throttle {
    /// Waits until this address may try.
    pub(super) async fn attempt(&self, user: &str, client: IpAddr) -> Attempt<'_> {
        let address = network(client);
        let turns = {
            let mut addresses = lock(&self.addresses);
            make_room(&mut addresses, |known| known.failures);
            let fresh = || Address { failures: Failures::none(), turns: Arc::new(Semaphore::new(AT_ONCE)) };
            addresses.entry(address).or_insert_with(fresh).turns.clone()
        };
        // Closed by nobody.
        let turn = turns.acquire_owned().await.ok();
        Attempt { throttle: self, user: user.to_owned(), address, _turn: turn }
    }
}

impl Attempt<'_> {
    /// The password was right: what this user and this address did wrong before is forgotten.
    pub(super) fn succeeded(self) {
        lock(&self.throttle.users).remove(&self.user);
        if let Some(known) = lock(&self.throttle.addresses).get_mut(&self.address) {
            known.failures = Failures::none();
        }
    }

    /// The password was wrong: returns when the answer may go out.
    pub(super) async fn failed(self) {
        let user = {
            let mut users = lock(&self.throttle.users);
            make_room(&mut users, |failures| *failures);
            users.entry(self.user.clone()).or_insert_with(Failures::none).add()
        };
        let address = lock(&self.throttle.addresses).get_mut(&self.address).map_or(1, |known| known.failures.add());
        tokio::time::sleep(delay(user.max(address))).await;
    }
}

impl Failures {
    fn none() -> Self {
        Self { count: 0, last: Instant::now() }
    }

    fn add(&mut self) -> u32 {
        if self.last.elapsed() > FORGOTTEN {
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.last = Instant::now();
        self.count
    }
}

fn delay(failures: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16))).min(LONGEST)
}

/// One who owns an IPv6 network owns all its addresses.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Keeps the table bounded: first what is forgotten anyway goes, then what is oldest.
fn make_room<K: Clone + Eq + Hash, V>(table: &mut HashMap<K, V>, failures: impl Fn(&V) -> Failures) {
    if table.len() < LIMIT {
        return;
    }
    table.retain(|_, known| failures(known).last.elapsed() <= FORGOTTEN);
    if table.len() < LIMIT {
        return;
    }
    if let Some(oldest) = table.iter().min_by_key(|(_, known)| failures(known).last).map(|(key, _)| key.clone()) {
        table.remove(&oldest);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
