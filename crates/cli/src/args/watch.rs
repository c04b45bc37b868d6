//! `events`, `token …` and `key …`.

use agm_ops::EventKind;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm events --follow
  agm events --follow --type 'switch.*' --type drift.changed
  agm events --follow --since 120 -o json | jq .type")]
pub(crate) struct EventsArgs {
    /// Goes on until it is interrupted (as it does by itself)
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only events after this number
    #[arg(long, value_name = "SEQ")]
    pub(crate) since: Option<u64>,
    /// Only these types; `switch.*` for all of a kind; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = known_type)]
    pub(crate) types: Vec<String>,
}

/// A type that never comes would be waited for without end.
fn known_type(text: &str) -> Result<String, String> {
    let wanted = |kind: &str| kind == text || text.strip_suffix('*').is_some_and(|start| kind.starts_with(start));
    if EventKind::ALL.iter().any(|(_, kind, _)| wanted(kind)) {
        return Ok(text.to_owned());
    }
    let all: Vec<&str> = EventKind::ALL.iter().map(|(_, kind, _)| *kind).collect();
    Err(format!("the types are {}", all.join(", ")))
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token; it is shown once
    Create(TokenCreate),
    /// Lists the tokens
    #[command(after_help = "Examples:\n  agm token list")]
    List,
    /// Takes a token out of use
    #[command(after_help = "Examples:\n  agm token revoke 0199c1f0-…\n  agm token revoke 0199c1f0-… --dry-run")]
    Revoke {
        /// Its id
        id: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm token create ci --role operator --expires-in 90d
  AGM_URL=http://127.0.0.1:18080 AGM_TOKEN=$(agm token create ci --role viewer) agm status")]
pub(crate) struct TokenCreate {
    /// What to call it
    pub(crate) name: String,
    /// What it may do
    #[arg(long, value_enum, default_value = "operator")]
    pub(crate) role: Role,
    /// How long it works, like `90d` [default: until it is revoked]
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_in: Option<String>,
    /// Shows what would be made, and makes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Look
    Viewer,
    /// Everything but tokens, keys in clear and restore
    Operator,
    /// Everything
    Admin,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Seals the store with another master key; older backups stay readable
    #[command(
        after_help = "Examples:\n  agm key rotate                                              # the key file: a key is made\n  openssl rand -base64 32 | agm key rotate --key-stdin --yes  # AGM_MASTER_KEY: put the same one there"
    )]
    Rotate {
        /// Reads the new key from stdin: 32 bytes in base64
        #[arg(long)]
        key_stdin: bool,
        /// Shows what would change; makes no key, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
}
