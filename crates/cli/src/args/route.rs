//! `route …`.

use std::str::FromStr;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// Lists the routes in the order in which the gateway tries them
    #[command(after_help = "Examples:\n  agm route list")]
    List,
    /// Shows one route
    #[command(after_help = "Examples:\n  agm route show default-ai-route")]
    Show {
        /// Its name
        name: String,
    },
    /// Says which route takes a model, and why
    #[command(after_help = "Examples:\n  agm route explain deepseek-chat\n  agm route explain deepseek-chat --as worker:alice")]
    Explain {
        /// The model id as it is asked for
        model: String,
        /// As whom: `manager`, `worker:NAME`, or a consumer's name
        #[arg(long = "as", value_name = "CONSUMER")]
        caller: Option<String>,
    },
    /// Changes a route, or creates one; what is not named stays as it is
    Set(RouteSet),
    /// Makes a provider the one that takes every model no other route takes
    #[command(after_help = "Examples:\n  agm route set-default deepseek --dry-run")]
    SetDefault {
        /// The provider
        provider: String,
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Mends what is wrong with the routes that agm keeps
    #[command(after_help = "Examples:\n  agm route repair --dry-run")]
    Repair {
        /// Shows what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Removes a route
    #[command(after_help = "Examples:\n  agm route rm lab --yes")]
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

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agm route set lab --upstream lab --predicate PRE:llama- --dry-run
  agm route set default-ai-route --upstream qwen:80 --upstream deepseek:20
  agm route set deepseek-ai-route --model deepseek-chat --model deepseek-reasoner
  agm route set lab-ai-route --map lab.gpt-4o=gpt-4o --model lab.gpt-4o")]
#[expect(clippy::struct_excessive_bools, reason = "flags, each typed on its own")]
pub(crate) struct RouteSet {
    /// Its name
    pub(crate) name: String,
    /// A provider and its weight; may be repeated
    #[arg(long = "upstream", value_name = "PROVIDER[:WEIGHT]")]
    pub(crate) upstreams: Vec<Upstream>,
    /// Asks the providers for another model than the client did, `asked=wanted`; without `--upstream` it is added to the only one; may be
    /// repeated
    #[arg(long = "map", value_name = "MODEL=MODEL")]
    pub(crate) mapping: Vec<String>,
    /// Which models it takes, `EQUAL:id` or `PRE:prefix`; may be repeated
    #[arg(long = "predicate", value_name = "KIND:TEXT")]
    pub(crate) predicates: Vec<String>,
    /// A model it takes beside its predicates; may be repeated
    #[arg(long = "model", value_name = "ID")]
    pub(crate) models: Vec<String>,
    /// The prefix of the paths it takes
    #[arg(long, value_name = "PREFIX")]
    pub(crate) path: Option<String>,
    /// A host it answers for; may be repeated
    #[arg(long = "domain", value_name = "HOST")]
    pub(crate) domains: Vec<String>,
    /// It answers for every host again
    #[arg(long, conflicts_with = "domains")]
    pub(crate) no_domain: bool,
    /// A consumer that may use it; may be repeated
    #[arg(long = "consumer", value_name = "NAME")]
    pub(crate) consumers: Vec<String>,
    /// No consumer may use it any more
    #[arg(long, conflicts_with = "consumers")]
    pub(crate) no_consumer: bool,
    /// Nothing steps in where its providers fail
    #[arg(long)]
    pub(crate) no_fallback: bool,
    /// Whether callers need a key
    #[arg(long, value_name = "true|false")]
    pub(crate) auth: Option<bool>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A provider with its share of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upstream {
    pub(crate) provider: String,
    /// Absent where it was not given; the shares of all add up to 100.
    pub(crate) weight: Option<u32>,
}

impl FromStr for Upstream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (provider, weight) = match text.rsplit_once(':') {
            Some((provider, weight)) => {
                let weight = weight.parse().ok().filter(|w| *w <= 100);
                (provider, Some(weight.ok_or("write PROVIDER:WEIGHT with a weight from 0 to 100")?))
            }
            None => (text, None),
        };
        Ok(Self { provider: provider.to_owned(), weight })
    }
}
