//! Going on after failures: who falls out of a switch gets back what it had, and nobody is left with half of it.

use std::path::PathBuf;
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::switch::SwitchState;
use agm_ops::{SwitchReport, SwitchRequest};
use agm_simvendor::{Behaviour, On};

use crate::switches::{request, switch, team_with_file};
use crate::world::{KEY, World, actor, script};

fn id(agent: &str) -> AgentId {
    AgentId::parse(agent).unwrap()
}

fn everybody(model: &str) -> SwitchRequest {
    SwitchRequest { keep_going: true, ..request("worker:*", "beta", model) }
}

fn state(report: &SwitchReport, agent: &str) -> SwitchState {
    report.members.iter().find(|m| m.agent.name() == agent).unwrap().state
}

fn model(world: &World, agent: &str) -> String {
    let assigned = world.agm.assignment(&id(agent)).unwrap();
    format!("{}/{}", assigned.provider, assigned.model)
}

/// Gives alice's file a log, and makes OpenClaw answer the given model with these words.
async fn openclaw(world: &World, config: &PathBuf, model: &str, says: &'static str) -> tokio::task::JoinHandle<()> {
    let log = world.dir.path().join("openclaw.log");
    let patch = serde_json::json!({ "configFile": { "path": config, "log": log } });
    world.agm.edit_agent(&actor(), &id("alice"), serde_json::from_value(patch).unwrap(), None, false).await.unwrap();
    let (config, reference) = (config.clone(), format!("hiclaw-gateway/{model}"));
    tokio::task::spawn_blocking(move || {
        while !std::fs::read_to_string(&config).unwrap().contains(&reference) {
            std::thread::yield_now();
        }
        let line = serde_json::json!({
            "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
            "message": format!("{says} (agents.defaults.model.primary)"),
            "time": agm_ops::stamp(jiff::Timestamp::now())
        });
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        std::fs::write(&log, format!("{said}{line}\n")).unwrap();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_broken_already_stops_nobody_else() {
    let (world, config) = team_with_file().await;
    let whole = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, "{ broken").unwrap();
    let plan = world.agm.plan_switch(&everybody("m")).await.unwrap();
    assert!(plan.warnings.iter().any(|w| w.code == Code::ConfigFileUnusable && w.message.contains("worker:alice")), "{:?}", plan.warnings);
    let report = switch(&world, everybody("m")).await;
    assert_eq!(report.state, SwitchState::Failed, "{report:#?}");
    assert_eq!((state(&report, "alice"), state(&report, "bob")), (SwitchState::Failed, SwitchState::Done));
    let told = report.error().unwrap().details;
    assert_eq!((&told["switched"], &told["failed"]), (&serde_json::json!(["worker:bob"]), &serde_json::json!(["worker:alice"])));
    assert_eq!((model(&world, "alice"), model(&world, "bob")), ("alpha/old".to_owned(), "beta/m".to_owned()));
    // Alone there is nobody to go on with.
    let alone = world.agm.start_switch(&actor(), SwitchRequest { keep_going: true, ..request("alice", "beta", "m") }).await;
    assert_eq!(alone.unwrap_err().code, Code::ConfigFileUnusable);
    std::fs::write(&config, whole).unwrap();
    assert_eq!(switch(&world, everybody("m")).await.state, SwitchState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_refuses_its_file_falls_out_and_the_others_go_on() {
    let (world, config) = team_with_file().await;
    let file = std::fs::read_to_string(&config).unwrap();
    let refused = openclaw(&world, &config, "m", "config reload skipped").await;
    let report = switch(&world, everybody("m")).await;
    refused.await.unwrap();
    assert_eq!(report.state, SwitchState::Failed, "{report:#?}");
    assert_eq!((state(&report, "alice"), state(&report, "bob")), (SwitchState::RolledBack, SwitchState::Done));
    assert_eq!((model(&world, "alice"), model(&world, "bob")), ("alpha/old".to_owned(), "beta/m".to_owned()));
    assert_eq!(std::fs::read_to_string(&config).unwrap(), file);
    assert!(world.agm.check_agent(&id("alice"), false).await.unwrap().is_good());
    assert!(!world.agm.current().head.passing, "what is left is a state to go back to");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_out_late_is_not_left_with_a_model_that_goes_elsewhere() {
    let (world, config) = team_with_file().await;
    for agent in ["alice", "bob"] {
        assert_eq!(switch(&world, request(agent, "alpha", "m")).await.state, SwitchState::Done);
    }
    let content = world.agm.current().head.content.clone();
    let whole = std::fs::read(&config).unwrap();
    world.vendors[1]
        .update(|s| *s = script("two").key(KEY).always_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(300))));
    let asked = world.vendors[1].request_count();
    let id = world.agm.start_switch(&actor(), everybody("m")).await.unwrap();
    world.vendors[1].wait_for_count(asked + 5).await;
    std::fs::write(&config, "{ broken").unwrap();
    let report = world.agm.wait_for_switch(&id, Duration::from_secs(30)).await.unwrap();
    std::fs::write(&config, whole).unwrap();
    assert_eq!((report.state, report.left.as_slice()), (SwitchState::RolledBack, [].as_slice()), "{report:#?}");
    assert_eq!(report.error().unwrap().code, Code::RouteConflict);
    assert_eq!(world.agm.current().head.content, content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_was_taken_back_proves_nothing() {
    for (says, model) in [("config reload skipped", "refused"), ("config hot reload applied", "taken")] {
        let (world, config) = team_with_file().await;
        // The file said it before agm had a log to look at: whether it was loaded is not known, and that must stay so.
        let before = world.agm.check_agent(&id("alice"), false).await.unwrap();
        assert_eq!(before.verdict(Level::Loaded), Verdict::Unknown);
        let said = openclaw(&world, &config, model, says).await;
        // Bob's file is gone by the time of its delivery, so that everything is taken back although alice's was delivered.
        let other = world.dir.path().join("bob.json");
        std::fs::write(&other, "{}").unwrap();
        let patch = serde_json::json!({ "configFile": { "path": other } });
        world.agm.edit_agent(&actor(), &id("bob"), serde_json::from_value(patch).unwrap(), None, false).await.unwrap();
        let (broken, alices) = (other.clone(), config.clone());
        let reference = format!("hiclaw-gateway/{model}");
        let breaks = tokio::task::spawn_blocking(move || {
            while !std::fs::read_to_string(&alices).unwrap().contains(&reference) {
                std::thread::yield_now();
            }
            while !std::fs::read_to_string(&broken).unwrap().contains(&reference) {
                std::thread::yield_now();
            }
            std::fs::write(&broken, "{}").unwrap();
        });
        let report = switch(&world, request("worker:*", "beta", model)).await;
        said.await.unwrap();
        breaks.await.unwrap();
        assert_eq!(report.state, SwitchState::RolledBack, "{says}: {report:#?}");
        let now = world.agm.check_agent(&id("alice"), false).await.unwrap();
        let gist = |e: &agm_domain::evidence::Evidence| e.proofs.iter().map(|p| (p.level, p.verdict)).collect::<Vec<_>>();
        assert_eq!(gist(&now), gist(&before), "{says}: {now:#?}");
    }
}
