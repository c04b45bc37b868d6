//! agm's gateway beside nginx, and beside other AI gateways, in one run on one machine.
//!
//! What is measured and how to read it: `bench/README.md`.

mod agm;
mod call;
mod contender;
mod figure;
mod instruments;
mod live;
mod machine;
mod peers;
mod print;
mod results;
mod round;
mod routes;
mod running;
mod tree;

use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::bench::instruments::Instruments;
use crate::bench::machine::Machine;
use crate::bench::peers::Peer;
use crate::bench::results::Results;
use crate::process;
use crate::workspace::Workspace;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The data plane: CPU, throughput, latency, streams, memory, start, stop, changes, many routes
    Gateway(Gateway),
}

#[derive(Args)]
pub(crate) struct Gateway {
    /// Puts other AI gateways beside it too, all or the ones named; they are built and installed first, which takes long once
    #[arg(long, value_enum, num_args = 0.., value_delimiter = ',')]
    peers: Option<Vec<Peer>>,
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of a window
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long after the load its memory is looked at again, in seconds
    #[arg(long, default_value_t = 60)]
    settle: u64,
    /// Two rounds of one-second windows: to see that it works, not to quote
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "settle"])]
    quick: bool,
    /// Gives the gateway core 0 and everything else core 1, instead of all cores to everybody
    #[arg(long)]
    pinned: bool,
    /// Takes the release executables as they lie there, without building them
    #[arg(long)]
    no_build: bool,
}

/// How much is measured.
struct Plan {
    rounds: u32,
    window: Duration,
    settle: Duration,
    /// Requests whose instructions are counted.
    counted_requests: u32,
    peers: Vec<Peer>,
    pinned: bool,
}

impl Bench {
    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        let Self::Gateway(gateway) = self;
        if !gateway.no_build {
            build(workspace)?;
        }
        gateway.plan().run(workspace)
    }
}

impl Gateway {
    fn plan(self) -> Plan {
        let peers = self.peers.map(|named| if named.is_empty() { Peer::ALL.to_vec() } else { named }).unwrap_or_default();
        let pinned = self.pinned;
        if self.quick {
            return Plan {
                rounds: 2,
                window: Duration::from_secs(1),
                settle: Duration::from_secs(5),
                counted_requests: 400,
                peers,
                pinned,
            };
        }
        let window = Duration::from_secs_f64(self.seconds.max(0.1));
        Plan { rounds: self.rounds, window, settle: Duration::from_secs(self.settle), counted_requests: 2000, peers, pinned }
    }
}

impl Plan {
    fn run(&self, workspace: &Workspace) -> Result<()> {
        let scratch = workspace.scratch("bench")?;
        let target = workspace.target()?;
        let instruments = Instruments::start(&target.join("release/agm-bench"), &scratch, self.pinned)?;
        let mut results = Results::default();
        let mut contenders = contender::prepare(workspace, self, &instruments, &scratch, &mut results)?;

        let before = Machine::look();
        before.print("before");
        for round in 0..self.rounds {
            println!("round {} of {}", round + 1, self.rounds);
            round::run(self, round, &instruments, &mut contenders, &mut results)?;
        }
        let routes = routes::measure(workspace, self, &instruments, &target, &scratch).context("cannot count instructions")?;
        let after = Machine::look();
        after.print("after");

        results.print(&contenders);
        routes.print();
        let file = target.join("bench/gateway.json");
        print::write(&file, &print::document(self, [&before, &after], &contenders, &results, &routes))?;
        println!("all samples: {}", file.strip_prefix(&workspace.root).unwrap_or(&file).display());
        Ok(())
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    let release = |what: &[&str]| process::run(workspace.cargo().args(["build", "--locked", "--release"]).args(what));
    release(&["--package", "agm", "--package", "agm-bench"])?;
    release(&["--package", "agm-gateway", "--example", "serve"])
}
