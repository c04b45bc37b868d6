//! Drift: what differs is seen, named and mended, and somebody who insists is not fought forever.

use std::path::Path;
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::{Cause, Evidence, Level, Verdict};
use agm_ops::EventKind;
use agm_testkit::http::{Request, send};

use crate::switches::{request, switch, team, team_with_file};
use crate::world::{World, actor};

fn alice() -> AgentId {
    AgentId::parse("alice").unwrap()
}

async fn check(world: &World) -> Evidence {
    world.agm.check_agent(&alice(), false).await.unwrap()
}

fn causes(evidence: &Evidence) -> Vec<Cause> {
    evidence.drift.iter().map(|d| d.cause).collect()
}

fn edit(config: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(config, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_edited_by_somebody_is_seen_and_mended() {
    let (world, config) = team_with_file().await;
    edit(&config, "\"hiclaw-gateway/old\"", "\"hiclaw-gateway/theirs\"");
    let evidence = check(&world).await;
    assert_eq!(causes(&evidence), [Cause::FileEdited]);
    assert_eq!(evidence.verdict(Level::Delivered), Verdict::Contradicted);
    let plan = world.agm.repair_agent(&actor(), &alice(), true).await.unwrap();
    assert_eq!(plan.repaired.len(), 1);
    assert_eq!(causes(&check(&world).await), [Cause::FileEdited], "a plan mends nothing");
    let repaired = world.agm.repair_agent(&actor(), &alice(), false).await.unwrap();
    assert!(repaired.evidence.drift.is_empty() && repaired.left.is_empty(), "{repaired:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_insists_is_not_fought_forever() {
    let (world, config) = team_with_file().await;
    for _ in 0..3 {
        edit(&config, "\"primary\": \"hiclaw-gateway/old\"", "\"primary\": \"hiclaw-gateway/theirs\"");
        assert!(world.agm.repair_agent(&actor(), &alice(), false).await.unwrap().left.is_empty());
    }
    edit(&config, "\"primary\": \"hiclaw-gateway/old\"", "\"primary\": \"hiclaw-gateway/theirs\"");
    let repaired = world.agm.repair_agent(&actor(), &alice(), false).await.unwrap();
    assert_eq!(repaired.left[0].code, Code::TugOfWar);
    assert!(std::fs::read_to_string(&config).unwrap().contains("theirs"), "left alone now");
    // A new switch is a new wish.
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    assert!(check(&world).await.drift.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_once_in_a_while_is_no_tug_of_war() {
    let (world, config) = team_with_file().await;
    for _ in 0..5 {
        edit(&config, "\"primary\": \"hiclaw-gateway/old\"", "\"primary\": \"hiclaw-gateway/theirs\"");
        let repaired = world.agm.repair_agent(&actor(), &alice(), false).await.unwrap();
        assert!(repaired.left.is_empty(), "{repaired:?}");
        world.advance(Duration::from_hours(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_reported_and_left_alone() {
    let (world, config) = team_with_file().await;
    std::fs::write(&config, "{ broken").unwrap();
    assert_eq!(causes(&check(&world).await), [Cause::FileUnusable]);
    let repaired = world.agm.repair_agent(&actor(), &alice(), false).await.unwrap();
    assert!(!repaired.left.is_empty() && repaired.repaired.is_empty());
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "{ broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overwritten_model_json_is_published_again_unasked() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    let path = world.dir.path().join("agents/alice/model.json");
    let whole = std::fs::read(&path).unwrap();
    let mut events = world.agm.events().subscribe(None).1;
    std::fs::write(&path, "{\"provider\":\"stale\"}").unwrap();
    check(&world).await;
    // Whoever looked first has seen it; the background may have been faster.
    while let event = events.recv().await.unwrap()
        && !(event.kind == EventKind::DriftChanged
            && serde_json::to_value(&event.data).unwrap()[0]["cause"] == serde_json::json!(Cause::ModelFileChanged))
    {}
    // Any change wakes the background checks.
    world.agent("zoe").await;
    while std::fs::read(&path).unwrap() != whole {
        events.recv().await.unwrap();
    }
    assert!(check(&world).await.drift.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_changed_under_an_agent_is_seen_and_mended() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    world
        .elsewhere(|document| {
            let route = document.routes.get_mut("beta-ai-route").unwrap();
            route.auth_config.as_mut().unwrap().allowed_consumers.retain(|c| *c != "worker-alice");
        })
        .await;
    assert_eq!(causes(&check(&world).await), [Cause::ConsumerMissing]);
    assert!(world.agm.repair_agent(&actor(), &alice(), false).await.unwrap().evidence.drift.is_empty());
    world.elsewhere(|document| drop(document.routes.remove("beta-ai-route"))).await;
    let evidence = check(&world).await;
    assert_eq!(causes(&evidence), [Cause::RouteChanged], "{evidence:?}");
    assert!(world.agm.repair_agent(&actor(), &alice(), false).await.unwrap().evidence.drift.is_empty());
}

/// What OpenClaw writes when it has taken a change of the primary model.
fn reload_line(at: jiff::Timestamp) -> String {
    let line = serde_json::json!({
        "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
        "message": "config hot reload applied (agents.defaults.model.primary)",
        "time": agm_ops::stamp(at)
    });
    format!("{line}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_mended_before_the_agent_noticed_it_leaves_loaded_what_was() {
    for noticed in [false, true] {
        let (world, config) = team_with_file().await;
        let log = world.dir.path().join("openclaw.log");
        std::fs::write(&log, "").unwrap();
        let patch = serde_json::from_value(serde_json::json!({ "configFile": { "path": config, "log": log } })).unwrap();
        world.agm.edit_agent(&actor(), &alice(), patch, None, false).await.unwrap();
        let (taken, before) = (log.clone(), std::fs::read(&config).unwrap());
        let file = config.clone();
        let openclaw = tokio::task::spawn_blocking(move || {
            while std::fs::read(&file).unwrap() == before {
                std::thread::yield_now();
            }
            std::fs::write(&taken, reload_line(jiff::Timestamp::now())).unwrap();
        });
        switch(&world, request("alice", "beta", "mine")).await;
        openclaw.await.unwrap();
        assert_eq!(check(&world).await.verdict(Level::Loaded), Verdict::Proven);

        let ours = std::fs::read_to_string(&config).unwrap();
        edit(&config, "\"primary\": \"hiclaw-gateway/mine\"", "\"primary\": \"hiclaw-gateway/theirs\"");
        assert_eq!(check(&world).await.verdict(Level::Loaded), Verdict::Unknown);
        if noticed {
            let both = std::fs::read_to_string(&log).unwrap() + &reload_line(jiff::Timestamp::now());
            std::fs::write(&log, both).unwrap();
        }
        let evidence = world.agm.repair_agent(&actor(), &alice(), false).await.unwrap().evidence;
        assert_eq!(std::fs::read_to_string(&config).unwrap(), ours);
        // Too early to tell: it may be about to take the foreign edit.
        let loaded = evidence.of(Level::Loaded).unwrap();
        assert_eq!(loaded.verdict, Verdict::Unknown, "{loaded:?}");
        assert!(loaded.fact.contains("next request"), "it says what settles it: {loaded:?}");
        world.advance(Duration::from_secs(30));
        let loaded = check(&world).await.of(Level::Loaded).unwrap().clone();
        if noticed {
            assert_eq!(loaded.verdict, Verdict::Unknown, "the last thing that it took was not ours: {loaded:?}");
        } else {
            assert_eq!(loaded.verdict, Verdict::Proven, "{loaded:?}");
            assert!(loaded.fact.contains("nothing since"), "{loaded:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_uses_a_model_has_loaded_it() {
    let (world, _config) = team_with_file().await;
    assert_eq!(check(&world).await.verdict(Level::Loaded), Verdict::Unknown);
    let key = world.agm.agent_key(&actor(), &alice()).await.unwrap();
    let ask = Request::new("POST", "/v1/chat/completions")
        .header("authorization", format!("Bearer {}", key.expose()))
        .json(&serde_json::json!({"model": "old", "messages": [{"role": "user", "content": "hi"}]}));
    assert_eq!(send(world.agm.gateway().addr(), &ask).await.unwrap().status, 200);
    assert_eq!(check(&world).await.verdict(Level::Loaded), Verdict::Proven);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_s_own_traffic_is_the_strongest_evidence() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    assert_eq!(check(&world).await.verdict(Level::Observed), Verdict::Unknown, "our own probes prove nothing here");
    let key = world.agm.agent_key(&actor(), &alice()).await.unwrap();
    let ask = |model: &str| {
        Request::new("POST", "/v1/chat/completions")
            .header("authorization", format!("Bearer {}", key.expose()))
            .json(&serde_json::json!({"model": model, "messages": [{"role": "user", "content": "hi"}]}))
    };
    let other = send(world.agm.gateway().addr(), &ask("other")).await.unwrap();
    assert_eq!(other.status, 200);
    assert_eq!(check(&world).await.verdict(Level::Observed), Verdict::Unknown);
    send(world.agm.gateway().addr(), &ask("m")).await.unwrap();
    let evidence = check(&world).await;
    assert_eq!(evidence.verdict(Level::Observed), Verdict::Proven);
    assert_eq!(evidence.proven(), Some(Level::Observed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_provider_is_asked_again() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    assert_eq!(check(&world).await.verdict(Level::Reachable), Verdict::Proven);
    let mut events = world.agm.events().subscribe(None).1;
    let change = serde_json::from_value(serde_json::json!({ "replace": ["sk-wrong"], "force": true })).unwrap();
    world.agm.rotate_key(&actor(), "beta", change, None, false).await.unwrap();
    while world.agm.evidence(&alice()).unwrap().verdict(Level::Reachable) != Verdict::Contradicted {
        tokio::time::timeout(std::time::Duration::from_secs(20), events.recv()).await.expect("it was never asked").unwrap();
    }
    // So the same wish is not taken for fulfilled.
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_gateway_key_goes_into_the_agent_s_file() {
    let (world, config) = team_with_file().await;
    let old = world.agm.agent_key(&actor(), &alice()).await.unwrap();
    assert!(std::fs::read_to_string(&config).unwrap().contains(old.expose()));
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    let (text, new) = (std::fs::read_to_string(&config).unwrap(), world.agm.agent_key(&actor(), &alice()).await.unwrap());
    assert!(text.contains(new.expose()) && !text.contains(old.expose()), "{text}");
    assert!(check(&world).await.drift.is_empty());
    // A key that somebody else put there is not touched, and shows.
    std::fs::write(&config, text.replace(new.expose(), "somebody-else-s-key")).unwrap();
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    assert!(std::fs::read_to_string(&config).unwrap().contains("somebody-else-s-key"));
    let evidence = check(&world).await;
    assert!(evidence.drift.iter().any(|d| d.level == Level::Delivered && !d.repairable), "{evidence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_kept_for_one_agent() {
    let (world, config) = team_with_file().await;
    let link = world.dir.path().join("link.json");
    std::os::unix::fs::symlink(&config, &link).unwrap();
    for path in [config, link, world.dir.path().join("agm/format.json")] {
        let file = serde_json::json!({ "configFile": { "path": path } });
        let patch = serde_json::from_value(file).unwrap();
        let refused = world.agm.edit_agent(&actor(), &AgentId::parse("bob").unwrap(), patch, None, false).await.unwrap_err();
        assert_eq!(refused.code, Code::ConfigFileUnusable, "{refused}");
    }
    let elsewhere = world.dir.path().join("other.json");
    std::fs::write(&elsewhere, "{}").unwrap();
    let patch = serde_json::from_value(serde_json::json!({ "configFile": { "path": elsewhere } })).unwrap();
    let operator = agm_ops::Actor::new("manager", agm_ops::Role::Operator);
    let refused = world.agm.edit_agent(&operator, &AgentId::parse("bob").unwrap(), patch, None, false).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden, "agm may write where the caller may not");
}
