//! The storages that the store is tested on, and a clock that the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use agm_blob::lock::DirLock;
use agm_blob::{Blob, S3Config};
use agm_store::{Clock, Draft, Hold, MasterKey, Retention, Store, StoreConfig, Timestamp};
use agm_testkit::s3::MemS3;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A key that must never be seen in the storage, in an error or in a `Debug`.
pub const PLANTED: &str = "sk-planted-0123456789abcdef";

/// A storage with an empty place of its own, a master key, and a time.
pub struct Bed {
    pub blob: Blob,
    pub master: MasterKey,
    now: Arc<Mutex<Timestamp>>,
    place: Place,
}

enum Place {
    Dir(TempDir),
    Mem(MemS3),
    Real,
}

impl Bed {
    fn new(blob: Blob, place: Place) -> Self {
        Self { blob, master: MasterKey::generate().unwrap(), now: Arc::new(Mutex::new("2026-06-15T12:00:00Z".parse().unwrap())), place }
    }

    pub async fn dir() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::new(Blob::dir(dir.path()).await.unwrap(), Place::Dir(dir))
    }

    pub async fn mem_s3() -> Self {
        let server = MemS3::start().await.unwrap();
        let blob = s3(server.endpoint(), server.bucket(), "team", (server.access_key(), server.secret_key()));
        Self::new(blob, Place::Mem(server))
    }

    /// The server that `AGM_TEST_S3_ENDPOINT` names; `None` where it is not set.
    pub fn real_s3() -> Option<Self> {
        let Ok(endpoint) = std::env::var("AGM_TEST_S3_ENDPOINT") else {
            eprintln!("skipped: AGM_TEST_S3_ENDPOINT is not set");
            return None;
        };
        let var = |name: &str| std::env::var(format!("AGM_TEST_S3_{name}")).unwrap();
        let prefix = format!("store-{}", agm_store::Uuid::now_v7());
        let blob = s3(&endpoint, &var("BUCKET"), &prefix, (&var("ACCESS_KEY"), &var("SECRET_KEY")));
        Some(Self::new(blob, Place::Real))
    }

    /// The server, on a bed that has one in memory.
    pub fn server(&self) -> &MemS3 {
        match &self.place {
            Place::Mem(server) => server,
            Place::Dir(_) | Place::Real => panic!("this bed has no server in memory"),
        }
    }

    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap();
        *now += by;
    }

    pub fn config(&self) -> StoreConfig {
        let now = Arc::clone(&self.now);
        StoreConfig {
            secret_paths: |document| {
                let providers = document["providers"].as_array().map_or(0, Vec::len);
                (0..providers).map(|n| format!("/providers/{n}/key")).collect()
            },
            uncounted_paths: |_| vec!["/version".to_owned()],
            retention: Retention { last: 3, days: 2 },
            clock: Clock::new(move || *now.lock().unwrap()),
            ..StoreConfig::new(self.blob.clone(), vec![self.master.clone()])
        }
    }

    /// A store that reads.
    pub async fn reader(&self) -> Store {
        Store::open(self.config()).await.unwrap()
    }

    /// A store that acts.
    pub async fn store(&self) -> Store {
        let store = self.reader().await;
        store.acquire(self.hold("http://acting:1")).await.unwrap();
        store
    }

    pub fn hold(&self, url: &str) -> Hold {
        match &self.place {
            Place::Dir(dir) => Hold::Lock(DirLock::acquire(dir.path()).unwrap()),
            Place::Mem(_) | Place::Real => Hold::Lease { url: url.to_owned() },
        }
    }
}

fn s3(endpoint: &str, bucket: &str, prefix: &str, key: (&str, &str)) -> Blob {
    let config = S3Config {
        endpoint: Some(endpoint.to_owned()),
        region: "us-east-1".to_owned(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        access_key: key.0.to_owned(),
        secret_key: key.1.into(),
        session_token: None,
        path_style: true,
        extra_ca_pem: None,
    };
    Blob::s3(&config).unwrap()
}

/// A document with a planted secret and a version that does not count.
pub fn document(name: &str) -> Value {
    json!({"version": name.len(), "providers": [{"name": name, "key": PLANTED}], "unknown": {"z": 1, "a": [1.5, null]}})
}

pub fn draft(name: &str) -> Draft {
    Draft { author: "admin".to_owned(), message: format!("add {name}"), document: document(name), passing: false }
}
