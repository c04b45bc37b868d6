//! Many paced event streams at once: when the first token comes, and whether every frame comes, in time.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use memchr::memmem;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::figures::Spread;
use crate::mock::{FRAMES, GAP, STAMP};
use crate::target::Target;
use crate::wire::{Connection, Head};

#[derive(Args, Clone, Debug)]
pub(crate) struct Streams {
    #[command(flatten)]
    target: Target,
    /// At once, their starts spread over a stream's length
    #[arg(long = "streams", default_value_t = 64)]
    at_once: u32,
    /// No stream begins later
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// Streams with every frame and a proper end.
    complete: u64,
    /// From the first byte of the request to the first frame, in microseconds.
    first_token: Spread,
    /// From the mock to here, for every frame, in microseconds.
    delay: Spread,
    /// Frames that came.
    frames: usize,
    /// Frames that came when the next one was already due.
    late: u64,
    /// Frames that never came.
    lost: u64,
    /// Streams that broke off, were refused or had no proper end, by reason.
    failures: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Seen {
    complete: u64,
    first_tokens: Vec<Duration>,
    delays: Vec<Duration>,
    lost: u64,
    failures: BTreeMap<String, u64>,
}

/// One stream while it is read.
#[derive(Default)]
struct Reading {
    text: Vec<u8>,
    first: Option<Duration>,
    delays: Vec<Duration>,
    done: bool,
}

impl Streams {
    pub(crate) async fn run(self) -> Result<Outcome> {
        let request: Arc<[u8]> = self.target.request(true).into();
        let end = Instant::now() + Duration::from_secs_f64(self.seconds);
        let mut readers = JoinSet::new();
        for number in 0..self.at_once {
            let wait = GAP * FRAMES * number / self.at_once;
            readers.spawn(read(self.target.clone(), Arc::clone(&request), wait, end));
        }
        let mut all = Seen::default();
        for seen in readers.join_all().await {
            all += seen;
        }
        let late = all.delays.iter().filter(|delay| **delay > GAP).count() as u64;
        Ok(Outcome {
            complete: all.complete,
            frames: all.delays.len(),
            first_token: Spread::of(&mut all.first_tokens),
            delay: Spread::of(&mut all.delays),
            late,
            lost: all.lost,
            failures: all.failures,
        })
    }
}

impl AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.complete += other.complete;
        self.first_tokens.extend(other.first_tokens);
        self.delays.extend(other.delays);
        self.lost += other.lost;
        for (what, count) in other.failures {
            *self.failures.entry(what).or_default() += count;
        }
    }
}

/// One stream after the other.
async fn read(target: Target, request: Arc<[u8]>, wait: Duration, end: Instant) -> Seen {
    sleep(wait).await;
    let mut seen = Seen::default();
    let mut connection = None;
    while Instant::now() < end {
        let mut reading = Reading::default();
        let result = reading.follow(&target, &request, &mut connection).await;
        seen.lost += u64::from(FRAMES).saturating_sub(reading.delays.len() as u64);
        seen.first_tokens.extend(reading.first);
        seen.delays.append(&mut reading.delays);
        match result {
            Ok(()) => seen.complete += 1,
            Err(error) => *seen.failures.entry(format!("{error:#}")).or_default() += 1,
        }
    }
    seen
}

impl Reading {
    async fn follow(&mut self, target: &Target, request: &[u8], connection: &mut Option<Connection>) -> Result<()> {
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::open(target.address).await.context("cannot connect")?,
        };
        let start = Instant::now();
        open.send(request).await.context("the request was cut")?;
        let Head { status, keeps, mut body } = open.head().await.context("no answer")?;
        ensure!(status == 200, "status {status}");
        while let Some(piece) = open.piece(&mut body).await.context("the stream was cut")? {
            self.text.extend_from_slice(&piece);
            self.frames(start);
        }
        ensure!(self.done, "the stream ended without [DONE]");
        match self.delays.len() {
            count if count == FRAMES as usize => {}
            count => bail!("{count} frames instead of {FRAMES}"),
        }
        if keeps {
            *connection = Some(open);
        }
        Ok(())
    }

    /// Takes what is complete out of the text; frames end with an empty line.
    fn frames(&mut self, start: Instant) {
        while let Some(end) = memmem::find(&self.text, b"\n\n").or_else(|| memmem::find(&self.text, b"\n\r\n")) {
            let frame: Vec<u8> = self.text.drain(..=end + 1).collect();
            self.done |= memmem::find(&frame, b"data: [DONE]").is_some();
            let Some(sent) = stamp(&frame) else { continue };
            self.first.get_or_insert_with(|| start.elapsed());
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.delays.push(now.saturating_sub(sent));
        }
    }
}

/// When the mock made this frame.
fn stamp(frame: &[u8]) -> Option<Duration> {
    let digits = &frame[memmem::find(frame, STAMP.as_bytes())? + STAMP.len()..];
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    str::from_utf8(&digits[..length]).ok()?.parse().ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests;
