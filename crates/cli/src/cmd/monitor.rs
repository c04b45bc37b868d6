//! `monitor …`: agm in the background.

mod plan;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use clap::Parser as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::ChildStdin;
use tokio::time::Instant;

use super::up::{NOT_SHOWN, SHOWN, next, places};
use crate::args::{Global, MonitorCommand, ServerArgs};
use crate::client::{Answerer, Way, http, who_answers};
use crate::error::{CliError, Exit, Result};
use crate::output::{Cell, Output, Tint, details, print, say};
use crate::running::{Endpoints, Holder, Ready, RunDir, holder, log_path, ports_are_free};
use crate::settings::{data_dir, environment, is_root, resolve};

/// How long a start may take; a bucket far away needs some of it.
const START: Duration = Duration::from_mins(1);
/// How long a stop may take beyond what requests in flight are given.
const STOP: Duration = Duration::from_secs(40);
/// Between two looks at the lock.
const BREATH: Duration = Duration::from_millis(20);
/// The log is set aside when it has grown beyond this.
const LOG_LIMIT: u64 = 16 << 20;

pub(super) fn run(global: &Global, command: MonitorCommand, out: Output) -> Result<Exit> {
    let dir = data_dir(global.data_dir.as_deref(), &environment, is_root())?;
    super::runtime()?.block_on(async {
        match command {
            MonitorCommand::Start(args) if args.dry_run => plan::start(global, &args, &dir, out),
            MonitorCommand::Start(args) => start(global, &args.server, &dir, out).await,
            MonitorCommand::Stop { dry_run: true } => plan::stop(&dir, out),
            MonitorCommand::Stop { .. } => {
                let pid = stop(&dir).await?;
                told(out, &dir, pid, "stopped")
            }
            MonitorCommand::Status => status(&dir, out).await,
            MonitorCommand::Restart(args) if args.dry_run => plan::restart(global, &args, &dir, out),
            MonitorCommand::Restart(args) => {
                let server = as_it_was(args.server, &dir)?;
                // What cannot be started again is not stopped.
                let settings = resolve(global, &server, &environment)?;
                let leaving = if holder(&dir)? == Holder::Nobody { None } else { RunDir::new(&dir).endpoints() };
                ports_are_free(&settings, leaving.as_ref()).await?;
                if holder(&dir)? != Holder::Nobody {
                    stop(&dir).await?;
                }
                start(global, &server, &dir, out).await
            }
        }
    })
}

/// The arguments of a restart: those given, and beside them those with which the running agm was started in the background.
fn as_it_was(given: ServerArgs, dir: &Path) -> Result<ServerArgs> {
    let Holder::Process(Some(pid)) = holder(dir)? else { return Ok(given) };
    let kept = std::iter::once("agm".to_owned()).chain(RunDir::new(dir).arguments(pid));
    // What an older agm has written and this one does not know is no reason not to start.
    let kept = Kept::try_parse_from(kept).map(|kept| kept.server).unwrap_or_default();
    Ok(given.over(kept))
}

/// Arguments that were kept.
#[derive(clap::Parser)]
struct Kept {
    #[command(flatten)]
    server: ServerArgs,
}

async fn start(global: &Global, args: &ServerArgs, dir: &Path, out: Output) -> Result<Exit> {
    is_free(dir)?;
    // A setting that cannot be used is told here, not in a log.
    resolve(global, args, &environment)?;
    let mut log = open_log(dir)?;
    let from = log.seek(SeekFrom::End(0)).map_err(|error| CliError::io("read", &log_path(dir), &error))?;
    let (ready, said) = launch(args, dir, log, from).await?;
    // Where this goes, not where the new process writes: that is our pipe.
    let shows = std::io::stdout().is_terminal();
    if out.is_table() {
        print(&format!("{}\n{}", places(&ready, shows), next(&ready)))?;
        say(&format!("it goes on in the background; the log is {}", log_path(dir).display()))?;
    } else {
        let mut answer =
            json!({ "running": true, "dataDir": dir, "endpoints": ready.endpoints, "admin": ready.admin, "log": log_path(dir) });
        if let Some(password) = &ready.password {
            if shows {
                answer["password"] = password.expose().into();
            } else {
                answer["note"] = format!("the admin's password was made just now and is {NOT_SHOWN}").into();
            }
        }
        out.value(&answer)?;
    }
    if let (true, Some(mut said)) = (shows && ready.password.is_some(), said) {
        // Where nobody hears it, the next start makes another password.
        drop(said.write_all(format!("{SHOWN}\n").as_bytes()).await);
    }
    Ok(Exit::Done)
}

/// Refuses where one runs already.
fn is_free(dir: &Path) -> Result<()> {
    match holder(dir)? {
        Holder::Nobody => Ok(()),
        Holder::Process(pid) => Err(CliError::new(Exit::Conflict, format!("agm runs already on {} ({})", dir.display(), process(pid)))
            .hint("`agm monitor status` shows where; `agm monitor restart` starts it anew")),
    }
}

/// Starts `agm up` on its own and waits for its one line. Returns also the way to answer it.
async fn launch(args: &ServerArgs, dir: &Path, log: File, from: u64) -> Result<(Ready, Option<ChildStdin>)> {
    let this = std::env::current_exe().map_err(|error| CliError::failed(format!("cannot find this program: {error}")))?;
    let mut command = tokio::process::Command::new(this);
    command.arg("up").arg("--background").arg("--data-dir").arg(dir).args(arguments(args));
    // A group of its own: what the terminal does to this one does not reach it.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).process_group(0);
    let mut child = command.spawn().map_err(|error| CliError::failed(format!("cannot start agm: {error}")))?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        let reading = tokio::time::timeout(START, BufReader::new(stdout).read_line(&mut line)).await;
        if reading.is_err() {
            drop(child.start_kill());
        }
    }
    if let Ok(ready) = serde_json::from_str(&line) {
        let kept = child.id().map_or(Ok(()), |pid| RunDir::new(dir).keep_arguments(pid, &arguments(args)));
        if let Err(error) = kept {
            say(&format!("note: a restart will not know these arguments: {}", error.message))?;
        }
        return Ok((ready, child.stdin.take()));
    }
    let status = child.wait().await.map_err(|error| CliError::failed(format!("cannot learn how agm ended: {error}")))?;
    let exit = if status.code() == Some(Exit::Conflict as i32) { Exit::Conflict } else { Exit::Failed };
    let why = last_words(dir, from).unwrap_or_else(|| format!("it ended with {status}"));
    Err(CliError::new(exit, format!("agm did not start: {why}")).hint(format!("the whole log is {}", log_path(dir).display())))
}

/// The arguments as they were given.
fn arguments(args: &ServerArgs) -> Vec<String> {
    let ServerArgs {
        listen,
        gateway_listen,
        platform,
        store,
        public_url,
        unreadable_secrets,
        no_ui_on_gateway,
        log_level,
        log_format,
        config,
        console_listen: _,
    } = args;
    let config = config.as_ref().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()).to_string_lossy().into_owned());
    let texts = [
        ("--listen", listen),
        ("--gateway-listen", gateway_listen),
        ("--platform", platform),
        ("--store", store),
        ("--public-url", public_url),
        ("--log-level", log_level),
        ("--log-format", log_format),
        ("--config", &config),
    ];
    let given = texts.into_iter().filter_map(|(flag, text)| Some([flag.to_owned(), text.clone()?]));
    let flags = [(unreadable_secrets, "--unreadable-secrets"), (no_ui_on_gateway, "--no-ui-on-gateway")];
    let flags = flags.into_iter().filter(|(given, _)| **given).map(|(_, flag)| flag.to_owned());
    given.flatten().chain(flags).collect()
}

fn open_log(dir: &Path) -> Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| CliError::io("create", dir, &error))?;
    let path = log_path(dir);
    if std::fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT) {
        std::fs::rename(&path, dir.join("agm.log.1")).map_err(|error| CliError::io("set aside", &path, &error))?;
    }
    let opened = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path);
    opened.map_err(|error| CliError::io("open", &path, &error))
}

/// What the process said last: its error, if it said one.
fn last_words(dir: &Path, from: u64) -> Option<String> {
    let mut log = File::open(log_path(dir)).ok()?;
    log.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    log.take(64 << 10).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().rposition(|line| line.starts_with("error")).unwrap_or_else(|| lines.len().saturating_sub(3));
    let words = lines.get(at..)?.join("\n");
    Some(words.trim_start_matches("error: ").to_owned()).filter(|words| !words.is_empty())
}

/// The process that holds the lock.
fn whom(dir: &Path) -> Result<u32> {
    let not_running = || CliError::new(Exit::NoServer, format!("no agm runs on {}", dir.display())).hint("`agm monitor start` starts one");
    let changing = || CliError::failed("agm is just starting or ending").hint("repeat in a moment");
    let pid = match holder(dir)? {
        Holder::Nobody => return Err(not_running()),
        Holder::Process(pid) => pid.ok_or_else(changing)?,
    };
    // The lock is held by a living agm, which wrote this id; unless it has just taken the lock over and has not come to that yet.
    if RunDir::new(dir).pid().is_some_and(|announced| announced != pid) {
        return Err(changing());
    }
    Ok(pid)
}

/// Ends the process that holds the lock, and waits until it has let go.
async fn stop(dir: &Path) -> Result<u32> {
    let pid = whom(dir)?;
    let target = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| CliError::failed(format!("{pid} is no process id")))?;
    kill_process(target, Signal::TERM).map_err(|error| CliError::failed(format!("cannot stop process {pid}: {error}")))?;
    let deadline = Instant::now() + STOP;
    // A lock tells nobody when it is let go of.
    while let Holder::Process(now) = holder(dir)? {
        if now.is_some_and(|now| now != pid) {
            break;
        }
        if Instant::now() > deadline {
            let error = CliError::new(Exit::NotFinished, format!("process {pid} was asked to stop and still finishes its requests"));
            return Err(error.hint("`agm monitor status` tells when it is gone"));
        }
        tokio::time::sleep(BREATH).await;
    }
    Ok(pid)
}

fn told(out: Output, dir: &Path, pid: u32, what: &str) -> Result<Exit> {
    if out.is_table() {
        print(&format!("agm {what} (process {pid})"))?;
    } else {
        out.value(&json!({ "running": false, "pid": pid, "dataDir": dir }))?;
    }
    Ok(Exit::Done)
}

async fn status(dir: &Path, out: Output) -> Result<Exit> {
    let Holder::Process(pid) = holder(dir)? else {
        if out.is_table() {
            print(&format!("no agm runs on {}", dir.display()))?;
        } else {
            out.value(&json!({ "running": false, "dataDir": dir }))?;
        }
        return Ok(Exit::NoServer);
    };
    let endpoints = RunDir::new(dir).endpoints();
    let version = match &endpoints {
        Some(endpoints) => version(endpoints).await,
        None => None,
    };
    if !out.is_table() {
        let log = log_path(dir);
        out.value(&json!({ "running": true, "pid": pid, "answers": version.is_some(), "version": version, "dataDir": dir, "endpoints": endpoints, "log": log }))?;
        return Ok(Exit::Done);
    }
    let answers = match &version {
        Some(version) => Cell::new(format!("yes, agm {version}"), Tint::Good),
        None => Cell::new("no: it is starting or stopping", Tint::Warn),
    };
    let sheet = details(vec![
        ("running", process(pid).into()),
        ("answers", answers),
        ("management", Cell::maybe(endpoints.as_ref().map(|e| e.management.as_str()))),
        ("gateway", Cell::maybe(endpoints.as_ref().map(|e| e.gateway.as_str()))),
        ("data", dir.display().to_string().into()),
        ("log", log_path(dir).display().to_string().into()),
    ]);
    print(&out.sheet(&sheet))?;
    Ok(Exit::Done)
}

async fn version(endpoints: &Endpoints) -> Option<String> {
    let url = url::Url::parse(&endpoints.management).ok()?;
    match who_answers(&http(&url, Way::Direct).ok()?, &url).await {
        Answerer::Agm(version) => Some(version),
        _ => None,
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "its process id is not written yet".to_owned(), |pid| format!("process {pid}"))
}
