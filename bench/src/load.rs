//! A closed loop: on every connection the next request leaves when the answer to the last one is complete.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::figures::Spread;
use crate::target::Target;
use crate::wire::Connection;

#[derive(Args, Clone, Debug)]
pub(crate) struct Load {
    #[command(flatten)]
    target: Target,
    #[arg(long, default_value_t = 1)]
    pub(crate) connections: usize,
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Ends after so many requests on each connection, whatever time it takes
    #[arg(long, conflicts_with = "seconds")]
    requests: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// Answers 200, read to their end.
    answered: usize,
    seconds: f64,
    per_second: f64,
    /// From the first byte sent to the last byte read, in microseconds.
    latency: Spread,
    /// Everything else, by status or error.
    failures: BTreeMap<String, u64>,
}

/// When a connection has done enough.
#[derive(Clone, Copy)]
enum End {
    At(Instant),
    After(u64),
}

#[derive(Default)]
struct Seen {
    timings: Vec<Duration>,
    failures: BTreeMap<String, u64>,
}

impl Load {
    pub(crate) async fn run(self) -> Result<Outcome> {
        let request: Arc<[u8]> = self.target.request(false).into();
        let start = Instant::now();
        let end = self.requests.map_or_else(|| End::At(start + Duration::from_secs_f64(self.seconds)), End::After);
        let mut loops = JoinSet::new();
        for _ in 0..self.connections {
            loops.spawn(ask(self.target.clone(), Arc::clone(&request), end));
        }
        let mut all = Seen::default();
        for seen in loops.join_all().await {
            all.timings.extend(seen.timings);
            for (what, count) in seen.failures {
                *all.failures.entry(what).or_default() += count;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let answered = all.timings.len();
        #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
        let per_second = answered as f64 / seconds;
        Ok(Outcome { answered, seconds, per_second, latency: Spread::of(&mut all.timings), failures: all.failures })
    }
}

impl End {
    fn reached(self, asked: u64) -> bool {
        match self {
            Self::At(time) => Instant::now() >= time,
            Self::After(most) => asked >= most,
        }
    }
}

async fn ask(target: Target, request: Arc<[u8]>, end: End) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    let mut asked = 0;
    while !end.reached(asked) {
        asked += 1;
        let start = Instant::now();
        match exchange(&target, &request, &mut connection).await {
            Ok(200) => seen.timings.push(start.elapsed()),
            Ok(status) => *seen.failures.entry(format!("status {status}")).or_default() += 1,
            Err(error) => {
                connection = None;
                *seen.failures.entry(error.to_string()).or_default() += 1;
            }
        }
    }
    seen
}

/// One request; a new connection where there is none to use again.
async fn exchange(target: &Target, request: &[u8], connection: &mut Option<Connection>) -> io::Result<u16> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => Connection::open(target.address).await?,
    };
    open.send(request).await?;
    let head = open.head().await?;
    open.drain(head.body).await?;
    if head.keeps {
        *connection = Some(open);
    }
    Ok(head.status)
}
