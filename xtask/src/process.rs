//! Child processes: shown before they run, and never left behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Runs a command on our own terminal; its failure is our error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    show(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(command))?;
    ensure!(status.success(), "{} failed: {status}", program(command));
    Ok(())
}

/// Runs a command, passes its output through line by line, and lets the caller read along.
/// Says whether it succeeded.
pub(crate) fn read_along(command: &mut Command, mut line_seen: impl FnMut(&str)) -> Result<bool> {
    show(command);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| cannot_start(command))?;
    if let Some(stdout) = child.stdout.take() {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        while stdout.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            line_seen(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait()?.success())
}

/// Runs a command quietly and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().with_context(|| cannot_start(command))?;
    ensure!(output.status.success(), "{} failed: {}", program(command), output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{} printed something that is not UTF-8", program(command)))
}

/// A process that ends when this value does.
pub(crate) struct Background {
    child: Child,
    program: String,
}

impl Background {
    /// Starts a command whose output goes to `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        Self::launch(command, log, Stdio::null())
    }

    /// The same for one that runs as long as its standard input is open.
    pub(crate) fn start_listening(command: &mut Command, log: &Path) -> Result<Self> {
        Self::launch(command, log, Stdio::piped())
    }

    fn launch(command: &mut Command, log: &Path, input: Stdio) -> Result<Self> {
        show(command);
        let file = std::fs::File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        command.stdin(input).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| cannot_start(command))?;
        Ok(Self { child, program: program(command) })
    }

    /// Asks `ready` again and again until it answers, the process ends, or the time is over.
    #[expect(clippy::disallowed_methods, reason = "another process's progress can only be polled, and no async task runs here")]
    pub(crate) fn wait_for<T>(&mut self, what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before {what}", self.program);
            }
            ensure!(Instant::now() < deadline, "{}: {what} did not happen within {limit:?}", self.program);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}

/// `N` different ports that are free now. Held together while they are chosen, so that none repeats.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot bind a loopback port")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// The answer of a loopback HTTP server, status line and headers included; `None` while it does not answer.
pub(crate) fn http_get(port: u16, path: &str) -> Option<String> {
    http_get_as(port, path, "")
}

/// The same with more lines in the request's head, each with its end.
pub(crate) fn http_get_as(port: u16, path: &str, head: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{head}\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    (!answer.is_empty()).then(|| String::from_utf8_lossy(&answer).into_owned())
}

fn show(command: &Command) {
    let words: Vec<_> = std::iter::once(program(command)).chain(command.get_args().map(|arg| arg.to_string_lossy().into_owned())).collect();
    eprintln!("$ {}", words.join(" "));
}

/// The program's name without the directory it happens to lie in.
fn program(command: &Command) -> String {
    let path = Path::new(command.get_program());
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}: is it installed?", program(command))
}
