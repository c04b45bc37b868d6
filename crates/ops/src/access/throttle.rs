//! Slowing down whoever guesses passwords, without ever refusing one that is right.
//!
//! A wrong password is answered late, later with every failure of the same user or from the same address. Only a few attempts on a user from
//! an address are under way at a time, and one that waits for its late answer counts as such, whether the client still waits or not: guessing
//! in parallel, or hanging up early, gains nothing. The late answers of one user hold up no other.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// Failures are forgotten after this time without another one.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// The delay after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(5);
/// Attempts on one user from one address under way at the same time.
const AT_ONCE: usize = 4;
/// Attempts from one address that wait for their turn or are being judged.
const WAITING: usize = 32;
/// Users and addresses remembered, each.
const LIMIT: usize = 4096;

#[derive(Default)]
pub(super) struct Throttle {
    users: Mutex<HashMap<String, Failures>>,
    addresses: Mutex<HashMap<IpAddr, Address>>,
    turns: Mutex<HashMap<(IpAddr, String), Arc<Semaphore>>>,
    /// The late answers. They hold nothing but turns, so that a stop need not wait for them.
    late: TaskTracker,
}

/// So many attempts wait already that one more has to come again later.
#[derive(Debug)]
pub(super) struct Crowded;

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

struct Address {
    failures: Failures,
    places: Arc<Semaphore>,
}

/// An attempt under way.
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    user: String,
    address: IpAddr,
    place: OwnedSemaphorePermit,
    turn: Option<OwnedSemaphorePermit>,
}

impl Throttle {
    /// Waits until this address may try this user.
    pub(super) async fn attempt(&self, user: &str, client: IpAddr) -> Result<Attempt<'_>, Crowded> {
        let address = network(client);
        let places = {
            let mut addresses = lock(&self.addresses);
            make_room(&mut addresses, |known| known.failures);
            let fresh = || Address { failures: Failures::none(), places: Arc::new(Semaphore::new(WAITING)) };
            addresses.entry(address).or_insert_with(fresh).places.clone()
        };
        let place = places.try_acquire_owned().map_err(|_| Crowded)?;
        let turns = {
            let mut turns = lock(&self.turns);
            // Those that nobody holds or waits for.
            turns.retain(|_, turns| Arc::strong_count(turns) > 1);
            turns.entry((address, user.to_owned())).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
        };
        // Closed by nobody.
        let turn = turns.acquire_owned().await.ok();
        Ok(Attempt { throttle: self, user: user.to_owned(), address, place, turn })
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
        // In a task of its own: who hangs up before the answer keeps the turn all the same.
        let Self { throttle, place, turn, .. } = self;
        drop(place);
        let late = throttle.late.spawn(async move {
            tokio::time::sleep(delay(user.max(address))).await;
            drop(turn);
        });
        drop(late.await);
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
