//! Every environment variable that agm reads, in one place.

macro_rules! variables {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        $($(#[doc = $doc])+ pub(crate) const $name: &str = stringify!($name);)+

        /// Every variable with what it is for, for the reference page.
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), concat!($($doc),+))),+];
    };
}

// agm's own, one for each setting.
variables! {
    /// Where agm keeps its data. Not a line of `agm.toml`, which is looked for there.
    AGM_DATA_DIR;
    /// The file of settings, where it is not `agm.toml` in the data directory.
    AGM_CONFIG;
    /// Where agents live and which gateway they use: `standalone`, or `auto` to look at the environment and say what was found.
    AGM_PLATFORM;
    /// Where the management API listens.
    AGM_LISTEN;
    /// The URL under which people reach the management API, where that is not its listening address.
    AGM_PUBLIC_URL;
    /// Addresses of reverse proxies that are believed about the client's address and host: addresses or networks, with commas between.
    AGM_TRUSTED_PROXIES;
    /// The admin's name.
    AGM_ADMIN_USER;
    /// The admin's password. With none given, one is made at the first start and shown once, on a terminal only.
    AGM_ADMIN_PASSWORD;
    /// What the Manager's gateway key may do on the management API: `operator`, `viewer` or `off`.
    AGM_MANAGER_ACCESS;
    /// The Manager's gateway key for a new store; without it one is made.
    AGM_MANAGER_KEY;
    /// How long requests in flight may take when agm stops.
    AGM_DRAIN;
    /// How often evidence is checked again in the background.
    AGM_RECHECK;
    /// What is logged: a level, or a filter by module.
    AGM_LOG_LEVEL;
    /// How the log looks: `text` or `json`.
    AGM_LOG_FORMAT;
    /// Where the log of revisions is kept: `dir` is the data directory, `s3` a bucket.
    AGM_STORE;
    /// The key that seals stored secrets: 32 bytes in base64. With none, a directory store makes `master.key`.
    AGM_MASTER_KEY;
    /// A file that holds the master key.
    AGM_MASTER_KEY_FILE;
    /// Starts also where the master key is wrong or missing: secrets are shown as unreadable, nothing can be changed, and the gateway serves nobody.
    AGM_UNREADABLE_SECRETS;
    /// The S3 server; empty for Amazon's own of the region.
    AGM_S3_ENDPOINT;
    /// The region that requests are signed for.
    AGM_S3_REGION;
    /// The bucket.
    AGM_S3_BUCKET;
    /// What the name of every object in the bucket starts with.
    AGM_S3_PREFIX;
    /// The id of the access key.
    AGM_S3_ACCESS_KEY;
    /// The secret of the access key.
    AGM_S3_SECRET_KEY;
    /// The token of temporary credentials.
    AGM_S3_SESSION_TOKEN;
    /// Whether the bucket stands in the path (`true`) or in the host name.
    AGM_S3_PATH_STYLE;
    /// Where the gateway listens.
    AGM_GATEWAY_LISTEN;
    /// The URL under which agents reach the gateway, where that is not its listening address.
    AGM_GATEWAY_URL;
    /// Whether the gateway's listener also serves management, under `/agm/` and on the own domains.
    AGM_UI_ON_GATEWAY;
    /// The own domains: hosts whose every path on the gateway's listener is management's.
    AGM_DOMAIN;
    /// Threads that serve requests; 0 is one for each core.
    AGM_GATEWAY_WORKERS;
    /// The largest body of a request.
    AGM_GATEWAY_MAX_BODY;
    /// How much of a body is read before the caller is known.
    AGM_GATEWAY_MAX_ANONYMOUS_BODY;
    /// The largest head of a request.
    AGM_GATEWAY_MAX_HEADER_BYTES;
    /// The most headers of a request.
    AGM_GATEWAY_MAX_HEADERS;
    /// The most open client connections.
    AGM_GATEWAY_MAX_CONNECTIONS;
    /// The most requests of one consumer at the same time.
    AGM_GATEWAY_MAX_REQUESTS_PER_CONSUMER;
    /// How long a client may take for the head of a request.
    AGM_GATEWAY_HEADER_TIMEOUT;
    /// How long a client may take for the next piece of a body.
    AGM_GATEWAY_BODY_TIMEOUT;
    /// How long a connection to a provider may take.
    AGM_GATEWAY_CONNECT_TIMEOUT;
    /// How long a provider may take for the head of its answer.
    AGM_GATEWAY_FIRST_BYTE_TIMEOUT;
    /// How long a provider may take for the next piece of its answer.
    AGM_GATEWAY_IDLE_TIMEOUT;
    /// How long an unused connection to a provider is kept.
    AGM_GATEWAY_KEEP_CONNECTIONS;
    /// How many unused connections are kept for each provider and thread.
    AGM_GATEWAY_IDLE_CONNECTIONS;
    /// How many requests the log in memory keeps.
    AGM_GATEWAY_REQUEST_LOG;
    /// Certificates in PEM that are trusted beside the system's, towards vendors and the S3 server.
    AGM_EXTRA_CA_FILE;
    /// How long a test waits for the connection to a vendor.
    AGM_VENDOR_CONNECT_TIMEOUT;
    /// How long a test or probe waits for a vendor in all.
    AGM_VENDOR_REQUEST_TIMEOUT;

    // Read by client commands.

    /// The server that client commands talk to.
    AGM_URL;
    /// The API token that client commands send; to a server found on the data directory they send its own.
    AGM_TOKEN;
    /// The key for `agm provider add`, `set` and `rotate-key`.
    AGM_PROVIDER_KEY;

    // The platform's: documented variables of the team that agm manages.

    /// The documented port of the monitor API: the management API listens there, on loopback.
    MONITOR_PORT;
    /// The admin's name in AgentTeams.
    AGENTTEAMS_ADMIN_USER;
    /// The admin's password in AgentTeams.
    AGENTTEAMS_ADMIN_PASSWORD;
    /// The admin's name in HiClaw.
    HICLAW_ADMIN_USER;
    /// The admin's password in HiClaw.
    HICLAW_ADMIN_PASSWORD;
    /// The Manager's gateway key in AgentTeams.
    AGENTTEAMS_MANAGER_GATEWAY_KEY;
    /// The Manager's gateway key in HiClaw.
    HICLAW_MANAGER_GATEWAY_KEY;

    // Conventions.

    /// Where a user's programs keep their data.
    XDG_DATA_HOME;
    /// The user's directory.
    HOME;
}

/// What a variable is for.
pub(crate) fn about(name: &str) -> &'static str {
    ALL.iter().find(|(known, _)| *known == name).map_or("", |(_, about)| about.trim())
}
