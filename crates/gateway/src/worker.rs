//! One thread that serves connections: its event loop, its connections to providers, its counters.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::runtime::LocalRuntime;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::connection;
use crate::local::LocalTasks;
use crate::meters::{Key, Meter, Meters};
use crate::shared::Shared;
use crate::snapshot::{ProviderPlan, Snapshot};
use crate::upstream::{Pool, Pools, SWEEP};

/// An accepted connection, with its place among those that are allowed.
pub(crate) type Accepted = (std::net::TcpStream, OwnedSemaphorePermit);

/// What the requests of one thread have in common.
pub(crate) struct Worker {
    pub shared: Arc<Shared>,
    pub meters: Arc<Meters>,
    pub pools: Pools,
    pub tasks: LocalTasks,
    view: RefCell<Rc<View>>,
    dice: Cell<u64>,
}

/// A snapshot as one worker sees it: with its own connections and counters looked up once.
pub(crate) struct View {
    pub snapshot: Arc<Snapshot>,
    pools: RefCell<HashMap<usize, Rc<Pool>>>,
    meters: RefCell<HashMap<Spot, Vec<Arc<Meter>>>>,
}

/// What a meter is looked up by, before the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Spot {
    /// Route, by its place in the table; none for requests that no route took.
    pub route: Option<usize>,
    /// Provider, by its number in the snapshot.
    pub provider: Option<usize>,
    /// Consumer, by its number in the snapshot.
    pub consumer: usize,
    /// API.
    pub api: &'static str,
}

/// Models of one spot that are looked up without a lock.
const MAX_CACHED: usize = 64;

/// What the worker's thread does.
pub(crate) fn run(runtime: &LocalRuntime, shared: Arc<Shared>, number: usize, seed: u64, accepted: mpsc::Receiver<Accepted>) {
    runtime.block_on(async {
        let worker = Rc::new(Worker::new(shared, number, seed));
        let ended = worker.shared.ended.clone();
        tokio::select! {
            () = serve(&worker, accepted) => {}
            () = ended.cancelled() => {}
        }
    });
}

async fn serve(worker: &Rc<Worker>, mut accepted: mpsc::Receiver<Accepted>) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            next = accepted.recv() => match next {
                Some((stream, permit)) => {
                    let Ok(stream) = TcpStream::from_std(stream) else { continue };
                    worker.tasks.spawn(connection::serve(Rc::clone(worker), stream, permit));
                }
                None => break,
            },
            _ = sweep.tick() => worker.pools.sweep(),
        }
    }
    worker.tasks.finished().await;
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, number: usize, seed: u64) -> Self {
        let tasks = LocalTasks::default();
        let settings = &shared.settings;
        // Connections of HTTP/2 to providers are tasks that no stop has to wait for: they end with the thread.
        let pools = Pools::new(Arc::clone(&shared), settings.timeouts.clone(), settings.idle_connections, LocalTasks::default());
        Self {
            meters: shared.meters.get(number).map(Arc::clone).unwrap_or_default(),
            pools,
            tasks,
            view: RefCell::new(Rc::new(View::new(shared.snapshot.load_full()))),
            dice: Cell::new(seed | 1),
            shared,
        }
    }

    /// The configuration in force.
    pub(crate) fn view(&self) -> Rc<View> {
        let now = self.shared.snapshot.load();
        let mut view = self.view.borrow_mut();
        if !Arc::ptr_eq(&now, &view.snapshot) {
            *view = Rc::new(View::new(Arc::clone(&now)));
        }
        Rc::clone(&view)
    }

    /// A random number, good enough to spread load (xorshift).
    pub(crate) fn roll(&self) -> u64 {
        let mut x = self.dice.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.dice.set(x);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// A number from 0 to 99.
    pub(crate) fn roll_percent(&self) -> u32 {
        u32::try_from(self.roll() % 100).unwrap_or(0)
    }

    /// The connections to a provider.
    pub(crate) fn pool(&self, view: &View, provider: &ProviderPlan) -> Rc<Pool> {
        let destinations = provider.endpoint.destinations();
        if let [_, _, ..] = destinations {
            let at = usize::try_from(self.roll() % destinations.len() as u64).unwrap_or(0);
            return self.pools.get(&destinations[at]);
        }
        let mut pools = view.pools.borrow_mut();
        Rc::clone(pools.entry(provider.index).or_insert_with(|| self.pools.get(provider.endpoint.destination())))
    }

    /// The meter of a request.
    pub(crate) fn meter(
        &self,
        view: &View,
        spot: Spot,
        consumer: &Arc<str>,
        provider: Option<&ProviderPlan>,
        model: Option<&str>,
    ) -> Arc<Meter> {
        let model = model.unwrap_or_default();
        let mut meters = view.meters.borrow_mut();
        let cached = meters.entry(spot).or_default();
        if let Some(meter) = cached.iter().find(|m| *m.key.model == *model) {
            return Arc::clone(meter);
        }
        let meter = self.meters.get(Key {
            route: spot.route.and_then(|r| view.snapshot.plans.get(r)).map_or_else(|| "".into(), |p| Arc::clone(&p.name)),
            provider: provider.map_or_else(|| "".into(), |p| Arc::clone(&p.name)),
            cluster: provider.map_or_else(|| "".into(), |p| Arc::clone(&p.cluster)),
            consumer: Arc::clone(consumer),
            api: spot.api,
            model: model.into(),
        });
        if cached.len() < MAX_CACHED {
            cached.push(Arc::clone(&meter));
        }
        meter
    }
}

impl View {
    fn new(snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot, pools: RefCell::default(), meters: RefCell::default() }
    }
}
