//! A gateway from its start to its end.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::bench::call::{CHAT, call};
use crate::bench::contender::Contender;
use crate::bench::tree::{self, Tree};

/// LiteLLM needs a quarter of it on a quiet machine.
const START: Duration = Duration::from_mins(1);
/// Longer than any gateway drains by default.
const STOP: Duration = Duration::from_secs(40);

/// A started process, and everything it starts. Ends with this value.
pub(super) struct Running {
    child: Child,
    name: &'static str,
}

impl Running {
    pub(super) fn spawn(contender: &mut Contender) -> Result<Self> {
        let name = contender.name;
        let log = std::fs::File::create(&contender.log).with_context(|| format!("cannot create {name}'s log"))?;
        let command = contender.command.as_mut().with_context(|| format!("{name} is not started by us"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Self { child: command.spawn().with_context(|| format!("cannot start {name}"))?, name })
    }

    /// Starts it and says how long it took until the first answer came through it.
    pub(super) fn start(contender: &mut Contender) -> Result<(Self, Duration)> {
        let begin = Instant::now();
        let mut running = Self::spawn(contender)?;
        let (port, headers) = (contender.port, &contender.headers);
        let answered = || call(port, "POST", "/v1/chat/completions", headers, CHAT).ok().filter(|answer| answer.status == 200);
        running.wait("a request went through it", START, answered).with_context(|| format!("its last words: {}", last_lines(contender)))?;
        Ok((running, begin.elapsed()))
    }

    /// Asks every millisecond.
    #[expect(clippy::disallowed_methods, reason = "another process's progress can only be polled, and no async task runs here")]
    pub(super) fn wait<T>(&mut self, what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before {what}", self.name);
            }
            ensure!(Instant::now() < deadline, "{}: {what} did not happen within {limit:?}", self.name);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it and its children have used so far.
    pub(super) fn used(&self) -> Result<Tree> {
        Tree::of(self.child.id())
    }

    /// Asks it to stop with this signal and says how long that took.
    pub(super) fn stop(mut self, signal: Signal) -> Result<Duration> {
        let begin = Instant::now();
        self.signal(signal);
        let ended = self.ended(begin + STOP);
        ensure!(ended, "{} did not stop within {STOP:?}", self.name);
        Ok(begin.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "another process's progress can only be polled, and no async task runs here")]
    fn ended(&mut self, deadline: Instant) -> bool {
        while !matches!(self.child.try_wait(), Ok(Some(_))) {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = pid(self.child.id()) {
            // It may have ended by itself.
            kill_process(pid, signal).ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Workers outlive a master that is killed, so the master is asked first.
        let children = tree::descendants(self.child.id());
        self.signal(Signal::TERM);
        if self.ended(Instant::now() + Duration::from_secs(2)) {
            return;
        }
        self.child.kill().ok();
        self.child.wait().ok();
        for child in children.into_iter().filter_map(pid) {
            kill_process(child, Signal::KILL).ok();
        }
    }
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}

fn last_lines(contender: &Contender) -> String {
    let text = std::fs::read_to_string(&contender.log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
