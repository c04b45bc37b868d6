//! The settings of `agm up`, without an open question.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agm_blob::S3Config;
use agm_domain::secret::Secret;
use agm_gateway::Timeouts;
use agm_ops::{AdminCredentials, ManagerAccess, Patience, Storage};
use agm_server::Network;
use secrecy::SecretString;

use super::found::{Findings, Found};
use super::platform;
use super::table::TABLE;
use super::{Lookup, parse};
use super::{data_dir, file, found, variables as v};
use crate::args::{Global, ServerArgs};
use crate::error::{CliError, Result};

/// Everything that `agm up` needs to know.
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) admin: AdminCredentials,
    pub(crate) manager_access: ManagerAccess,
    pub(crate) manager_key: Option<Secret>,
    pub(crate) drain: Duration,
    pub(crate) recheck: Duration,
    pub(crate) log: Log,
    pub(crate) storage: Storage,
    pub(crate) master_key: Option<Secret>,
    /// Whether a start without the right key is one for reading.
    pub(crate) unreadable_secrets: bool,
    pub(crate) gateway_listen: SocketAddr,
    pub(crate) gateway_url: Option<String>,
    /// Whether the gateway's listener serves management too.
    pub(crate) gateway_ui: bool,
    /// Everything about the gateway but the page, which exists only once the server runs.
    pub(crate) gateway: agm_gateway::Settings,
    pub(crate) patience: Patience,
    /// Every setting with its text and origin.
    pub(crate) found: Vec<Found>,
    /// What a person should know.
    pub(crate) remarks: Vec<String>,
}

/// What is logged, and how it looks.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

impl Settings {
    /// Whether nobody else's machine can reach a listener.
    pub(crate) fn loopback_only(&self) -> bool {
        self.listen.ip().is_loopback() && self.gateway_listen.ip().is_loopback()
    }
}

/// Settles every setting. All problems come at once.
pub(crate) fn resolve(global: &Global, args: &ServerArgs, env: Lookup<'_>) -> Result<Settings> {
    let data_dir = data_dir(global.data_dir.as_deref(), env, data_dir::is_root())?;
    let named = args.config.clone().or_else(|| env(v::AGM_CONFIG).map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| data_dir.join("agm.toml"));
    let file = file::read(&path, named.is_some())?;
    let findings = found::find(&flags(args), env, &file, &path);
    let mut reader = Reader { findings: &findings, problems: Vec::new() };
    let settings = reader.settings(data_dir, env);
    match (settings, reader.problems) {
        (Ok(settings), problems) if problems.is_empty() => Ok(settings),
        (_, problems) => {
            Err(CliError::usage(problems.join("\n  ")).hint("`agm up --help` and docs/reference/configuration.md describe every setting"))
        }
    }
}

fn flags(args: &ServerArgs) -> BTreeMap<&'static str, String> {
    let ServerArgs {
        listen,
        gateway_listen,
        platform,
        store,
        public_url,
        unreadable_secrets,
        no_ui_on_gateway,
        log_level,
        log_format,
        config: _,
        console_listen: _,
    } = args;
    let given = [
        ("--listen", listen.clone()),
        ("--gateway-listen", gateway_listen.clone()),
        ("--platform", platform.clone()),
        ("--store", store.clone()),
        ("--public-url", public_url.clone()),
        ("--unreadable-secrets", unreadable_secrets.then(|| "true".to_owned())),
        ("--no-ui-on-gateway", no_ui_on_gateway.then(|| "false".to_owned())),
        ("--log-level", log_level.clone()),
        ("--log-format", log_format.clone()),
    ];
    given.into_iter().filter_map(|(flag, text)| Some((flag, text?))).collect()
}

/// A problem that has been noted; the caller goes on to find the others.
struct Noted;

type Read<T> = std::result::Result<T, Noted>;

/// Reads texts as values and collects what is wrong with them.
struct Reader<'a> {
    findings: &'a Findings,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> &str {
        self.found(key).map_or("", |found| found.text.as_str())
    }

    fn found(&self, key: &str) -> Option<&Found> {
        self.findings.found.iter().find(|found| found.key == key)
    }

    /// An empty text is no value.
    fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn secret(&self, key: &str) -> Option<Secret> {
        self.optional(key).map(Secret::from)
    }

    fn parse<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> std::result::Result<T, String>) -> Read<T> {
        match parse(self.text(key)) {
            Ok(value) => Ok(value),
            Err(why) => Err(self.problem(key, &why)),
        }
    }

    /// A number, size or time within its bounds.
    fn within<T: PartialOrd>(&mut self, key: &str, parse: impl Fn(&str) -> std::result::Result<T, String>) -> Read<T> {
        let bounds = TABLE.iter().find(|setting| setting.key == key).and_then(|setting| setting.bounds);
        self.parse(key, |text| {
            let value = parse(text)?;
            let Some((least, most)) = bounds else { return Ok(value) };
            let fits = parse(least).is_ok_and(|least| value >= least) && parse(most).is_ok_and(|most| value <= most);
            if fits { Ok(value) } else { Err(format!("it goes from {least} to {most}")) }
        })
    }

    fn problem(&mut self, key: &str, why: &str) -> Noted {
        let (shown, origin) = self.found(key).map_or_else(Default::default, |found| (found.shown(), found.origin.to_string()));
        let problem =
            if shown.is_empty() { format!("`{key}` is missing: {why}") } else { format!("`{key}` is `{shown}` ({origin}): {why}") };
        self.problems.push(problem);
        Noted
    }

    fn settings(&mut self, data_dir: PathBuf, env: Lookup<'_>) -> Read<Settings> {
        let platform = self.parse("platform", |text| platform::choose(text, env));
        let listen = self.parse("listen", parse::listen);
        let gateway_listen = self.parse("gateway.listen", parse::listen);
        let public_url = self.url("public-url");
        let gateway_url = self.url("gateway.url");
        let trusted_proxies = self.parse("trusted-proxies", |text| {
            parse::list(text).iter().map(|network| network.parse()).collect::<std::result::Result<Vec<Network>, String>>()
        });
        let manager_access = self.parse("manager-access", manager_access);
        let drain = self.within("drain", parse::duration);
        let recheck = self.within("recheck", parse::duration);
        let log = self.log();
        let storage = self.storage();
        let master_key = self.master_key();
        let unreadable_secrets = self.parse("unreadable-secrets", parse::boolean);
        let gateway_ui = self.parse("gateway.ui", parse::boolean);
        let gateway = self.gateway();
        let patience = self.patience();
        let remark = platform?;
        Ok(Settings {
            data_dir,
            listen: listen?,
            public_url: public_url?,
            trusted_proxies: trusted_proxies?,
            admin: self.admin(),
            manager_access: manager_access?,
            manager_key: self.secret("manager-key"),
            drain: drain?,
            recheck: recheck?,
            log: log?,
            storage: storage?,
            master_key: master_key?,
            unreadable_secrets: unreadable_secrets?,
            gateway_listen: gateway_listen?,
            gateway_url: gateway_url?,
            gateway_ui: gateway_ui?,
            gateway: gateway?,
            patience: patience?,
            found: self.findings.found.clone(),
            remarks: self.findings.remarks.iter().cloned().chain(remark).collect(),
        })
    }

    /// A URL without its last slash, or none.
    fn url(&mut self, key: &str) -> Read<Option<String>> {
        self.parse(key, |text| match text {
            "" => Ok(None),
            text => parse::url(text).map(|url| Some(url.as_str().trim_end_matches('/').to_owned())),
        })
    }

    fn admin(&self) -> AdminCredentials {
        let user = self.text("admin.user").to_owned();
        match self.secret("admin.password") {
            Some(password) => AdminCredentials::Given { user, password },
            None => AdminCredentials::Generated { user },
        }
    }

    fn log(&mut self) -> Read<Log> {
        let filter = self.parse("log.level", |text| match text.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err("write `error`, `warn`, `info`, `debug` or `trace`".to_owned()),
        });
        let format = self.parse("log.format", |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("write `text` or `json`".to_owned()),
        });
        Ok(Log { filter: filter?, format: format? })
    }

    fn storage(&mut self) -> Read<Storage> {
        match self.text("store") {
            "dir" => Ok(Storage::Directory),
            "s3" => self.bucket().map(|config| Storage::S3(Box::new(config))),
            _ => Err(self.problem("store", "write `dir` or `s3`")),
        }
    }

    fn bucket(&mut self) -> Read<S3Config> {
        let endpoint = self.url("s3.endpoint");
        let path_style = self.parse("s3.path-style", parse::boolean);
        for (key, why) in [
            ("s3.bucket", "name the bucket"),
            ("s3.access-key", "give the id of the access key"),
            ("s3.secret-key", "give the secret of the access key"),
        ] {
            if self.text(key).is_empty() {
                let Noted = self.problem(key, why);
            }
        }
        let extra_ca_pem = self.parse("extra-ca-file", |text| match text {
            "" => Ok(None),
            path => std::fs::read(path).map(Some).map_err(|error| error.to_string()),
        });
        Ok(S3Config {
            endpoint: endpoint?,
            region: self.text("s3.region").to_owned(),
            bucket: self.text("s3.bucket").to_owned(),
            prefix: self.text("s3.prefix").to_owned(),
            access_key: self.text("s3.access-key").to_owned(),
            secret_key: SecretString::from(self.text("s3.secret-key")),
            session_token: self.optional("s3.session-token").map(SecretString::from),
            path_style: path_style?,
            extra_ca_pem: extra_ca_pem?,
        })
    }

    /// The key itself, or what its file holds. Both at once would hide which one counts.
    fn master_key(&mut self) -> Read<Option<Secret>> {
        let key = self.secret("master-key");
        let file = self.optional("master-key-file");
        match (key, file) {
            (Some(_), Some(_)) => Err(self.problem("master-key-file", "`master-key` is given too; give one of them")),
            (key, None) => Ok(key),
            (None, Some(path)) => match std::fs::read_to_string(Path::new(&path)) {
                Ok(text) => Ok(Some(Secret::from(text.trim()))),
                Err(error) => Err(self.problem("master-key-file", &error.to_string())),
            },
        }
    }

    fn gateway(&mut self) -> Read<agm_gateway::Settings> {
        let workers = self.within("gateway.workers", parse::number);
        let limits = self.limits();
        let timeouts = self.timeouts();
        let idle_connections = self.within("gateway.idle-connections", parse::number);
        let log_capacity = self.within("gateway.request-log", parse::number);
        let hosts = parse::list(&self.text("domain").to_ascii_lowercase());
        Ok(agm_gateway::Settings {
            workers: workers?,
            limits: limits?,
            timeouts: timeouts?,
            idle_connections: idle_connections?,
            extra_ca_file: self.optional("extra-ca-file").map(PathBuf::from),
            page: None,
            page_hosts: hosts.into_iter().collect(),
            log_capacity: log_capacity?,
        })
    }

    fn limits(&mut self) -> Read<agm_gateway::Limits> {
        let body = self.within("gateway.max-body", parse::bytes);
        let anonymous_body = self.within("gateway.max-anonymous-body", parse::bytes);
        let header_bytes = self.within("gateway.max-header-bytes", parse::bytes);
        let headers = self.within("gateway.max-headers", parse::number);
        let connections = self.within("gateway.max-connections", parse::number);
        let requests_per_consumer = self.within("gateway.max-requests-per-consumer", parse::number);
        Ok(agm_gateway::Limits {
            body: body?,
            anonymous_body: anonymous_body?,
            header_bytes: header_bytes?,
            headers: headers?,
            connections: connections?,
            requests_per_consumer: requests_per_consumer?,
        })
    }

    fn timeouts(&mut self) -> Read<Timeouts> {
        let mut of = |key| self.within(key, parse::duration);
        let header = of("gateway.header-timeout");
        let body = of("gateway.body-timeout");
        let connect = of("gateway.connect-timeout");
        let first_byte = of("gateway.first-byte-timeout");
        let idle = of("gateway.idle-timeout");
        let keep = of("gateway.keep-connections");
        Ok(Timeouts { header: header?, body: body?, connect: connect?, first_byte: first_byte?, idle: idle?, keep: keep? })
    }

    fn patience(&mut self) -> Read<Patience> {
        let connect = self.within("vendor.connect-timeout", parse::duration);
        let request = self.within("vendor.request-timeout", parse::duration);
        Ok(Patience { connect: connect?, request: request? })
    }
}

fn manager_access(text: &str) -> std::result::Result<ManagerAccess, String> {
    match text {
        "operator" => Ok(ManagerAccess::Operator),
        "viewer" => Ok(ManagerAccess::Viewer),
        "off" => Ok(ManagerAccess::Off),
        _ => Err("write `operator`, `viewer` or `off`".to_owned()),
    }
}
