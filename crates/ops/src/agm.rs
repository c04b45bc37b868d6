//! agm itself: what is open while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agm_blob::Blob;
use agm_blob::lock::DirLock;
use agm_domain::agent::{Agent, AgentId};
use agm_domain::calling_point::CallingPoint;
use agm_domain::consumer::Consumer;
use agm_domain::document::Document;
use agm_domain::redact::{counter_pointers, secret_pointers};
use agm_gateway::Gateway;
use agm_store::{Clock as StoreClock, Draft, Hold, KeyFile, Leadership, MasterKey, Store, StoreConfig};
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent_states::AgentStates;
use crate::current::{Current, served};
use crate::error::{Fault, OpError};
use crate::events::Events;
use crate::evidence::EvidenceBook;
use crate::figures::LastHour;
use crate::gateway_key::new_gateway_key;
use crate::playground::Room;
use crate::probe::Prober;
use crate::providers::ModelLists;
use crate::settings::{Settings, Storage};
use crate::status::Host;
use crate::switch::Switches;
use crate::time::{stamp, whole_seconds};
use crate::vendor::VendorClient;

/// Everything a user can do. Cheap to clone; every clone is the same agm.
#[derive(Clone)]
pub struct Agm(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) gateway: Gateway,
    pub(crate) current: ArcSwap<Current>,
    pub(crate) writing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) events: Events,
    pub(crate) switches: Switches,
    pub(crate) evidence: EvidenceBook,
    pub(crate) states: AgentStates,
    pub(crate) vendors: VendorClient,
    pub(crate) prober: Prober,
    pub(crate) room: Room,
    pub(crate) host: Host,
    pub(crate) hour: LastHour,
    pub(crate) lists: ModelLists,
    /// Wakes the background checks when the configuration changed.
    pub(crate) changed: Notify,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
    /// Set when nothing more will be written.
    pub(crate) drained: CancellationToken,
    /// The fencing number under which what a crash cut off was looked for: under another one, nobody may write before that.
    pub(crate) recovered: AtomicU64,
    /// Wakes the recovery when this process may have begun to act.
    pub(crate) leads: Notify,
    pub(crate) started: Timestamp,
    /// Held for the life of the process where the store itself is not the data directory.
    _lock: Option<DirLock>,
}

impl Agm {
    /// Opens the store, starts the gateway, finishes or takes back what a crash cut off, and starts the background checks.
    pub async fn start(settings: Settings) -> Result<Self, OpError> {
        let lock = DirLock::acquire(&settings.data_dir).map_err(|error| held(&error))?;
        let (blob, hold, lock) = match &settings.storage {
            Storage::Directory => {
                (Blob::dir(settings.data_dir.clone()).await.map_err(|error| blob_failed(&error))?, Hold::Lock(lock), None)
            }
            Storage::S3(config) => {
                let blob = Blob::s3(config).map_err(|error| blob_failed(&error))?;
                self_test(&blob).await?;
                (blob, Hold::Lease { url: settings.management_url.clone() }, Some(lock))
            }
        };
        let store = open_store(&settings, blob).await?;
        let lock = take(&store, hold, lock).await?;
        let current = first_revision(&settings, &store).await?;
        let gateway =
            Gateway::start(settings.gateway.clone(), settings.gateway_listen, &served(&store, &current.document), settings.clock.clone())
                .map_err(|error| OpError::new(Fault::Unavailable, agm_domain::code::Code::Internal, error.to_string()))?;
        let agm = Self(Arc::new(Inner {
            evidence: EvidenceBook::load(&store).await,
            started: (settings.clock)(),
            store,
            gateway,
            current: ArcSwap::from_pointee(current),
            writing: Arc::default(),
            events: Events::since((settings.clock)()),
            switches: Switches::default(),
            states: AgentStates::default(),
            vendors: VendorClient::new(settings.patience, settings.gateway.extra_ca_file.clone()),
            prober: Prober::new(settings.patience.request)?,
            room: Room::new()?,
            lists: ModelLists::default(),
            host: Host::default(),
            hour: LastHour::default(),
            changed: Notify::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            drained: CancellationToken::new(),
            recovered: AtomicU64::new(0),
            leads: Notify::new(),
            settings,
            _lock: lock,
        }));
        agm.hold();
        agm.recover().await;
        agm.watch();
        Ok(agm)
    }

    /// Stops: running switches come to their end, background work stops, requests in flight get `drain` to finish.
    pub async fn shutdown(&self, drain: Duration) {
        self.0.stopping.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(drain, self.0.tasks.wait()).await.is_err() {
            // Watchers that are still at a look are no work.
            if !self.under_way().is_empty() {
                tracing::warn!("stopping with work under way; it is finished or taken back at the next start");
            }
        }
        self.0.drained.cancel();
        let cut = self.0.gateway.shutdown(drain).await;
        if cut > 0 {
            tracing::warn!(cut, "requests were cut off");
        }
        self.0.evidence.save(&self.0.store).await;
        if let Err(error) = self.0.store.release().await {
            tracing::warn!(%error, "the store was not released");
        }
    }

    /// The stream of events.
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// The embedded gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.0.gateway
    }

    /// The store, past every rule of this crate: to look at what is really there, or to write as another process would.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether this process may change anything.
    pub fn is_acting(&self) -> bool {
        matches!(self.0.store.leadership(), Leadership::Acting { .. })
    }

    /// Whether it runs without the key of its store: secrets are unreadable, and nothing changes.
    pub fn secrets_are_unreadable(&self) -> bool {
        self.0.store.is_read_only()
    }

    /// Refuses what needs a secret, where secrets are unreadable.
    pub(crate) fn readable(&self) -> Result<(), OpError> {
        if self.secrets_are_unreadable() { Err(agm_store::Error::ReadOnly.into()) } else { Ok(()) }
    }

    /// Refuses where another process acts on the store, or secrets are unreadable.
    pub(crate) fn acting(&self) -> Result<(), OpError> {
        self.readable()?;
        if self.0.stopping.is_cancelled() {
            let code = agm_domain::code::Code::ShuttingDown;
            return Err(OpError::new(Fault::Unavailable, code, "agm is stopping").hint("repeat the request when it runs again"));
        }
        match self.0.store.leadership() {
            Leadership::Acting { fencing } if self.0.recovered.load(Ordering::Acquire) == fencing => Ok(()),
            Leadership::Acting { .. } => {
                let message = "what was cut off is being brought to its end";
                Err(OpError::new(Fault::Unavailable, agm_domain::code::Code::InProgress, message).hint("repeat in a moment"))
            }
            Leadership::Reading { holder_url } => Err(agm_store::Error::NotLeader { holder_url }.into()),
        }
    }

    /// The URL under which agents reach the gateway: scheme, host and port.
    pub fn gateway_url(&self) -> String {
        let own = || format!("http://{}", self.0.gateway.addr());
        self.0.settings.gateway_url.clone().unwrap_or_else(own)
    }

    /// Host and path of an agent's chat request.
    pub(crate) fn calling_point(&self) -> CallingPoint {
        CallingPoint::below(&self.gateway_url())
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.settings.clock)()
    }

    pub(crate) fn stamp(&self) -> String {
        stamp(self.now())
    }

    pub(crate) fn whole_seconds(&self) -> String {
        whole_seconds(self.now())
    }
}

/// Takes the store to act on it. Returns the lock of the data directory where the store does not keep it.
async fn take(store: &Store, hold: Hold, lock: Option<DirLock>) -> Result<Option<DirLock>, OpError> {
    if store.is_read_only() {
        // It is not acted on, but the data directory is this process's all the same.
        return Ok(match hold {
            Hold::Lock(own) => Some(own),
            Hold::Lease { .. } => lock,
        });
    }
    match store.acquire(hold).await {
        // Another process acts; this one reads.
        Ok(_) | Err(agm_store::Error::NotLeader { .. }) => Ok(lock),
        Err(error) => Err(error.into()),
    }
}

async fn open_store(settings: &Settings, blob: Blob) -> Result<Store, OpError> {
    let file = KeyFile::new(settings.data_dir.join("master.key"));
    let master = match (&settings.master_key, &settings.storage) {
        (Some(text), _) => vec![MasterKey::from_base64(text.expose(), "AGM_MASTER_KEY")?],
        (None, Storage::Directory) => match file.load_or_generate(&blob).await {
            Err(agm_store::Error::KeyFileMissing { .. }) if settings.unreadable_secrets => Vec::new(),
            loaded => loaded.map_err(without_key)?,
        },
        (None, Storage::S3(_)) => file.load()?,
    };
    let mut config = StoreConfig::new(blob, master);
    config.secret_paths = secret_pointers;
    config.uncounted_paths = counter_pointers;
    let clock = settings.clock.clone();
    config.clock = StoreClock::new(move || clock());
    config.unreadable_secrets = settings.unreadable_secrets;
    let store = Store::open(config).await.map_err(without_key)?;
    if settings.master_key.is_none() && !store.is_read_only() {
        file.settle(&store).await?;
    }
    Ok(store)
}

/// The newest revision; for a new store, one with the Manager and its key.
async fn first_revision(settings: &Settings, store: &Store) -> Result<Current, OpError> {
    if let Some(newest) = store.newest().await? {
        return Current::of(&newest);
    }
    let mut document = Document::default();
    let manager = Agent::new(AgentId::Manager, stamp((settings.clock)()));
    if let Some(wrong) = settings.manager_key.as_ref().and_then(agm_domain::check::given_key) {
        let wrong = agm_domain::diagnostic::Diagnostic { pointer: "/manager-key".to_owned(), ..wrong };
        return Err(OpError::refused("the Manager's gateway key (`AGM_MANAGER_KEY`) cannot be used", &[wrong]));
    }
    let key = settings.manager_key.clone().map_or_else(new_gateway_key, Ok)?;
    let consumer = Consumer::bearer(manager.consumer.clone(), key);
    document.consumers.insert(consumer.name.clone(), consumer);
    document.agents.insert(AgentId::Manager, manager);
    let value = serde_json::to_value(&document).map_err(|error| OpError::internal(error.to_string()))?;
    let draft = Draft {
        author: "agm".to_owned(),
        message: "first start: the Manager and its gateway key".to_owned(),
        document: value,
        passing: false,
    };
    Current::of(&*store.append(0, draft).await?)
}

/// Where nothing but the key is missing, there is another way to look.
fn without_key(error: agm_store::Error) -> OpError {
    use agm_store::Error::{KeyFileMissing, NoMasterKey, RetiredMasterKey, WrongMasterKey};
    let wrong = matches!(error, WrongMasterKey { .. } | NoMasterKey { .. } | RetiredMasterKey { .. } | KeyFileMissing { .. });
    let error = OpError::from(error);
    if !wrong {
        return error;
    }
    error.hint("if the right key is lost, `agm up --unreadable-secrets` shows everything but the secrets, and changes nothing")
}

async fn self_test(blob: &Blob) -> Result<(), OpError> {
    let result = blob.self_test("agm/self-test").await.map_err(|error| blob_failed(&error))?;
    if result.passed() {
        return Ok(());
    }
    let message = format!("{} cannot hold the revision log: {result}", blob.describe());
    Err(OpError::new(Fault::Unavailable, agm_domain::code::Code::StoreFailed, message)
        .hint("use storage with conditional writes (MinIO, SeaweedFS, AWS S3), or the data directory"))
}

fn held(error: &agm_blob::Error) -> OpError {
    if !matches!(error, agm_blob::Error::Locked { .. }) {
        return blob_failed(error);
    }
    OpError::new(Fault::Conflict, agm_domain::code::Code::NotLeader, error.to_string())
}

fn blob_failed(error: &agm_blob::Error) -> OpError {
    OpError::new(Fault::Unavailable, agm_domain::code::Code::StoreFailed, error.to_string())
}
