//! 1 route against 10 000: instructions per request, counted by callgrind.
//!
//! The gateway crate is started directly (`crates/gateway/examples/serve.rs`): 10 000 routes written through the API
//! would be 10 000 revisions, and it is the data plane that is counted. The counters are set to zero after the start and
//! a warm-up, and read before the stop: to start and to stop with 10 000 routes costs as much as many requests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::bench::Plan;
use crate::bench::contender::Contender;
use crate::bench::instruments::Instruments;
use crate::bench::running::Running;
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

const ROUTES: u32 = 10_000;
/// The key that the example knows.
const KEY: &str = "Authorization: Bearer demo";
const WARM_UP: u32 = 50;

/// Instructions per request.
pub(super) struct Routes {
    one: f64,
    /// By the route in the middle of all.
    matched: f64,
    /// By the default route, which comes last.
    fallen_through: f64,
}

/// How the counted gateway is started.
struct Bed<'a> {
    workspace: &'a Workspace,
    instruments: &'a Instruments,
    valgrind: PathBuf,
    binary: PathBuf,
    scratch: &'a Path,
}

pub(super) fn measure(workspace: &Workspace, plan: &Plan, instruments: &Instruments, target: &Path, scratch: &Path) -> Result<Routes> {
    let valgrind = tools::debian_program(workspace, "valgrind", "/usr/bin/valgrind")?;
    let bed = Bed { workspace, instruments, valgrind, binary: target.join("release/examples/serve"), scratch };
    let requests = plan.counted_requests;
    println!("counting the instructions of {requests} requests, with 1 route and with {ROUTES}");
    let middle = format!("model-{}", ROUTES / 2);
    Ok(Routes {
        one: bed.per_request(1, &middle, requests)?,
        matched: bed.per_request(ROUTES, &middle, requests)?,
        fallen_through: bed.per_request(ROUTES, "model-none", requests)?,
    })
}

impl Routes {
    fn ratios(&self) -> (f64, f64) {
        (self.matched / self.one, self.fallen_through / self.one)
    }

    pub(super) fn print(&self) {
        let (matched, fallen_through) = self.ratios();
        println!("\ninstructions per request (aim: 10 000 routes ≤ 1.05 × 1 route)");
        println!("  1 route                      {:>9.0}", self.one);
        println!("  10 000, one of them matches  {:>9.0}  {matched:>6.3} × 1 route", self.matched);
        println!("  10 000, the default takes it {:>9.0}  {fallen_through:>6.3} × 1 route", self.fallen_through);
    }

    pub(super) fn json(&self) -> Value {
        let (matched, fallen_through) = self.ratios();
        json!({
            "instructions": {"one": self.one, "matched": self.matched, "fallenThrough": self.fallen_through},
            "toOne": {"matched": matched, "fallenThrough": fallen_through},
        })
    }
}

impl Bed<'_> {
    /// Starts a gateway with so many routes, warms it up, and counts from there to the last answer.
    fn per_request(&self, routes: u32, model: &str, requests: u32) -> Result<f64> {
        let [port] = process::free_ports()?;
        let counts = self.scratch.join(format!("callgrind.{routes}.{model}"));
        let mut command = self.workspace.command(&self.valgrind);
        command.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", counts.display()));
        command.arg(&self.binary).arg(format!("http://{}/v1", self.instruments.vendor));
        command.arg(format!("127.0.0.1:{port}")).arg(routes.to_string());
        let mut counted = Contender::unstarted("the counted gateway", port, vec![KEY.to_owned()]);
        (counted.command, counted.log) = (Some(command), self.scratch.join("callgrind.log"));
        let (running, _) = Running::start(&mut counted)?;
        let control = |what: &str| {
            process::output(self.workspace.command("callgrind_control").arg(what).arg(running.id().to_string()))
                .context("callgrind does not obey")
        };
        self.ask(&counted, model, WARM_UP)?;
        control("--zero")?;
        self.ask(&counted, model, requests)?;
        control("--dump")?;
        // Every dump has a file of its own; the one without a number is written at the end.
        let first = counts.with_added_extension("1");
        let total = total(&std::fs::read_to_string(&first).context("callgrind wrote no counts")?)?;
        running.stop(Signal::INT)?;
        Ok(total / f64::from(requests))
    }

    fn ask(&self, counted: &Contender, model: &str, requests: u32) -> Result<()> {
        let answered = self.instruments.requests(counted, model, requests)?.valid()?.number("/answered")?;
        ensure!((answered - f64::from(requests)).abs() < 0.5, "{answered} of {requests} requests were answered");
        Ok(())
    }
}

/// The sum at the end of callgrind's file.
fn total(counts: &str) -> Result<f64> {
    let line = counts.lines().rev().find_map(|line| line.strip_prefix("totals: ")).context("callgrind wrote no total")?;
    line.trim().parse().with_context(|| format!("callgrind's total `{line}` is no number"))
}
