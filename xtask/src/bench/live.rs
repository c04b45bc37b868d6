//! From saving a change to the first request that is served by it, while streams are open.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::bench::agm::{Management, PROVIDER};
use crate::bench::call::call;
use crate::bench::contender::Contender;
use crate::bench::instruments::{Instruments, Outcome};

const ROUTE: &str = "/api/v1/routes/bench-live";
const MODEL: &str = "bench-live";
const CHANGES: u32 = 10;
const STREAMS: u32 = 16;
/// Streams begin in here, and the last runs a second longer: every change falls into it.
const STREAMING: Duration = Duration::from_secs(2);

/// One change.
pub(super) struct Change {
    /// Until agm answered that it is saved.
    pub(super) saved: Duration,
    /// Until the gateway served by it, counted from the same moment.
    pub(super) live: Duration,
}

/// Changes a route some times. An error if a stream that was open meanwhile lost anything.
pub(super) fn measure(instruments: &Instruments, contender: &Contender, management: &Management) -> Result<Vec<Change>> {
    let streams = instruments.streams_meanwhile(contender, STREAMS, STREAMING)?;
    let changes = (0..CHANGES).map(|number| change(contender, management, number)).collect::<Result<Vec<_>>>();
    let streams = streams.wait_with_output().context("the stream client is gone")?;
    let removed = management.call("DELETE", ROUTE, "If-Match: *", "")?;
    let changes = changes?;
    ensure!(removed.status < 300, "the route could not be removed again: {}", first_line(&removed.text));
    let streams = Outcome::parse(&String::from_utf8_lossy(&streams.stdout))?.valid().context("streams that were open during changes")?;
    ensure!(streams.number("/complete")? > 0.0, "no stream was open during changes");
    Ok(changes)
}

/// Maps the model to another id, which the mock's answer then shows.
fn change(contender: &Contender, management: &Management, number: u32) -> Result<Change> {
    let mapped = format!("served-{number}");
    let route = json!({
        "upstreams": [{"provider": PROVIDER, "weight": 100, "modelMapping": {MODEL: mapped}}],
        "modelPredicates": [{"matchType": "EQUAL", "matchValue": MODEL}],
    });
    let condition = if number == 0 { "If-None-Match: *" } else { "If-Match: *" };
    let begin = Instant::now();
    let answer = management.call("PUT", ROUTE, condition, &route.to_string())?;
    let saved = begin.elapsed();
    ensure!(answer.status < 300, "the change was refused: {}", answer.text);
    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": "Who serves me?"}]}).to_string();
    let wanted = format!("\"model\":\"{mapped}\"");
    loop {
        let answer = call(contender.port, "POST", "/v1/chat/completions", &contender.headers, &body)?;
        ensure!(answer.status == 200, "the changed route answers {}", first_line(&answer.text));
        let live = begin.elapsed();
        if answer.text.contains(&wanted) {
            return Ok(Change { saved, live });
        }
        ensure!(live < Duration::from_secs(10), "the change was saved but is not live after {live:?}");
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
