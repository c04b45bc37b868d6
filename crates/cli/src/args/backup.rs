//! `backup …`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Keeps the present state for good, under a label
    #[command(after_help = "Examples:\n  agm backup create 'before the release'")]
    Create {
        /// What to call it
        label: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Lists the backups, the newest first
    #[command(after_help = "Examples:\n  agm backup list --limit 200")]
    List {
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
    /// Shows what a backup holds; secrets masked
    #[command(after_help = "Examples:\n  agm backup show 12")]
    Show {
        /// Its number, or `last`: the newest that differs from the present state
        id: String,
    },
    /// Shows what differs from the present state, or from another backup
    #[command(after_help = "Examples:\n  agm backup diff last\n  agm backup diff 12 --to 17")]
    Diff {
        /// Its number, or `last`
        id: String,
        /// The other one, its number or `last` [default: the present state]
        #[arg(long, value_name = "ID", value_parser = number_or_last)]
        to: Option<String>,
    },
    /// Goes back to a backup, whole or in part
    Restore(Restore),
    /// Removes a backup
    #[command(after_help = "Examples:\n  agm backup rm 12\n  agm backup rm 12 --dry-run")]
    Rm {
        /// Its number
        id: u64,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
}

fn number_or_last(text: &str) -> Result<String, String> {
    let fine = text == "last" || text.parse::<u64>().is_ok();
    if fine { Ok(text.to_owned()) } else { Err("write a backup's number, or `last`".to_owned()) }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm backup restore last --dry-run
  agm backup restore 12 --only provider/qwen --only assignment/worker:alice")]
pub(crate) struct Restore {
    /// Its number, or `last`: the newest that differs from the present state
    pub(crate) id: String,
    /// Only this object, `noun/name`; may be repeated
    #[arg(long = "only", value_name = "NOUN/NAME")]
    pub(crate) objects: Vec<String>,
    /// Gives agents their old gateway keys back too
    #[arg(long)]
    pub(crate) consumer_keys: bool,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Does not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
