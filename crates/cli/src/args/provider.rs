//! `provider …` and the documented `create-provider`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Lists the providers
    #[command(after_help = "Examples:\n  agm provider list\n  agm provider list -o json")]
    List,
    /// Lists the types a provider can have
    #[command(
        after_help = "Examples:\n  agm provider types\n  agm provider types -o json                          # with base URLs and fields"
    )]
    Types,
    /// Shows one provider
    #[command(after_help = "Examples:\n  agm provider show qwen")]
    Show {
        /// Its name
        name: String,
    },
    /// Adds a provider; the key is asked for, or comes from stdin or $AGM_PROVIDER_KEY
    Add(ProviderAdd),
    /// Changes a provider; what is not named stays as it is
    Set(ProviderSet),
    /// Replaces, adds or removes keys; new ones are tried first
    RotateKey(RotateKey),
    /// Asks the vendor whether the key works, and with `--model` for a completion
    #[command(after_help = "Examples:\n  agm provider test qwen\n  agm provider test qwen --model qwen3.5-plus")]
    Test {
        /// Its name
        name: String,
        /// Asks for a completion of this model too
        #[arg(long)]
        model: Option<String>,
    },
    /// Lists the models that the vendor offers
    #[command(after_help = "Examples:\n  agm provider models qwen --refresh")]
    Models {
        /// Its name
        name: String,
        /// Asks the vendor again
        #[arg(long)]
        refresh: bool,
    },
    /// Removes a provider that nobody needs any more
    #[command(after_help = "Examples:\n  agm provider rm qwen\n  agm provider rm qwen --dry-run")]
    Rm {
        /// Its name
        name: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Where a key comes from. None of these: $AGM_PROVIDER_KEY, else a prompt.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KeySource {
    /// The key; `-` reads it from stdin. As an argument it stays in the shell's history
    #[arg(long, visible_alias = "token", value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Reads the key from stdin; several keys stand on a line each
    #[arg(long, conflicts_with = "key")]
    pub(crate) key_stdin: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm provider add qwen                                          # type qwen; asks for the key
  agm provider add deepseek --key-stdin < deepseek.key
  agm provider add lab --type openai --base-url http://10.0.0.5:8000/v1 --dry-run")]
pub(crate) struct ProviderAdd {
    /// Its name, for good
    pub(crate) name: String,
    /// Its type; `agm provider types` lists them [default: NAME]
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeySource,
    /// Where the vendor is [default: the type's own]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// A field of the type, `name=value`; may be repeated
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm provider set lab --base-url http://10.0.0.6:8000/v1 --key-stdin < lab.key
  agm provider set zhipu --field zhipuCodePlanMode=true")]
pub(crate) struct ProviderSet {
    /// Its name
    pub(crate) name: String,
    /// Where the vendor is; another host needs the key again
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// A field of the type, `name=value`; `name=` removes it; may be repeated
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) key: KeySource,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm provider rotate-key qwen                        # asks for the new key, which replaces all old ones
  agm provider rotate-key qwen --add --key-stdin < second.key
  agm provider rotate-key qwen --remove 5f0c9a41d2b7e683        # `agm provider show qwen` lists the ids")]
#[expect(clippy::struct_excessive_bools, reason = "flags, each typed on its own")]
pub(crate) struct RotateKey {
    /// The provider's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) key: KeySource,
    /// Keeps the keys there are
    #[arg(long)]
    pub(crate) add: bool,
    /// Removes the key of this id; may be repeated
    #[arg(long, value_name = "ID", conflicts_with_all = ["add", "key", "key_stdin"])]
    pub(crate) remove: Vec<String>,
    /// Tries the new key with a completion of this model
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Saves the key even if the vendor refuses it
    #[arg(long)]
    pub(crate) force: bool,
    /// Tries and shows, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Does not ask before keys are removed
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agm create-provider --type qwen --name qwen --token - < qwen.key")]
pub(crate) struct CreateProvider {
    /// Its type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: String,
    /// Its name
    #[arg(long)]
    pub(crate) name: String,
    /// The key; `-` reads it from stdin [default: $AGM_PROVIDER_KEY, else a prompt]
    #[arg(long, value_name = "KEY")]
    pub(crate) token: Option<String>,
    /// Where the vendor is [default: the type's own]. Here this is not the server's address: that is $AGM_URL's
    // The same id as the global option: clap then lets this one stand in its place, and `main` gives the global one back.
    #[arg(long, visible_alias = "base-url", value_name = "URL", help_heading = "Options")]
    pub(crate) url: Option<String>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
