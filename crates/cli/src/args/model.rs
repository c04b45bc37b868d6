//! `model …` and the documented `set-model`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::settings::parse_duration;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Moves an agent to another model: tested first, proven afterwards, taken back if it fails
    Set(ModelSet),
    /// Shows what an agent should run on, and how far that is proven
    #[command(after_help = "Examples:\n  agm model get worker:alice")]
    Get {
        /// `manager` or `worker:NAME`
        target: String,
    },
    /// Lists the models that are known, listed by a provider, or assigned
    #[command(after_help = "Examples:\n  agm model list\n  agm model list --provider qwen")]
    List {
        /// Only those of this provider
        #[arg(long)]
        provider: Option<String>,
    },
    /// Corrects what is known of a model, for this deployment
    Put(ModelPut),
    /// Forgets such a correction
    #[command(after_help = "Examples:\n  agm model rm my-model\n  agm model rm my-model --dry-run")]
    Rm {
        /// The model id
        model: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
        /// Does not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// What the agent is told about the model. What is not given comes from the catalog.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Limits {
    /// Tokens [default: the catalog's]
    #[arg(long, value_name = "N")]
    pub(crate) context_window: Option<u64>,
    /// Tokens of one answer [default: the catalog's]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,
    /// Whether it reasons [default: the catalog's]
    #[arg(long, value_name = "true|false")]
    pub(crate) reasoning: Option<bool>,
}

/// What may be done about a restart that the runtime needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Restart {
    /// None is ordered
    Never,
    /// It is ordered at once, where agm can; on this host it cannot
    Now,
}

/// How a switch is run, whoever asks for it.
#[derive(Clone, Debug, Args)]
pub(crate) struct SwitchOptions {
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Whether a restart that the agent needs is ordered; agents of this host agm never restarts
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) restart: Option<Restart>,
    /// Takes along agents whose model would reach another provider
    #[arg(long)]
    pub(crate) move_others: bool,
    /// With several targets: goes on when one fails
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// How long to wait; the switch goes on without us
    #[arg(long, value_name = "TIME", default_value = "25s", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Shows the plan, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm model set manager qwen3.5-plus --provider qwen
  agm model set worker:alice deepseek-chat --provider deepseek --dry-run
  agm model set 'worker:*' qwen3.5-plus --provider qwen --wait 2m")]
pub(crate) struct ModelSet {
    /// `manager`, `worker:NAME`, or `worker:*` for every Worker
    pub(crate) target: String,
    /// The model id, exactly as the vendor names it
    pub(crate) model: String,
    /// The provider
    #[arg(long, short)]
    pub(crate) provider: String,
    #[command(flatten)]
    pub(crate) options: SwitchOptions,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm set-model --target manager --provider qwen --model qwen3.5-plus
  agm set-model --target worker:alice --provider deepseek --model deepseek-chat")]
pub(crate) struct SetModel {
    /// `manager`, `worker:NAME`, or `worker:*` for every Worker
    #[arg(long)]
    pub(crate) target: String,
    /// The provider
    #[arg(long)]
    pub(crate) provider: String,
    /// The model id, exactly as the vendor names it
    #[arg(long)]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) options: SwitchOptions,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agm model put my-model --context-window 32000 --max-tokens 8000 --reasoning false")]
pub(crate) struct ModelPut {
    /// The model id
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// What it reads: `text`, `image`, …; may be repeated
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) input: Vec<String>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
