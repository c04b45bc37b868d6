//! The mock and the clients of `bench/`, each a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::contender::Contender;
use crate::process::{self, Background};

/// The instruments, with the mock running.
pub(super) struct Instruments {
    binary: PathBuf,
    pinned: bool,
    /// `127.0.0.1:port` of the mock.
    pub(super) vendor: String,
    _mock: Background,
}

/// A closed loop of requests.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: u32,
    pub(super) prompt: u32,
}

/// What a client printed.
pub(super) struct Outcome(Value);

impl Instruments {
    pub(super) fn start(binary: &Path, scratch: &Path, pinned: bool) -> Result<Self> {
        let log = scratch.join("mock.log");
        let mut mock = Background::start(on_core(pinned, 1, binary).arg("mock"), &log)?;
        let vendor = mock.wait_for("it said where it listens", Duration::from_secs(10), || {
            std::fs::read_to_string(&log).ok()?.lines().next().filter(|line| line.starts_with("127.")).map(str::to_owned)
        })?;
        Ok(Self { binary: binary.to_owned(), pinned, vendor, _mock: mock })
    }

    /// Requests for some time.
    pub(super) fn load(&self, contender: &Contender, load: Load, window: Duration) -> Result<Outcome> {
        self.outcome(self.client("load", contender).args(load.args()).arg(format!("--seconds={}", window.as_secs_f64())))
    }

    /// So many requests, one after the other.
    pub(super) fn requests(&self, contender: &Contender, model: &str, requests: u32) -> Result<Outcome> {
        self.outcome(self.client("load", contender).arg(format!("--model={model}")).arg(format!("--requests={requests}")))
    }

    /// So many paced streams at once, for some time.
    pub(super) fn streams(&self, contender: &Contender, streams: u32, window: Duration) -> Result<Outcome> {
        self.outcome(&mut self.stream_command(contender, streams, window))
    }

    /// The same while the caller does something else.
    pub(super) fn streams_meanwhile(&self, contender: &Contender, streams: u32, window: Duration) -> Result<Child> {
        let mut command = self.stream_command(contender, streams, window);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start the stream client")
    }

    fn stream_command(&self, contender: &Contender, streams: u32, window: Duration) -> Command {
        let mut command = self.client("streams", contender);
        command.arg(format!("--streams={streams}")).arg(format!("--seconds={}", window.as_secs_f64()));
        command
    }

    fn client(&self, instrument: &str, contender: &Contender) -> Command {
        let mut command = on_core(self.pinned, 1, &self.binary);
        command.arg(instrument).arg(format!("--address=127.0.0.1:{}", contender.port));
        for header in &contender.headers {
            command.arg("--header").arg(header);
        }
        command
    }

    #[expect(clippy::unused_self, reason = "an outcome is what an instrument printed")]
    fn outcome(&self, command: &mut Command) -> Result<Outcome> {
        Outcome::parse(&process::output(command)?)
    }
}

impl Load {
    fn args(self) -> [String; 2] {
        [format!("--connections={}", self.connections), format!("--prompt={}", self.prompt)]
    }
}

impl Outcome {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(Self(serde_json::from_str(text).context("an instrument printed something that is not JSON")?))
    }

    /// A number, by its JSON pointer.
    pub(super) fn number(&self, pointer: &str) -> Result<f64> {
        self.0.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("an instrument printed no {pointer}"))
    }

    /// An error that says what failed and how often, if anything did: such a window does not count.
    pub(super) fn valid(self) -> Result<Self> {
        let failures = self.0["failures"].as_object().context("an instrument printed no failures")?;
        let texts: Vec<_> = failures.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        ensure!(texts.is_empty(), "{}", texts.join(", "));
        Ok(self)
    }
}

/// A command, held to one core if the layout says so.
pub(super) fn on_core(pinned: bool, core: u32, program: &Path) -> Command {
    if !pinned {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}
