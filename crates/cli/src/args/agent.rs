//! `agent …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Lists the agents
    #[command(after_help = "Examples:\n  agm agent list")]
    List,
    /// Shows an agent, and how far its assignment is proven
    #[command(after_help = "Examples:\n  agm agent show worker:alice")]
    Show {
        /// `manager` or `worker:NAME`
        agent: String,
    },
    /// Registers a Worker: its identity at the gateway and its key
    Add(AgentAdd),
    /// Changes what agm keeps for an agent
    Set(AgentSet),
    /// Removes a Worker, its key and its assignment
    #[command(after_help = "Examples:\n  agm agent rm worker:alice")]
    Rm {
        /// `worker:NAME`
        agent: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Looks again at every piece of evidence
    #[command(after_help = "Examples:\n  agm agent check worker:alice\n  agm agent check manager --probe")]
    Check {
        /// `manager` or `worker:NAME`
        agent: String,
        /// Sends a real request through the gateway too, which may cost money
        #[arg(long)]
        probe: bool,
    },
    /// Mends what drifted
    #[command(after_help = "Examples:\n  agm agent repair worker:alice --dry-run")]
    Repair {
        /// `manager` or `worker:NAME`
        agent: String,
        /// Shows what would be mended, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints an agent's gateway key (admin; noted in the audit log)
    #[command(
        after_help = "Examples:\n  agm agent key worker:alice\n  agm agent key worker:alice --rotate\n  agm agent key worker:alice --rotate --dry-run"
    )]
    Key {
        /// `manager` or `worker:NAME`
        agent: String,
        /// Makes a new one first; the old one no longer works
        #[arg(long)]
        rotate: bool,
        /// Shows what a rotation would change, and makes no key
        #[arg(long, requires = "rotate")]
        dry_run: bool,
        /// Does not ask before a rotation
        #[arg(long, short, requires = "rotate")]
        yes: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm agent add alice
  agm agent add bob --config ~/.openclaw/openclaw.json --log /tmp/openclaw/openclaw.log
  agm agent add manager --config /srv/manager/openclaw.json      # the Manager exists; this gives it a file")]
pub(crate) struct AgentAdd {
    /// The Worker's name
    pub(crate) name: String,
    /// Its OpenClaw configuration file on this host, if agm is to keep the model in it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// OpenClaw's log, in which it says that it took the change
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) log: Option<PathBuf>,
    /// Reads the gateway key it has already from stdin; else one is made
    #[arg(long)]
    pub(crate) key_stdin: bool,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm agent set manager --config ~/.openclaw/openclaw.json
  agm agent set worker:bob --no-config --dry-run")]
pub(crate) struct AgentSet {
    /// `manager` or `worker:NAME`
    pub(crate) agent: String,
    /// Its OpenClaw configuration file on this host
    #[arg(long, value_name = "FILE", required_unless_present = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// OpenClaw's log
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) log: Option<PathBuf>,
    /// Keeps no file for it any more
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
