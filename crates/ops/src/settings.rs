//! What agm is started with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agm_blob::S3Config;
use agm_domain::secret::Secret;
use agm_gateway::Clock;

/// Everything [`crate::Agm::start`] needs. Nothing is read from the environment below this point.
#[derive(Clone)]
pub struct Settings {
    /// Local, 0700: the key file, the lock, and the store where that is a directory.
    pub data_dir: PathBuf,
    /// Where revisions live.
    pub storage: Storage,
    /// The master key (base64, 32 bytes); none means the key file, which is made for a new directory store.
    pub master_key: Option<Secret>,
    /// Where no master key fits: shows everything but the secrets, and changes nothing, instead of not starting.
    pub unreadable_secrets: bool,
    /// The Manager's gateway key for a new store; none means one is made.
    pub manager_key: Option<Secret>,
    /// Where the embedded gateway listens.
    pub gateway_listen: SocketAddr,
    /// The gateway's own settings.
    pub gateway: agm_gateway::Settings,
    /// The URL under which agents reach the gateway, where it is not the listening address.
    pub gateway_url: Option<String>,
    /// Where other processes on the same store send their users.
    pub management_url: String,
    /// How long agm waits for vendors.
    pub patience: Patience,
    /// How often evidence is checked again in the background.
    pub recheck: Duration,
    /// The time.
    pub clock: Clock,
}

/// Where revisions live.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In the data directory.
    Directory,
    /// In a bucket.
    S3(Box<S3Config>),
}

/// How long agm waits for a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the connection.
    pub connect: Duration,
    /// For a test or probe as a whole.
    pub request: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // Reasoning models think before their first token; a refused key answers at once.
        Self { connect: Duration::from_secs(10), request: Duration::from_mins(1) }
    }
}
