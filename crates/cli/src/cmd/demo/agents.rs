//! The demo's agents. Like OpenClaw, each reads its configuration file before it asks: whatever agm wrote there is what it uses.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::CAST;
use crate::client::{Client, Condition};
use crate::error::{CliError, Result};

/// What they say, in turn.
const LINES: [&str; 4] =
    ["What is next on the list?", "Summarise the last reply in one line.", "Draft a short status report.", "Is anything blocked?"];

/// The Manager and its Workers.
pub(super) struct Team {
    place: PathBuf,
    working: JoinSet<()>,
    home: CancellationToken,
}

impl Team {
    pub(super) fn new(place: &Path) -> Self {
        Self { place: place.join("agents"), working: JoinSet::new(), home: CancellationToken::new() }
    }

    fn file(&self, agent: &str) -> PathBuf {
        self.place.join(agent.trim_start_matches("worker:")).join("openclaw.json")
    }

    /// Gives an agent a file of its own and makes it known to agm.
    pub(super) async fn register(&self, client: &Client, agent: &str) -> Result<()> {
        let file = self.file(agent);
        let folder = file.parent().unwrap_or(&self.place);
        std::fs::create_dir_all(folder).map_err(|error| CliError::io("create", folder, &error))?;
        let fresh = json!({ "agents": { "defaults": { "workspace": folder } } });
        std::fs::write(&file, format!("{fresh:#}\n")).map_err(|error| CliError::io("write", &file, &error))?;
        if agent == "manager" {
            let path = ["agents", agent];
            let (_, etag) = client.with_etag(&path).await?;
            let body = json!({ "configFile": { "path": file } });
            client.change(reqwest::Method::PATCH, &path, &[], Some(&body), Condition::Unchanged(&etag)).await?;
        } else {
            client.post(&["agents"], &[], Some(&json!({ "name": agent, "config": file }))).await?;
        }
        Ok(())
    }

    /// From now on everybody asks something now and then.
    pub(super) fn begin_to_work(&mut self) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build();
        let http = http.map_err(|error| CliError::failed(format!("no HTTP client can be made: {error}")))?;
        for (place, (agent, ..)) in (0u64..).zip(CAST) {
            let (http, file, home) = (http.clone(), self.file(agent), self.home.clone());
            self.working.spawn(async move {
                home.run_until_cancelled(work(http, file, place)).await;
            });
        }
        Ok(())
    }

    pub(super) async fn go_home(mut self) {
        self.home.cancel();
        while self.working.join_next().await.is_some() {}
    }
}

async fn work(http: reqwest::Client, file: PathBuf, place: u64) {
    for (turn, line) in (0u64..).zip(LINES.iter().cycle()) {
        // Everybody at a pace of their own, so that the traffic looks like a team's.
        tokio::time::sleep(Duration::from_millis(900 + 350 * place + 170 * (turn % 4))).await;
        ask(&http, &file, line, turn % 2 == 0).await;
    }
}

/// One request, as the file says: base URL, key and model. None if it was refused, which is part of the show: the gateway's log has it.
async fn ask(http: &reqwest::Client, file: &Path, line: &str, stream: bool) -> Option<()> {
    let config: Value = serde_json::from_slice(&tokio::fs::read(file).await.ok()?).ok()?;
    let (provider, model) = config.pointer("/agents/defaults/model/primary")?.as_str()?.split_once('/')?;
    let gateway = config.pointer(&format!("/models/providers/{provider}"))?;
    let url = format!("{}/chat/completions", gateway["baseUrl"].as_str()?.trim_end_matches('/'));
    let body = json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": line }] });
    let answer = http.post(url).bearer_auth(gateway["apiKey"].as_str()?).json(&body).send().await.ok()?;
    // Read to its end: an agent that leaves early is another story.
    answer.bytes().await.ok().map(drop)
}
