//! The settings of the server: the name in `agm.toml`, the flag, the variables, the default.

use super::variables as v;

/// One setting.
pub(crate) struct Setting {
    /// The name in `agm.toml`; a dot stands for a table.
    pub(crate) key: &'static str,
    /// The argument of `agm up`.
    pub(crate) flag: Option<&'static str>,
    /// agm's own variable.
    pub(crate) variable: &'static str,
    /// The platform's variables, the first that is set counts.
    pub(crate) platform: &'static [&'static str],
    /// As one would write it; empty where there is none.
    pub(crate) default: &'static str,
    /// How much of its value people see.
    pub(crate) shown: Shown,
    /// The least and the most that works, as one would write them.
    pub(crate) bounds: Option<(&'static str, &'static str)>,
}

/// How much of a value people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// A key that somebody compares with another one: its mask.
    Masked,
    /// A password, or a key that nobody has to recognise: that it is set.
    Hidden,
}

const fn setting(key: &'static str, variable: &'static str, default: &'static str) -> Setting {
    Setting { key, flag: None, variable, platform: &[], default, shown: Shown::Whole, bounds: None }
}

impl Setting {
    const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    const fn platform(mut self, names: &'static [&'static str]) -> Self {
        self.platform = names;
        self
    }

    const fn masked(mut self) -> Self {
        self.shown = Shown::Masked;
        self
    }

    const fn hidden(mut self) -> Self {
        self.shown = Shown::Hidden;
        self
    }

    const fn within(mut self, least: &'static str, most: &'static str) -> Self {
        self.bounds = Some((least, most));
        self
    }
}

/// Every setting, in the order in which they are shown.
pub(crate) static TABLE: &[Setting] = &[
    setting("platform", v::AGM_PLATFORM, "standalone").flag("--platform"),
    setting("listen", v::AGM_LISTEN, "127.0.0.1:18080").flag("--listen").platform(&[v::MONITOR_PORT]),
    setting("public-url", v::AGM_PUBLIC_URL, "").flag("--public-url"),
    setting("trusted-proxies", v::AGM_TRUSTED_PROXIES, ""),
    setting("domain", v::AGM_DOMAIN, "manager-local.hiclaw.io,manager-local.agentteams.io"),
    setting("admin.user", v::AGM_ADMIN_USER, "admin").platform(&[v::AGENTTEAMS_ADMIN_USER, v::HICLAW_ADMIN_USER]),
    setting("admin.password", v::AGM_ADMIN_PASSWORD, "").platform(&[v::AGENTTEAMS_ADMIN_PASSWORD, v::HICLAW_ADMIN_PASSWORD]).hidden(),
    setting("manager-access", v::AGM_MANAGER_ACCESS, "operator"),
    setting("manager-key", v::AGM_MANAGER_KEY, "").platform(&[v::AGENTTEAMS_MANAGER_GATEWAY_KEY, v::HICLAW_MANAGER_GATEWAY_KEY]).masked(),
    setting("drain", v::AGM_DRAIN, "10s").within("0s", "1h"),
    setting("recheck", v::AGM_RECHECK, "30s").within("1s", "24h"),
    setting("log.level", v::AGM_LOG_LEVEL, "info").flag("--log-level"),
    setting("log.format", v::AGM_LOG_FORMAT, "text").flag("--log-format"),
    setting("store", v::AGM_STORE, "dir").flag("--store"),
    setting("master-key", v::AGM_MASTER_KEY, "").hidden(),
    setting("master-key-file", v::AGM_MASTER_KEY_FILE, ""),
    setting("unreadable-secrets", v::AGM_UNREADABLE_SECRETS, "false").flag("--unreadable-secrets"),
    setting("s3.endpoint", v::AGM_S3_ENDPOINT, ""),
    setting("s3.region", v::AGM_S3_REGION, "us-east-1"),
    setting("s3.bucket", v::AGM_S3_BUCKET, ""),
    setting("s3.prefix", v::AGM_S3_PREFIX, ""),
    setting("s3.access-key", v::AGM_S3_ACCESS_KEY, ""),
    setting("s3.secret-key", v::AGM_S3_SECRET_KEY, "").hidden(),
    setting("s3.session-token", v::AGM_S3_SESSION_TOKEN, "").hidden(),
    setting("s3.path-style", v::AGM_S3_PATH_STYLE, "true"),
    setting("gateway.listen", v::AGM_GATEWAY_LISTEN, "127.0.0.1:8080").flag("--gateway-listen"),
    setting("gateway.url", v::AGM_GATEWAY_URL, ""),
    setting("gateway.ui", v::AGM_UI_ON_GATEWAY, "true").flag("--no-ui-on-gateway"),
    setting("gateway.workers", v::AGM_GATEWAY_WORKERS, "0").within("0", "256"),
    setting("gateway.max-body", v::AGM_GATEWAY_MAX_BODY, "100MiB").within("1KiB", "16GiB"),
    setting("gateway.max-anonymous-body", v::AGM_GATEWAY_MAX_ANONYMOUS_BODY, "1MiB").within("1KiB", "16GiB"),
    setting("gateway.max-header-bytes", v::AGM_GATEWAY_MAX_HEADER_BYTES, "64KiB").within("8KiB", "16MiB"),
    setting("gateway.max-headers", v::AGM_GATEWAY_MAX_HEADERS, "100").within("10", "10000"),
    setting("gateway.max-connections", v::AGM_GATEWAY_MAX_CONNECTIONS, "10000").within("1", "1000000"),
    setting("gateway.max-requests-per-consumer", v::AGM_GATEWAY_MAX_REQUESTS_PER_CONSUMER, "1000").within("1", "1000000"),
    setting("gateway.header-timeout", v::AGM_GATEWAY_HEADER_TIMEOUT, "75s").within("100ms", "24h"),
    setting("gateway.body-timeout", v::AGM_GATEWAY_BODY_TIMEOUT, "60s").within("100ms", "24h"),
    setting("gateway.connect-timeout", v::AGM_GATEWAY_CONNECT_TIMEOUT, "10s").within("100ms", "24h"),
    setting("gateway.first-byte-timeout", v::AGM_GATEWAY_FIRST_BYTE_TIMEOUT, "10m").within("100ms", "24h"),
    setting("gateway.idle-timeout", v::AGM_GATEWAY_IDLE_TIMEOUT, "3m").within("100ms", "24h"),
    setting("gateway.keep-connections", v::AGM_GATEWAY_KEEP_CONNECTIONS, "30s").within("100ms", "24h"),
    setting("gateway.idle-connections", v::AGM_GATEWAY_IDLE_CONNECTIONS, "256").within("0", "100000"),
    setting("gateway.request-log", v::AGM_GATEWAY_REQUEST_LOG, "4096").within("1", "1000000"),
    setting("extra-ca-file", v::AGM_EXTRA_CA_FILE, ""),
    setting("vendor.connect-timeout", v::AGM_VENDOR_CONNECT_TIMEOUT, "10s").within("100ms", "1h"),
    setting("vendor.request-timeout", v::AGM_VENDOR_REQUEST_TIMEOUT, "60s").within("100ms", "1h"),
];
