//! `demo`: everything at work, in a throw-away directory, on simulated vendors.

mod agents;
mod vendors;

use std::path::Path;
use std::time::Duration;

use agm_domain::evidence::{Evidence, Level};
use agm_ops::{SwitchReport, SwitchRequest};
use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::json;
use tokio::time::{Instant, timeout};

use self::agents::Team;
use self::vendors::Vendors;
use super::up::{Stop, places, runtime};
use super::{Session, switch};
use crate::args::{DemoArgs, Global, ServerArgs};
use crate::client::Client;
use crate::error::{CliError, Exit, Result};
use crate::log;
use crate::output::{Output, Tint, ladder, print};
use crate::running::Running;
use crate::settings::{ClientSettings, resolve, variables as v};

/// Who is moved, and to what, before everybody's eyes.
const STAR: &str = "worker:alice";
const TO: (&str, &str) = ("deepseek", "deepseek-chat");

/// Who runs on what at first.
const CAST: [(&str, &str, &str); 4] = [
    ("manager", "qwen", "qwen3.5-plus"),
    (STAR, "qwen", "qwen3.5-plus"),
    ("worker:bob", "deepseek", "deepseek-chat"),
    ("worker:carol", "qwen", "qwen-flash"),
];

/// How long a switch, or the agent's next request after it, may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn run(args: &DemoArgs, out: Output) -> Result<Exit> {
    let place = tempfile::Builder::new().prefix("agm-demo-").tempdir();
    let place = place.map_err(|error| CliError::failed(format!("no throw-away directory can be made: {error}")))?;
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        // Before anything runs, so that no signal is missed.
        let stop = Stop::new()?;
        play(place.path(), args.once, out, stop).await
    });
    drop(runtime);
    // Only now has everything let go of it.
    place.close().map_err(|error| CliError::failed(format!("the throw-away directory is left behind: {error}")))?;
    result
}

async fn play(place: &Path, once: bool, out: Output, mut stop: Stop) -> Result<Exit> {
    let global = Global { data_dir: Some(place.join("data")), ..Global::default() };
    let free = Some("127.0.0.1:0".to_owned());
    let args = ServerArgs { listen: free.clone(), gateway_listen: free, ..ServerArgs::default() };
    // Nothing of this host's settings: a demo is the same everywhere. Evidence is looked at more often than usual.
    let env = |name: &str| match name {
        v::AGM_LOG_LEVEL => Some("warn".to_owned()),
        v::AGM_RECHECK => Some("2s".to_owned()),
        _ => None,
    };
    let settings = resolve(&global, &args, &env)?;
    log::start(&settings.log)?;
    let vendors = Vendors::start().await?;
    let running = Running::start(settings).await?;
    print(&places(running.ready(), true))?;
    let client = Client::connect(ClientSettings::resolve(&global, &env)?).await?;
    let session = Session { client, out };
    print("\nThe demo: two simulated vendors, a Manager and three Workers that talk to them through the gateway.")?;
    let mut team = Team::new(place);
    set_up(&session.client, &vendors, &team).await?;
    team.begin_to_work()?;
    let (outcome, stays) = tokio::select! {
        outcome = show(&session) => (outcome, !once),
        () = stop.asked() => (Ok(Exit::Done), false),
    };
    if outcome.is_ok() && stays {
        print(&look_around(&super::up::command(running.ready())))?;
        stop.asked().await;
    }
    team.go_home().await;
    running.stop().await;
    vendors.stop().await;
    outcome
}

/// Providers, agents and their first models, over the API as anybody would.
async fn set_up(client: &Client, vendors: &Vendors, team: &Team) -> Result<()> {
    for (name, base_url, key) in vendors.providers() {
        client.post(&["providers"], &[], Some(&json!({ "name": name, "type": name, "baseUrl": base_url, "apiKey": key }))).await?;
    }
    for (agent, provider, model) in CAST {
        team.register(client, agent).await?;
        let answer = client.post(&["switches"], &[("wait", "30s")], Some(&json!(request(agent, provider, model)))).await?;
        if answer["success"] != true {
            return Err(CliError::failed(format!("{agent} could not be given its first model: {}", answer["message"])));
        }
    }
    Ok(())
}

fn request(agent: &str, provider: &str, model: &str) -> SwitchRequest {
    SwitchRequest { targets: vec![agent.to_owned()], provider: provider.to_owned(), model: model.to_owned(), ..SwitchRequest::default() }
}

/// One switch, with its steps, and its evidence until the agent's own traffic shows it.
async fn show(session: &Session) -> Result<Exit> {
    let (provider, model) = TO;
    print(&format!("\n$ agm model set {STAR} {model} --provider {provider}"))?;
    let mut evidence = session.client.events(&["evidence.changed", "request.seen"], None).await?;
    let performed = switch::perform(session, &request(STAR, provider, model), PATIENCE).await?;
    let report: &SwitchReport = &performed.report;
    if report.error().is_some() {
        return switch::show(session, &performed);
    }
    print(&format!("done; now for {STAR}'s own next request to show it …"))?;
    let until = Instant::now() + PATIENCE;
    let found = loop {
        let answer = session.client.get(&["agents", STAR, "evidence"]).await?;
        let found =
            Evidence::deserialize(&answer).map_err(|error| CliError::failed(format!("the evidence cannot be understood: {error}")))?;
        if found.proven() == Some(Level::Observed) || Instant::now() >= until {
            break found;
        }
        // Looked at again when something happened, and now and then.
        drop(timeout(Duration::from_secs(1), evidence.next()).await);
    };
    print(&session.out.sheet(&ladder(&found, Timestamp::now())))?;
    if found.proven() == Some(Level::Observed) {
        return Ok(Exit::Done);
    }
    Err(CliError::new(Exit::NotFinished, format!("{STAR} was not seen on {model} within {} s", PATIENCE.as_secs())))
}

fn look_around(agm: &str) -> String {
    let try_it = [
        ("agent list", "who runs on what, and how far that is proven"),
        ("events --follow", "what happens, as it happens"),
        ("route explain deepseek-chat --as worker:alice", "which route takes a model, and why"),
        ("model set worker:bob no-such-model --provider deepseek", "a switch that fails, and changes nothing"),
        ("backup diff last", "what the last change was"),
    ];
    let lines = try_it.map(|(command, what)| format!("  {agm} {command}\n      {}", Tint::Dim.paint(what)));
    format!("\nThe demo stays up until Ctrl-C. Look around, in another terminal:\n{}", lines.join("\n"))
}
