//! A real program under test: its output as events, its end, and what it costs.

mod output;
mod resources;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use output::Output;
pub use output::{Line, Stream};
pub use resources::{Resources, resources_of};

/// A program that is about to be started. It gets nothing of the environment but what is given, `PATH` and `HOME`.
#[derive(Debug, Clone)]
pub struct Launch {
    binary: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
}

/// A running program. It is killed when this is dropped.
pub struct Process {
    child: Child,
    pid: u32,
    output: Arc<Output>,
    /// Read the output until its end; aborted with the process.
    _readers: JoinSet<()>,
}

impl Launch {
    /// The program at this path.
    pub fn new(binary: impl AsRef<OsStr>) -> Self {
        Self { binary: binary.as_ref().to_owned(), args: Vec::new(), env: Vec::new(), dir: None }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Starts it in this directory.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Starts it with no input, its output captured.
    pub fn start(self) -> io::Result<Process> {
        let mut command = Command::new(&self.binary);
        command.args(&self.args).env_clear();
        for inherited in ["PATH", "HOME"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command.envs(self.env);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.binary.display()));
        let mut child = command.spawn().map_err(named)?;
        let pid = child.id().ok_or_else(|| io::Error::other("the process has no id"))?;
        let output = Arc::new(Output::default());
        let mut readers = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(output::read(stdout, Stream::Stdout, output.reader()));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(output::read(stderr, Stream::Stderr, output.reader()));
        }
        Ok(Process { child, pid, output, _readers: readers })
    }
}

impl Process {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The next line that `wanted` says yes to, after the one that was found last.
    ///
    /// Fails when the time is up or the output has ended; the error quotes the last lines.
    pub async fn wait_for_line(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> io::Result<Line> {
        match tokio::time::timeout(patience, self.output.find(wanted)).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(self.unfound(io::ErrorKind::UnexpectedEof, "its output ended without the line")),
            Err(_) => Err(self.unfound(io::ErrorKind::TimedOut, "the line did not come in time")),
        }
    }

    /// The lines so far (the last 10 000).
    pub fn output(&self) -> Vec<Line> {
        self.output.lines()
    }

    /// Asks it to end: SIGTERM.
    pub async fn terminate(&self) -> io::Result<()> {
        let pid = self.pid.to_string();
        // The shell's own `kill`: the program of that name is not on every machine.
        let status = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid]).status().await?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("no process {pid} to end"))) }
    }

    /// Ends it at once: SIGKILL; returns when it is gone.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Waits for its end.
    pub async fn wait(&mut self, patience: Duration) -> io::Result<ExitStatus> {
        match tokio::time::timeout(patience, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => Err(self.unfound(io::ErrorKind::TimedOut, "it did not end in time")),
        }
    }

    /// What it and its children use.
    pub fn resources(&self) -> io::Result<Resources> {
        resources_of(self.pid)
    }

    fn unfound(&self, kind: io::ErrorKind, what: &str) -> io::Error {
        let lines = self.output.lines();
        let last: Vec<&str> = lines.iter().rev().take(20).rev().map(|line| line.text.as_str()).collect();
        io::Error::new(kind, format!("process {}: {what}; last lines:\n{}", self.pid, last.join("\n")))
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("pid", &self.pid).finish_non_exhaustive()
    }
}
