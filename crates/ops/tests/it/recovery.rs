//! Cut off at a chosen moment. The log and the journal are create-only, so a directory without its last objects is what a `kill -9` in that
//! moment would have left.

use std::path::{Path, PathBuf};
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::switch::SwitchState;
use agm_ops::{EventKind, Fault, Patience, Settings, SwitchReport, SwitchRequest};
use agm_simvendor::{Behaviour, On};

use crate::switches::{request, switch};
use crate::world::{KEY, World, actor, script};

/// The journal's entries in the order in which they are written.
const ENTRIES: [&str; 22] = [
    "request",
    "resolve",
    "members",
    "snapshot",
    "preflight",
    "stage",
    "route",
    "probe",
    "record",
    "deliver",
    "load",
    "verify",
    "failure",
    "undo-verify",
    "undo-load",
    "undo-deliver",
    "undo-record",
    "undo-probe",
    "undo-route",
    "undo-preflight",
    "undo-stage",
    "end",
];

fn lasting(settings: &mut Settings) {
    // An agent's file keeps its gateway's address across restarts.
    settings.gateway_url = Some("http://gateway.example".to_owned());
    settings.patience = Patience { connect: Duration::from_secs(2), request: Duration::from_secs(3) };
}

/// `alpha` owns the default route, `beta` is an aggregator. Workers alice and bob, both on `alpha`; alice has a file, and a log of it.
async fn team() -> (World, PathBuf) {
    let world = World::set(vec![script("one").key(KEY), script("two").key(KEY)], lasting).await;
    world.provider("alpha", "qwen", 0).await;
    world.provider("beta", "openrouter", 1).await;
    world.agent("alice").await;
    world.agent("bob").await;
    let config = world.dir.path().join("openclaw.json");
    std::fs::write(&config, "{ agents: { defaults: {} } } // alice's\n").unwrap();
    let patch = serde_json::json!({ "configFile": { "path": config, "log": world.dir.path().join("openclaw.log") } });
    std::fs::write(world.dir.path().join("openclaw.log"), "").unwrap();
    world.agm.edit_agent(&actor(), &id("alice"), serde_json::from_value(patch).unwrap(), None, false).await.unwrap();
    std::fs::remove_file(world.dir.path().join("openclaw.log")).unwrap();
    for agent in ["alice", "bob"] {
        let report = switch(&world, request(agent, "alpha", "m")).await;
        assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    }
    (world, config)
}

fn id(agent: &str) -> AgentId {
    AgentId::parse(agent).unwrap()
}

/// The revision that a switch, or its undo, wrote with these words.
async fn revision_of(world: &World, switch: &SwitchReport, words: &str) -> u64 {
    let wanted = format!("switch {}: {words}", switch.id);
    let backups = world.agm.backups(None, 50).await.unwrap();
    let found = backups.iter().find(|backup| backup.message == wanted);
    found.unwrap_or_else(|| panic!("no `{wanted}` in {:?}", backups.iter().map(|b| &b.message).collect::<Vec<_>>())).id
}

/// Stops agm, takes away what this switch wrote after the entry `last` and after `revision`, and starts it again.
async fn cut_off(world: World, switch: &SwitchReport, last: &str, revision: u64) -> World {
    cut_off_and(world, switch, last, revision, |_| ()).await
}

/// The same, with something done to its journal before the start.
async fn cut_off_and(world: World, switch: &SwitchReport, last: &str, revision: u64, change: impl FnOnce(&Path)) -> World {
    let place = ENTRIES.iter().position(|entry| *entry == last).unwrap();
    let between = |dir: &Path| {
        let journal = dir.join("agm/switches").join(&switch.id);
        for later in &ENTRIES[place + 1..] {
            remove(&journal.join(format!("{later}.json")));
        }
        change(&journal);
        for entry in std::fs::read_dir(dir.join("agm/revisions")).unwrap() {
            let path = entry.unwrap().path();
            let number: u64 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
            if number > revision {
                remove(&path);
            }
        }
    };
    world.restarted(between, lasting).await
}

fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
}

/// OpenClaw, which refuses its file as soon as it names this model.
fn refuses(world: &World, config: &Path, model: &str) -> tokio::task::JoinHandle<()> {
    let (config, log, model) = (config.to_owned(), world.dir.path().join("openclaw.log"), format!("/{model}\""));
    tokio::task::spawn_blocking(move || {
        while !std::fs::read_to_string(&config).unwrap().contains(&model) {
            std::thread::yield_now();
        }
        let line = serde_json::json!({
            "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
            "message": "config reload skipped (invalid config)",
            "time": agm_ops::stamp(jiff::Timestamp::now())
        });
        std::fs::write(&log, format!("{line}\n")).unwrap();
    })
}

/// Alone on its model there: the id that both providers have would otherwise move the other one.
async fn alone(world: &World) {
    assert_eq!(switch(world, request("bob", "alpha", "other")).await.state, SwitchState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_while_probing_a_model_that_both_providers_have() {
    let (world, _) = team().await;
    alone(&world).await;
    let content = world.agm.current().head.content.clone();
    let report = switch(&world, request("alice", "beta", "m")).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    let routes = revision_of(&world, &report, "routes").await;
    let world = cut_off(world, &report, "probe", routes).await;

    let told = world.agm.switch(&report.id).await.unwrap();
    assert_eq!((told.state, told.left.as_slice()), (SwitchState::RolledBack, [].as_slice()), "{told:#?}");
    let who: Vec<String> = told.members.iter().map(|m| m.agent.to_string()).collect();
    assert_eq!(who, ["worker:alice"]);
    assert_eq!(world.agm.current().head.content, content, "the configuration differs");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_in_the_midst_of_taking_back() {
    for last in ["failure", "undo-deliver", "undo-record", "undo-route"] {
        let (world, config) = team().await;
        alone(&world).await;
        let (content, file) = (world.agm.current().head.content.clone(), std::fs::read_to_string(&config).unwrap());
        let openclaw = refuses(&world, &config, "n");
        let report = switch(&world, request("alice", "beta", "n")).await;
        openclaw.await.unwrap();
        assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
        let recorded = world.agm.backups(None, 50).await.unwrap();
        let recorded = recorded.iter().find(|b| b.message.contains(&report.id) && b.message.contains("alice to `n`")).unwrap().id;
        let revision = match last {
            "undo-record" => revision_of(&world, &report, "record taken back").await,
            "undo-route" => revision_of(&world, &report, "route taken back").await,
            _ => recorded,
        };
        let world = cut_off(world, &report, last, revision).await;

        let told = world.agm.switch(&report.id).await.unwrap();
        assert_eq!((told.state, told.left.as_slice()), (SwitchState::RolledBack, [].as_slice()), "{last}: {told:#?}");
        let error = told.error().unwrap();
        assert!(error.to_string().contains("skipped"), "{last}: the cause is known, not: {error}");
        assert_eq!(world.agm.current().head.content, content, "{last}: the configuration differs");
        assert_eq!(std::fs::read_to_string(&config).unwrap(), file, "{last}");
        let evidence = world.agm.check_agent(&id("alice"), true).await.unwrap();
        assert!(evidence.drift.is_empty() && evidence.is_good(), "{last}: {evidence:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_switch_that_was_cut_off_still_says_who_failed() {
    let (world, _) = team().await;
    for agent in ["alice", "bob"] {
        assert_eq!(switch(&world, request(agent, "alpha", "other")).await.state, SwitchState::Done);
    }
    // Asked directly, on the temporary route, for the one agent, and for the other.
    world.vendors[1].update(|s| {
        *s = script("two").key(KEY);
        for _ in 0..3 {
            *s = s.clone().then_on(On::Streaming(false), Behaviour::Answer);
        }
        *s = s.clone().then_on(On::Streaming(false), Behaviour::error(403));
    });
    let report = switch(&world, SwitchRequest { keep_going: true, ..request("worker:*", "beta", "n") }).await;
    assert_eq!(report.state, SwitchState::Failed, "{report:#?}");
    let failed = report.members.iter().find(|m| m.failure.is_some()).unwrap().clone();
    let revision = world.revision();
    let world = cut_off(world, &report, "deliver", revision).await;

    let told = world.agm.switch(&report.id).await.unwrap();
    assert_eq!((told.state, told.members.len()), (SwitchState::Failed, 2), "{told:#?}");
    let again = told.members.iter().find(|m| m.failure.is_some()).unwrap();
    assert_eq!((&again.agent, &again.failure), (&failed.agent, &failed.failure));
    assert_eq!(told.error().unwrap().code, Code::SwitchFailed);
    let models: Vec<String> = world.agm.assignments().into_values().map(|a| a.model).collect();
    assert_eq!(models.iter().filter(|m| *m == "n").count(), 1, "{models:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_failed_is_taken_back_although_that_was_cut_off() {
    let (world, config) = team().await;
    for agent in ["alice", "bob"] {
        assert_eq!(switch(&world, request(agent, "alpha", "other")).await.state, SwitchState::Done);
    }
    let file = std::fs::read_to_string(&config).unwrap();
    let openclaw = refuses(&world, &config, "n");
    let report = switch(&world, SwitchRequest { keep_going: true, ..request("worker:*", "beta", "n") }).await;
    openclaw.await.unwrap();
    assert_eq!(report.state, SwitchState::Failed, "{report:#?}");
    let recorded = world.agm.backups(None, 50).await.unwrap();
    let recorded = recorded.iter().find(|b| b.message.contains(&report.id) && b.message.contains("to `n`")).unwrap().id;
    let world = cut_off(world, &report, "verify", recorded).await;

    let told = world.agm.switch(&report.id).await.unwrap();
    assert_eq!(told.state, SwitchState::Failed, "{told:#?}");
    let models: Vec<(String, String)> = world.agm.assignments().into_iter().map(|(id, a)| (id.to_string(), a.model)).collect();
    let wanted = [("worker:alice", "other"), ("worker:bob", "n")].map(|(id, model)| (id.to_owned(), model.to_owned()));
    assert_eq!(models, wanted);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), file);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_brought_to_its_end_is_tried_again() {
    let (world, _) = team().await;
    alone(&world).await;
    let report = switch(&world, request("alice", "beta", "n")).await;
    let routes = revision_of(&world, &report, "routes").await;
    let entry = world.dir.path().join("agm/switches").join(&report.id).join("route.json");
    let whole = std::fs::read_to_string(&entry).unwrap();
    let world = cut_off_and(world, &report, "probe", routes, |journal| {
        std::fs::write(journal.join("route.json"), whole.replace("enc:v1:", "enc:v0:")).unwrap();
    })
    .await;

    let refused = world.agm.start_switch(&actor(), request("alice", "alpha", "o")).await.unwrap_err();
    assert_eq!((refused.fault, refused.code), (Fault::Unavailable, Code::InProgress), "{refused}");
    assert!(refused.to_string().contains(&report.id), "{refused}");
    let unfinished = world.agm.status().unfinished;
    assert_eq!(unfinished.len(), 1, "{unfinished:?}");
    assert_eq!((&unfinished[0].id, &unfinished[0].agents), (&report.id, &[id("alice")].into()));
    assert_eq!(world.agm.unassign(&actor(), &id("alice"), None).await.unwrap_err().code, Code::InProgress);
    // Nobody else has to wait for that.
    assert_eq!(switch(&world, request("bob", "alpha", "m")).await.state, SwitchState::Done);
    assert_eq!(switch(&world, request("bob", "alpha", "other")).await.state, SwitchState::Done);

    let mut events = world.agm.events().subscribe(None).1;
    std::fs::write(&entry, whole).unwrap();
    loop {
        let event = tokio::time::timeout(Duration::from_secs(30), events.recv()).await.expect("it was not tried again").unwrap();
        if event.kind == EventKind::SwitchDone && event.subject == report.id {
            break;
        }
    }
    assert_eq!(world.agm.switch(&report.id).await.unwrap().state, SwitchState::RolledBack);
    let routes: Vec<String> = world.agm.current().document.routes.keys().map(ToString::to_string).collect();
    assert_eq!(routes, ["default-ai-route"]);
    assert_eq!(world.agm.assignment(&id("alice")).unwrap().model, "m");
}

/// Where a bind mount refuses the rename, the file is written in place, with its former content beside it: a kill can leave a mixture.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_while_it_was_written_is_put_back_before_anything_else() {
    let (world, config) = team().await;
    alone(&world).await;
    let before = std::fs::read_to_string(&config).unwrap();
    let report = switch(&world, request("alice", "beta", "n")).await;
    let after = std::fs::read_to_string(&config).unwrap();
    let revision = world.revision();
    let (torn, backup) = (config.clone(), config.with_file_name("openclaw.json.agm-backup"));
    let mixture = format!("{}{}", &after[..after.len() / 2], &before[before.len() / 3..]);
    let world = cut_off_and(world, &report, "deliver", revision, |_| {
        std::fs::write(&torn, &mixture).unwrap();
        std::fs::write(&backup, &before).unwrap();
    })
    .await;
    let told = world.agm.switch(&report.id).await.unwrap();
    assert_eq!(told.state, SwitchState::Done, "{told:#?}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), after);

    // Without a journal that knows it, nothing is put back, but the backup is named.
    std::fs::write(&config, &mixture).unwrap();
    let refused = world.agm.start_switch(&actor(), request("alice", "alpha", "m")).await.unwrap_err();
    assert_eq!(refused.code, Code::ConfigFileUnusable);
    assert!(refused.to_string().contains("openclaw.json.agm-backup"), "{refused}");
}
