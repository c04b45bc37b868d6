//! Slowing down whoever guesses passwords, without ever refusing one that is right.
//!
//! A wrong password is answered late, later with every failure of the same user or from the same address. Only a few attempts on a user from
//! an address have their turn at a time, and one that waits for its late answer has it still, whether the client waits or not: guessing in
//! parallel, or hanging up early, gains nothing. The late answers of one user hold up no other.
//!
//! A right password may come in a crowd of wrong ones, and nobody can tell before it was looked at. So nobody waits for a turn longer than
//! [`PATIENCE`]; who then still has none is judged without, and keeps a place until the answer. There are enough places for any team, and few
//! enough that a flood from one address is judged some five times a second. Only where no place comes free in all that time is an attempt
//! sent away.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

/// Failures are forgotten after this time without another one.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// The delay after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(5);
/// Attempts on one user from one address under way at the same time.
const AT_ONCE: usize = 4;
/// The longest wait before a password is looked at.
const PATIENCE: Duration = Duration::from_secs(20);
/// Attempts from one address that wait for their turn, are being judged, or were judged without a turn and are not answered yet.
const PLACES: usize = 128;
/// Credentials without a user from one address, known to be wrong, that wait for their answer.
const STRANGERS: usize = 36;
/// Under which user those are counted. The admin's name is never empty.
const NOBODY: &str = "";
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
    strangers: Arc<Semaphore>,
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
        let (address, deadline) = (network(client), Instant::now() + PATIENCE);
        let places = self.address(address, |known| known.places.clone());
        // Closed by nobody.
        let place = timeout_at(deadline, places.acquire_owned()).await.ok().and_then(Result::ok).ok_or(Crowded)?;
        let turn = timeout_at(deadline, self.turns(user, address).acquire_owned()).await.ok().and_then(Result::ok);
        Ok(Attempt { throttle: self, user: user.to_owned(), address, place, turn })
    }

    /// Returns when the answer to a credential that is known to be wrong may go out.
    pub(super) async fn wrong(&self, client: IpAddr) -> Result<(), Crowded> {
        let address = network(client);
        let strangers = self.address(address, |known| known.strangers.clone());
        let place = strangers.try_acquire_owned().map_err(|_| Crowded)?;
        let turn = self.turns(NOBODY, address).acquire_owned().await.ok();
        Attempt { throttle: self, user: NOBODY.to_owned(), address, place, turn }.failed().await;
        Ok(())
    }

    fn address<T>(&self, address: IpAddr, part: impl FnOnce(&Address) -> T) -> T {
        let mut addresses = lock(&self.addresses);
        make_room(&mut addresses, |known| known.failures);
        part(addresses.entry(address).or_insert_with(Address::new))
    }

    fn turns(&self, user: &str, address: IpAddr) -> Arc<Semaphore> {
        let mut turns = lock(&self.turns);
        // Those that nobody holds or waits for.
        turns.retain(|_, turns| Arc::strong_count(turns) > 1);
        turns.entry((address, user.to_owned())).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
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
        let held = turn.unwrap_or(place);
        let late = throttle.late.spawn(async move {
            tokio::time::sleep(delay(user.max(address))).await;
            drop(held);
        });
        drop(late.await);
    }
}

impl Address {
    fn new() -> Self {
        let room = |places| Arc::new(Semaphore::new(places));
        Self { failures: Failures::none(), places: room(PLACES), strangers: room(STRANGERS) }
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
