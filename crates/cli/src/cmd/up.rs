//! `up`.

use std::io::{IsTerminal as _, Write as _};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{Format, Global, UpArgs};
use crate::error::{CliError, Exit, Result};
use crate::log;
use crate::output::Tint;
use crate::running::{Ready, Running};
use crate::settings::{Settings, environment, resolve};

pub(super) fn run(global: &Global, args: &UpArgs) -> Result<Exit> {
    let settings = resolve(global, &args.server, &environment)?;
    log::start(&settings.log)?;
    let audience = match (args.background, global.format()) {
        (true, _) => Audience::Monitor,
        (false, Format::Table) => Audience::Person,
        (false, _) => Audience::Program,
    };
    runtime()?.block_on(serve(settings, audience))
}

/// Whom it is told that agm runs.
#[derive(Clone, Copy)]
enum Audience {
    /// Somebody who reads, or a log.
    Person,
    /// A program, or a log.
    Program,
    /// `agm monitor start`, through a pipe that nobody else reads.
    Monitor,
}

/// The gateway has threads of its own; what is left is light.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| CliError::failed(format!("cannot start the event loop: {error}")))
}

async fn serve(settings: Settings, audience: Audience) -> Result<Exit> {
    // Before anything runs, so that no signal is missed.
    let mut stop = Stop::new()?;
    let running = tokio::select! {
        running = Running::start(settings) => running?,
        // What was begun is finished or taken back at the next start, as after a crash.
        () = stop.asked() => return Ok(Exit::Done),
    };
    let shown = match audience {
        Audience::Person => show(running.ready())?,
        Audience::Program => announce(&withheld(running.ready())).map(|()| false)?,
        Audience::Monitor => {
            announce(running.ready())?;
            tokio::select! {
                shown = is_told_that_it_was_shown(running.ready()) => shown,
                () = stop.asked() => return stopped(running, stop).await,
            }
        }
    };
    if shown {
        running.password_was_seen().await;
    }
    stop.asked().await;
    stopped(running, stop).await
}

async fn stopped(running: Running, mut stop: Stop) -> Result<Exit> {
    tracing::info!("stopping");
    tokio::select! {
        () = running.stop() => Ok(Exit::Done),
        () = stop.asked() => Err(CliError::failed("stopped without waiting; work under way is finished or taken back at the next start")),
    }
}

/// Someone wants us to end.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// A closed terminal is no reason to end. Listening to the signal is what keeps it from ending the process.
    _hangup: Option<Signal>,
}

impl Stop {
    pub(super) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| CliError::failed(format!("cannot listen to signals: {error}")));
        let background = !std::io::stdin().is_terminal();
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            _hangup: if background { Some(listen(SignalKind::hangup())?) } else { None },
        })
    }

    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Without the password, since nobody knows where a program's input ends up.
fn withheld(ready: &Ready) -> Ready {
    let mut ready = ready.clone();
    if ready.password.take().is_some() {
        ready.remarks.push(format!("the admin's password was made just now and is {NOT_SHOWN}"));
    }
    ready
}

/// One line of JSON, for programs.
fn announce(ready: &Ready) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, ready).map_err(|error| CliError::failed(format!("cannot say that agm is ready: {error}")))?;
    writeln!(stdout)?;
    stdout.flush()?;
    Ok(())
}

/// Says where everything is, and returns whether the password was shown.
fn show(ready: &Ready) -> Result<bool> {
    let shows = std::io::stdout().is_terminal();
    let text = places(ready, shows);
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{text}\n{}", next(ready))?;
    stdout.flush()?;
    Ok(shows)
}

/// What `agm monitor start` answers once it has shown the password; without that it only goes away.
pub(super) const SHOWN: &str = "shown";

async fn is_told_that_it_was_shown(ready: &Ready) -> bool {
    if ready.password.is_none() {
        return false;
    }
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    matches!(answer.await, Ok(Ok(line)) if line.trim() == SHOWN)
}

/// What stands for a password that a pipe, a file or a log would keep.
pub(super) const NOT_SHOWN: &str = "shown only on a terminal; set AGM_ADMIN_PASSWORD and start again to log in with that";

/// Where everything is, and how to log in. The password is shown where no log would keep it.
pub(super) fn places(ready: &Ready, shows_password: bool) -> String {
    let Ready { endpoints, data_dir, admin, password, remarks } = ready;
    let mut lines = vec![
        format!("{} (data in {})", Tint::Good.paint(&format!("agm {} is running", env!("CARGO_PKG_VERSION"))), data_dir.display()),
        format!("  management  {}  log in as `{admin}`; API under /api/v1", endpoints.management),
        format!("  gateway     {}/v1  OpenAI-compatible; `agm agent key manager` prints a key for it", endpoints.gateway),
    ];
    match password {
        Some(password) if shows_password => {
            lines.push(format!(
                "  password    {}  made just now and shown only this once; AGM_ADMIN_PASSWORD sets another",
                password.expose()
            ));
        }
        Some(_) => lines.push(format!("  password    {NOT_SHOWN}")),
        None => {}
    }
    lines.extend(remarks.iter().map(|remark| format!("  {} {remark}", Tint::Warn.paint("note:"))));
    lines.join("\n")
}

/// What a newcomer does next.
pub(super) fn next(ready: &Ready) -> String {
    let agm = command(ready);
    let steps =
        ["provider add qwen --type qwen      # asks for the key", "agent add alice", "model set worker:alice qwen3.5-plus --provider qwen"];
    format!("Next, in another terminal:\n{}", steps.map(|step| format!("  {agm} {step}")).join("\n"))
}

/// How to call the agm that talks to this one: the data directory need not be named where it is the one it would look in.
pub(super) fn command(ready: &Ready) -> String {
    let usual = crate::settings::data_dir(None, &environment, crate::settings::is_root()).ok();
    if usual.as_deref() == Some(&ready.data_dir) { "agm".to_owned() } else { format!("agm --data-dir {}", ready.data_dir.display()) }
}
