//! `up`, `demo`, `monitor`, `config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Settings of the server that can be given as arguments; all others are variables or lines of `agm.toml`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings (`agm config show` lists all of them)")]
pub(crate) struct ServerArgs {
    /// Where the management API listens; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Where the gateway listens; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) gateway_listen: Option<String>,
    /// Where the Console-compatible API listens: `off`, for there is none yet
    #[arg(long, value_name = "off", value_parser = ["off"])]
    pub(crate) console_listen: Option<String>,
    /// Where agents live and which gateway: `standalone`, or `auto` to look
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// Where the log of revisions is kept: `dir` or `s3`
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The URL under which people reach the management API
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Where the master key is wrong or lost: shows everything but the secrets, changes nothing, serves nobody
    #[arg(long)]
    pub(crate) unreadable_secrets: bool,
    /// Keeps management off the gateway's listener (`/agm/` and the own domain)
    #[arg(long)]
    pub(crate) no_ui_on_gateway: bool,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter by module
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// `text` or `json`
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// The file of settings [default: agm.toml in the data directory, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl ServerArgs {
    /// These arguments, and `kept` where nothing was given.
    pub(crate) fn over(self, kept: Self) -> Self {
        Self {
            listen: self.listen.or(kept.listen),
            gateway_listen: self.gateway_listen.or(kept.gateway_listen),
            console_listen: self.console_listen.or(kept.console_listen),
            platform: self.platform.or(kept.platform),
            store: self.store.or(kept.store),
            public_url: self.public_url.or(kept.public_url),
            unreadable_secrets: self.unreadable_secrets || kept.unreadable_secrets,
            no_ui_on_gateway: self.no_ui_on_gateway || kept.no_ui_on_gateway,
            log_level: self.log_level.or(kept.log_level),
            log_format: self.log_format.or(kept.log_format),
            config: self.config.or(kept.config),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm up
  agm up --listen 127.0.0.1:0 --gateway-listen 127.0.0.1:0     # free ports; run/endpoints.json says which
  AGM_ADMIN_USER=admin AGM_ADMIN_PASSWORD=… agm up --data-dir /srv/agm")]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Started by `agm monitor start`: says that it is ready on one line of JSON
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agm demo")]
pub(crate) struct DemoArgs {
    /// Ends after the switch, for scripts
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Says what would be started and stopped, and does neither
    #[arg(long, help_heading = "Options")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MonitorCommand {
    /// Starts agm in the background and waits until it is ready
    #[command(after_help = "Examples:\n  agm monitor start\n  agm monitor start --listen 127.0.0.1:18081 --dry-run")]
    Start(Box<MonitorArgs>),
    /// Stops it
    #[command(after_help = "Examples:\n  agm monitor stop\n  agm monitor stop --dry-run")]
    Stop {
        /// Says which process would be stopped, and stops none
        #[arg(long)]
        dry_run: bool,
    },
    /// Whether it runs, and where; exit code 3 when it does not
    #[command(after_help = "Examples:\n  agm monitor status\n  agm monitor status -o json")]
    Status,
    /// Stops it, if it runs, and starts it
    #[command(after_help = "Examples:\n  agm monitor restart")]
    Restart(Box<MonitorArgs>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints every setting of `agm up` with its value and where that comes from; secrets masked
    #[command(after_help = "Examples:\n  agm config show\n  AGM_LISTEN=127.0.0.1:0 agm config show -o json")]
    Show(Box<ServerArgs>),
}
