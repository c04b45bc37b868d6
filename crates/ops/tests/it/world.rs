//! An agm in a directory of its own, and vendors for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::document::Document;
use agm_domain::new_provider::NewProvider;
use agm_domain::secret::Secret;
use agm_domain::switch::SwitchState;
use agm_ops::{Actor, Agm, NewAgent, Patience, Role, Settings, Storage, SwitchRequest};
use agm_simvendor::{Flavour, Script, Vendor};
use agm_store::Draft;
use agm_testkit::dir::DataDir;
use serde_json::json;

/// What a test stands in.
pub(crate) struct World {
    pub(crate) agm: Agm,
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) dir: DataDir,
    /// How far agm's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

/// The key that every vendor of [`World::with`] takes.
pub(crate) const KEY: &str = "sk-right-0123456789abcdef";

impl World {
    /// An agm and as many well-behaved vendors, named `one`, `two`, `three`.
    pub(crate) async fn with(vendors: usize) -> Self {
        let names = ["one", "two", "three"];
        let scripts = names.into_iter().take(vendors).map(|name| script(name).key(KEY));
        Self::of(scripts.collect()).await
    }

    /// The same with little patience, for tests in which a vendor does not answer.
    pub(crate) async fn impatient(vendors: usize) -> Self {
        let names = ["one", "two", "three"];
        let scripts = names.into_iter().take(vendors).map(|name| script(name).key(KEY));
        let patience = Patience { connect: Duration::from_secs(2), request: Duration::from_secs(3) };
        Self::set(scripts.collect(), |settings| settings.patience = patience).await
    }

    /// An agm and vendors with these scripts.
    pub(crate) async fn of(scripts: Vec<Script>) -> Self {
        Self::set(scripts, |_| ()).await
    }

    /// The same with settings changed.
    pub(crate) async fn set(scripts: Vec<Script>, change: impl FnOnce(&mut Settings)) -> Self {
        let dir = DataDir::new("ops").unwrap();
        let mut vendors = Vec::new();
        for script in scripts {
            vendors.push(Vendor::start(script).await.unwrap());
        }
        let mut settings = settings(&dir);
        let (ahead, clock) = (Arc::new(AtomicI64::new(0)), settings.clock.clone());
        let offset = ahead.clone();
        settings.clock = Arc::new(move || clock() + jiff::SignedDuration::from_millis(offset.load(Ordering::Relaxed)));
        change(&mut settings);
        let agm = Agm::start(settings).await.unwrap();
        Self { agm, vendors, dir, ahead }
    }

    /// Stops agm, does something to its directory, and starts it again with settings changed.
    pub(crate) async fn restarted(self, between: impl FnOnce(&Path), change: impl FnOnce(&mut Settings)) -> Self {
        let Self { agm, vendors, dir, ahead } = self;
        agm.shutdown(Duration::from_secs(5)).await;
        drop(agm);
        between(dir.path());
        let mut settings = settings(&dir);
        change(&mut settings);
        Self { agm: Agm::start(settings).await.unwrap(), vendors, dir, ahead }
    }

    /// Adds a provider of this type, at the vendor of this place, with the right key.
    pub(crate) async fn provider(&self, name: &str, kind: &str, vendor: usize) {
        let asked = new_provider(name, kind, KEY, &self.vendors[vendor]);
        self.agm.add_provider(&actor(), &asked, false).await.unwrap();
    }

    /// Switches an agent, and waits for it.
    pub(crate) async fn run_on(&self, target: &str, provider: &str, model: &str) {
        if let AgentId::Worker(name) = AgentId::parse(target).unwrap() {
            self.agent(name.as_str()).await;
        }
        let request = json!({ "targets": [target], "provider": provider, "model": model });
        let request: SwitchRequest = serde_json::from_value(request).unwrap();
        let id = self.agm.start_switch(&actor(), request).await.unwrap();
        let report = self.agm.wait_for_switch(&id, Duration::from_secs(20)).await.unwrap();
        assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    }

    /// Registers a Worker, if it is not registered yet.
    pub(crate) async fn agent(&self, name: &str) {
        if !self.agm.current().document.agents.contains_key(&AgentId::parse(name).unwrap()) {
            let new = NewAgent { name: name.to_owned(), ..NewAgent::default() };
            self.agm.add_agent(&actor(), new, false).await.unwrap();
        }
    }

    /// Changes the configuration as another process on the same store would: past every check.
    pub(crate) async fn elsewhere(&self, change: impl FnOnce(&mut Document)) {
        let current = self.agm.current();
        let mut document = current.document.clone();
        change(&mut document);
        let draft = Draft {
            author: "somebody".to_owned(),
            message: "changed elsewhere".to_owned(),
            document: serde_json::to_value(&document).unwrap(),
            passing: false,
        };
        self.agm.store().append(current.head.number, draft).await.unwrap();
        self.agm.reload().await.unwrap();
    }

    /// Lets agm's clock go ahead.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// The revision in force.
    pub(crate) fn revision(&self) -> u64 {
        self.agm.current().head.number
    }
}

/// What agm is started with: this directory, free ports.
pub(crate) fn settings(dir: &DataDir) -> Settings {
    settings_at(dir.path())
}

/// The same for a path.
pub(crate) fn settings_at(dir: &std::path::Path) -> Settings {
    let gateway = agm_gateway::Settings { workers: 1, ..agm_gateway::Settings::default() };
    Settings {
        data_dir: dir.to_owned(),
        storage: Storage::Directory,
        master_key: None,
        unreadable_secrets: false,
        manager_key: None,
        gateway_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        gateway,
        gateway_url: None,
        management_url: "http://127.0.0.1:0".to_owned(),
        patience: Patience { connect: Duration::from_secs(5), request: Duration::from_secs(20) },
        recheck: Duration::from_hours(1),
        clock: agm_gateway::system_clock(),
    }
}

/// A vendor that has OpenAI's manners and takes any key.
pub(crate) fn script(name: &str) -> Script {
    Script::new(name, Flavour::OpenAi)
}

/// A provider as a user asks for it.
pub(crate) fn new_provider(name: &str, kind: &str, key: &str, vendor: &Vendor) -> NewProvider {
    NewProvider {
        name: name.to_owned(),
        kind: kind.to_owned(),
        keys: vec![Secret::from(key)],
        base_url: Some(format!("{}/v1", vendor.url())),
        ..NewProvider::default()
    }
}

/// Somebody who may do everything.
pub(crate) fn actor() -> Actor {
    Actor::new("tester", Role::Admin)
}
