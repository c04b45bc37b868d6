//! What can be typed. Nothing is decided here: settings and commands take it from there.

mod agent;
mod backup;
mod model;
mod provider;
mod route;
mod server;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use agent::{AgentAdd, AgentCommand, AgentSet};
pub(crate) use backup::{BackupCommand, Restore};
pub(crate) use model::{ModelCommand, ModelPut, Restart, SetModel, SwitchOptions};
pub(crate) use provider::{CreateProvider, KeySource, ProviderAdd, ProviderCommand, ProviderSet, RotateKey};
pub(crate) use route::{RouteCommand, RouteSet, Upstream};
pub(crate) use server::{ConfigCommand, DemoArgs, MonitorArgs, MonitorCommand, ServerArgs, UpArgs};
pub(crate) use watch::{EventsArgs, KeyCommand, TokenCommand, TokenCreate};

/// AI Gateway Manager: providers, routes, and the models your agents run on.
#[derive(Debug, Parser)]
#[command(name = "agm", version, max_term_width = 110, disable_help_subcommand = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  agm demo                                     a look at everything, with simulated vendors
  agm up                                       start the gateway and its management here
  agm provider add qwen --type qwen            asks for the key
  agm agent add alice
  agm model set worker:alice qwen3.5-plus --provider qwen

Exit codes: 0 done, 1 failed, 2 usage, 3 no server, 4 not found, 5 conflict, 6 not reachable, 7 not finished.";

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where agm keeps its data; the server's address and local token are found there [default: $AGM_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The server to talk to [default: $AGM_URL, else the one that runs on this data directory]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// How to print what comes out
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// The same as `-o json`
    #[arg(long, global = true, conflicts_with = "output")]
    pub(crate) json: bool,
}

impl Global {
    /// How to print.
    pub(crate) fn format(&self) -> Format {
        match (self.json, self.output) {
            (true, _) => Format::Json,
            (false, format) => format.unwrap_or(Format::Table),
        }
    }
}

/// How to print what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// The API's answer
    Json,
    /// The API's answer, as YAML
    Yaml,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts the gateway and its management in the foreground
    Up(Box<UpArgs>),
    /// Shows everything at work, on simulated vendors, in a throw-away directory
    Demo(DemoArgs),
    /// Runs the same as `up` in the background
    #[command(subcommand)]
    Monitor(MonitorCommand),
    /// Providers: vendor accounts, their keys and models
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Routes: which provider serves which model
    #[command(subcommand)]
    Route(RouteCommand),
    /// Agents: the Manager and its Workers, and the evidence of what they run on
    #[command(subcommand)]
    Agent(AgentCommand),
    /// The switch (`set`), and the catalog of models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Moves an agent to another model (the documented script's name and flags)
    SetModel(SetModel),
    /// Shows what an agent should run on (the documented script's name)
    #[command(after_help = "Examples:\n  agm get-assignment manager\n  agm get-assignment worker:alice -o json")]
    GetAssignment {
        /// `manager` or `worker:NAME`
        target: String,
    },
    /// Lists the providers (the documented script's name)
    ListProviders,
    /// Adds a provider (the documented script's name and flags)
    CreateProvider(CreateProvider),
    /// Backups: every change leaves one behind
    #[command(subcommand)]
    Backup(BackupCommand),
    /// How agm is: findings, drift, switches under way
    #[command(after_help = "Examples:\n  agm status\n  agm status -o json")]
    Status,
    /// What happens, as it happens
    Events(EventsArgs),
    /// Who changed what
    #[command(after_help = "Examples:\n  agm audit\n  agm audit --limit 200 -o json")]
    Audit {
        /// How many entries, the newest first
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
    /// API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// The key that seals the store
    #[command(subcommand)]
    Key(KeyCommand),
    /// The settings, and where each comes from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Prints a completion script for a shell
    #[command(after_help = "Examples:\n  agm completions bash > /etc/bash_completion.d/agm\n  agm completions zsh > \"${fpath[1]}/_agm\"")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Prints the description of the HTTP API (OpenAPI 3.1)
    #[command(after_help = "Examples:\n  agm openapi > agm.json\n  agm openapi -o yaml")]
    Openapi,
    /// Prints the version
    Version,
}
