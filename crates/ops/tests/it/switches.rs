//! The switch: what it does, how it fails, and that a failure leaves nothing behind.

use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::switch::{Restart, Step, StepState, SwitchState};
use agm_ops::{SwitchPlan, SwitchReport, SwitchRequest};
use agm_simvendor::{Behaviour, On};

use crate::world::{KEY, World, actor, new_provider, script};

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn request(target: &str, provider: &str, model: &str) -> SwitchRequest {
    SwitchRequest { targets: vec![target.to_owned()], provider: provider.to_owned(), model: model.to_owned(), ..SwitchRequest::default() }
}

/// Switches and waits for the end, whatever it is.
pub(crate) async fn switch(world: &World, request: SwitchRequest) -> SwitchReport {
    let id = world.agm.start_switch(&actor(), request).await.unwrap();
    let report = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
    assert!(report.state.is_final(), "{report:#?}");
    report
}

/// Two providers: `alpha` owns the default route, `beta` is an aggregator without prefixes. Workers alice and bob.
pub(crate) async fn team() -> World {
    let world = World::impatient(2).await;
    world.provider("alpha", "qwen", 0).await;
    world.provider("beta", "openrouter", 1).await;
    world.agent("alice").await;
    world.agent("bob").await;
    world
}

fn step(report: &SwitchReport, step: Step) -> StepState {
    report.steps.iter().find(|s| s.step == step).unwrap().state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_proves_itself() {
    let world = team().await;
    let report = switch(&world, request("worker:alice", "beta", "meta/llama")).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    assert!(report.route_updated);
    for (at, state) in [
        (Step::Resolve, StepState::Done),
        (Step::Preflight, StepState::Done),
        (Step::Stage, StepState::Done),
        (Step::Route, StepState::Done),
        (Step::Probe, StepState::Done),
        (Step::Record, StepState::Done),
        (Step::Deliver, StepState::Skipped),
        (Step::Load, StepState::Skipped),
        (Step::Verify, StepState::Done),
    ] {
        assert_eq!(step(&report, at), state, "{at:?} in {report:#?}");
    }
    let evidence = &report.members[0].evidence;
    assert_eq!(evidence.proven(), Some(Level::Reachable));
    assert_eq!(evidence.verdict(Level::Delivered), Verdict::NotApplicable);
    let published = std::fs::read(world.dir.path().join("agents/alice/model.json")).unwrap();
    let published: serde_json::Value = serde_json::from_slice(&published).unwrap();
    assert_eq!((&published["provider"], &published["model"]), (&"beta".into(), &"meta/llama".into()));
    assert!(published["updatedAt"].as_str().unwrap().ends_with('Z') && !published["updatedAt"].as_str().unwrap().contains('.'));
    // The vendor was asked directly, on the temporary route, and through the gateway: plain and streaming.
    let asked: Vec<bool> =
        world.vendors[1].requests().iter().filter(|r| r.model.as_deref() == Some("meta/llama")).map(|r| r.stream).collect();
    assert_eq!(asked.iter().filter(|s| **s).count(), 1, "{asked:?}");
    assert!(asked.len() >= 4, "{asked:?}");
    // None of that is the agent's own traffic.
    assert_eq!(world.agm.usage().requests, 0);
    assert!(world.agm.current().document.routes.keys().all(|name| !name.is_probe()));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_switch_changes_nothing() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    let (revision, asked) = (world.revision(), world.vendors[1].request_count());
    let again = switch(&world, request("alice", "beta", "m")).await;
    assert_eq!(again.state, SwitchState::Done);
    assert_eq!((world.revision(), world.vendors[1].request_count()), (revision, asked));
    assert_eq!(step(&again, Step::Probe), StepState::Skipped);
}

/// What must be the same before and after a switch that failed.
struct Still {
    content: String,
    model_json: Option<Vec<u8>>,
    config: Vec<u8>,
}

impl Still {
    fn of(world: &World, config: &std::path::Path) -> Self {
        Self {
            content: world.agm.current().head.content.clone(),
            model_json: std::fs::read(world.dir.path().join("agents/alice/model.json")).ok(),
            config: std::fs::read(config).unwrap(),
        }
    }

    fn holds(&self, world: &World, config: &std::path::Path) {
        let now = Self::of(world, config);
        assert_eq!(now.content, self.content, "the configuration differs");
        assert_eq!(now.model_json, self.model_json, "model.json differs");
        assert_eq!(now.config, self.config, "the agent's file differs");
    }
}

/// `team`, with a configuration file for alice, and a first assignment.
pub(crate) async fn team_with_file() -> (World, std::path::PathBuf) {
    let world = team().await;
    let config = world.dir.path().join("openclaw.json");
    std::fs::write(&config, "{\n  // kept\n  gateway: { mode: 'local' },\n  agents: { defaults: { workspace: \"~\" } },\n}\n").unwrap();
    let patch = serde_json::from_value(serde_json::json!({ "configFile": { "path": config } })).unwrap();
    world.agm.edit_agent(&actor(), &AgentId::parse("alice").unwrap(), patch, None, false).await.unwrap();
    let report = switch(&world, request("alice", "alpha", "old")).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    (world, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn delivery_changes_the_agent_s_file_and_nothing_else_in_it() {
    let (world, config) = team_with_file().await;
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("// kept") && text.contains("hiclaw-gateway/old"), "{text}");
    let report = switch(&world, request("alice", "beta", "new")).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    assert_eq!(report.members[0].evidence.verdict(Level::Delivered), Verdict::Proven);
    assert_eq!(report.members[0].evidence.verdict(Level::Loaded), Verdict::Unknown, "nothing shows that it was loaded");
    assert!(std::fs::read_to_string(&config).unwrap().contains("hiclaw-gateway/new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_fails_leaves_everything_as_it_was() {
    let (world, config) = team_with_file().await;
    let vendor = &world.vendors[1];
    let breaks: [(&str, On, Behaviour, &str); 8] = [
        ("wrong key", On::Inference, Behaviour::error(401), "key"),
        ("unknown model", On::Inference, Behaviour::error(404), "m"),
        ("time-out", On::Inference, Behaviour::Hang, "time"),
        ("no choices", On::Inference, Behaviour::EmptyChoices, "choice"),
        ("web page", On::Inference, Behaviour::NotJson, "web page"),
        ("server error", On::Inference, Behaviour::error(500), "500"),
        ("cut stream", On::Streaming(true), Behaviour::CutStream { after_frames: 0 }, "broke off"),
        ("error in the stream", On::Streaming(true), Behaviour::ErrorInStream { after_frames: 1 }, "vendor"),
    ];
    for (what, on, behaviour, word) in breaks {
        let before = Still::of(&world, &config);
        let revision = world.revision();
        vendor.update(|script| *script = crate::world::script("two").key(KEY).always_on(on.clone(), behaviour.clone()));
        let report = switch(&world, request("alice", "beta", "m")).await;
        assert!(matches!(report.state, SwitchState::Failed | SwitchState::RolledBack), "{what}: {report:#?}");
        let error = report.error().unwrap();
        assert_eq!(error.code, Code::ModelNotReachable, "{what}: {error}");
        assert!(error.to_string().to_lowercase().contains(word) && error.hint.is_some(), "{what}: {error}");
        before.holds(&world, &config);
        assert!(report.left.is_empty(), "{what}: {:?}", report.left);
        // The log grew only by this switch's own revisions and their undo.
        let heads = world.agm.backups(None, 50).await.unwrap();
        let grown = heads.iter().filter(|h| h.id > revision);
        assert!(grown.clone().all(|h| h.message.contains(&report.id)), "{what}: {:?}", grown.map(|h| &h.message).collect::<Vec<_>>());
    }
    vendor.update(|script| *script = crate::world::script("two").key(KEY));
    assert_eq!(switch(&world, request("alice", "beta", "m")).await.state, SwitchState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_between_plan_and_delivery_takes_the_switch_back() {
    let (world, config) = team_with_file().await;
    let whole = std::fs::read(&config).unwrap();
    let content = world.agm.current().head.content.clone();
    // Nothing can be read while the vendor takes its time; then the file is no file any more.
    world.vendors[1]
        .update(|s| *s = script("two").key(KEY).always_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(300))));
    let id = world.agm.start_switch(&actor(), request("alice", "beta", "m")).await.unwrap();
    world.vendors[1].wait_for_count(4).await;
    std::fs::write(&config, "{ broken").unwrap();
    let report = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
    assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
    assert_eq!(report.error().unwrap().code, Code::ConfigFileUnusable);
    assert_eq!(world.agm.current().head.content, content);
    assert_eq!(std::fs::read(&config).unwrap(), b"{ broken", "a file that cannot be read is left alone");
    std::fs::write(&config, whole).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_failure_from_here_only_warns() {
    let world = team().await;
    // The direct request fails to connect, the gateway's do not: the first accepted connection is preflight's.
    let proxy = agm_testkit::chaos::ChaosProxy::start(world.vendors[1].addr()).await.unwrap();
    let mut asked = new_provider("gamma", "openrouter", KEY, &world.vendors[1]);
    asked.base_url = Some(format!("{}/v1", proxy.url()));
    world.agm.add_provider(&actor(), &asked, false).await.unwrap();
    proxy.set(agm_testkit::chaos::Faults { refuse: true, ..Default::default() }).await.unwrap();
    let report = switch(&world, request("alice", "gamma", "m")).await;
    assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
    let preflight = report.steps.iter().find(|s| s.step == Step::Preflight).unwrap();
    assert_eq!(preflight.state, StepState::Done);
    assert_eq!(preflight.warnings[0].code, Code::VendorUnreachable);
    assert_eq!(report.error().unwrap().code, Code::ModelNotReachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_moved_only_when_allowed() {
    let world = team().await;
    switch(&world, request("alice", "alpha", "shared")).await;
    let refused = world.agm.start_switch(&actor(), request("bob", "beta", "shared")).await.unwrap_err();
    assert_eq!(refused.code, Code::RouteConflict);
    assert_eq!(refused.details["moved"][0]["agent"], "worker:alice");
    assert_eq!(refused.details["alias"]["target"], "shared");
    let report = switch(&world, SwitchRequest { move_others: true, ..request("bob", "beta", "shared") }).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    let members: Vec<_> = report.members.iter().map(|m| (m.agent.to_string(), m.joined)).collect();
    assert_eq!(members, [("worker:alice".to_owned(), true), ("worker:bob".to_owned(), false)]);
    assert_eq!(world.agm.assignment(&AgentId::parse("alice").unwrap()).unwrap().provider, "beta");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once() {
    let world = team().await;
    let asked = world.vendors[1].request_count();
    let report = switch(&world, request("worker:*", "beta", "m")).await;
    assert_eq!(report.state, SwitchState::Done, "{report:#?}");
    assert_eq!(report.members.len(), 2);
    let streamed = world.vendors[1].requests().iter().filter(|r| r.number > asked && r.stream).count();
    assert_eq!(streamed, 1, "streaming is tried once for a model");
    let messages: Vec<String> = world.agm.backups(None, 10).await.unwrap().into_iter().map(|b| b.message).collect();
    assert_eq!(messages.iter().filter(|m| m.contains(&report.id)).count(), 3, "one revision each to stage, route and record: {messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_after_a_failure_switches_the_others() {
    let (world, config) = team_with_file().await;
    std::fs::write(&config, "{ broken").unwrap();
    let plain = world.agm.start_switch(&actor(), request("worker:*", "beta", "m")).await;
    assert_eq!(plain.unwrap_err().code, Code::ConfigFileUnusable, "all or nothing is refused before it begins");
    let restore = "{ agents: { defaults: { workspace: '~' } } }";
    std::fs::write(&config, restore).unwrap();
    world.vendors[1]
        .update(|s| *s = script("two").key(KEY).always_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(300))));
    let id = world.agm.start_switch(&actor(), SwitchRequest { keep_going: true, ..request("worker:*", "beta", "m") }).await.unwrap();
    world.vendors[1].wait_for_count(5).await;
    std::fs::write(&config, "{ broken").unwrap();
    let report = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
    assert_eq!(report.state, SwitchState::Failed, "{report:#?}");
    let state = |name: &str| report.members.iter().find(|m| m.agent.name() == name).unwrap().state;
    assert_eq!((state("alice"), state("bob")), (SwitchState::RolledBack, SwitchState::Done));
    let provider = |name: &str| world.agm.assignment(&AgentId::parse(name).unwrap()).unwrap().provider.to_string();
    assert_eq!((provider("alice"), provider("bob")), ("alpha".to_owned(), "beta".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_reload_leaves_the_switch_pending() {
    let (world, config) = team_with_file().await;
    let now = || SwitchRequest { restart: Some(Restart::Now), ..request("alice", "beta", "m") };
    let said = |plan: &SwitchPlan| plan.warnings.iter().filter(|w| w.pointer == "/restart").map(|w| w.message.clone()).collect::<Vec<_>>();
    let plan = world.agm.plan_switch(&now()).await.unwrap();
    assert!(plan.restarts.is_empty(), "{plan:#?}");
    assert_eq!(said(&plan), ["agm restarts no agent of this host; none needs it for this"]);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("mode: 'local'", "mode: 'local', reload: { mode: 'off' }")).unwrap();
    let plan = world.agm.plan_switch(&request("alice", "beta", "m")).await.unwrap();
    assert_eq!((plan.restarts.as_slice(), said(&plan).len()), (["worker:alice".to_owned()].as_slice(), 0));
    let load = plan.steps.iter().find(|s| s.step == Step::Load).unwrap();
    assert!(load.sentence.contains("does not reload by itself"), "{load:?}");
    assert_eq!(said(&world.agm.plan_switch(&now()).await.unwrap()), ["agm restarts no agent of this host: worker:alice"]);
    let report = switch(&world, now()).await;
    assert_eq!(report.state, SwitchState::PendingRestart, "{report:#?}");
    assert_eq!(report.error().unwrap().code, Code::RestartRequired);
    assert_eq!(report.members[0].evidence.verdict(Level::Delivered), Verdict::Proven);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_s_own_words_are_waited_for_and_believed() {
    let (world, config) = team_with_file().await;
    let log = world.dir.path().join("openclaw.log");
    let patch = serde_json::from_value(serde_json::json!({ "configFile": { "path": config, "log": log } })).unwrap();
    world.agm.edit_agent(&actor(), &AgentId::parse("alice").unwrap(), patch, None, false).await.unwrap();
    for (says, state) in
        [("config hot reload applied", SwitchState::Done), ("config reload skipped (invalid config)", SwitchState::RolledBack)]
    {
        std::fs::write(&log, "").unwrap();
        let before = std::fs::read(&config).unwrap();
        let (config, log, was) = (config.clone(), log.clone(), before.clone());
        let openclaw = tokio::task::spawn_blocking(move || {
            while std::fs::read(&config).unwrap() == was {
                std::thread::yield_now();
            }
            let line = serde_json::json!({
                "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
                "message": format!("{says} (agents.defaults.model.primary)"),
                "time": agm_ops::stamp(jiff::Timestamp::now())
            });
            std::fs::write(&log, format!("{line}\n")).unwrap();
        });
        let model = if state == SwitchState::Done { "taken" } else { "refused" };
        let report = switch(&world, request("alice", "beta", model)).await;
        openclaw.await.unwrap();
        assert_eq!(report.state, state, "{report:#?}");
        if state == SwitchState::Done {
            assert_eq!(report.members[0].evidence.verdict(Level::Loaded), Verdict::Proven);
        } else {
            assert!(report.error().unwrap().to_string().contains("skipped"), "{report:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_changes_nothing() {
    let (world, config) = team_with_file().await;
    let before = Still::of(&world, &config);
    let (revision, asked) = (world.revision(), world.vendors[1].request_count());
    let plan = world.agm.plan_switch(&request("alice", "beta", "m")).await.unwrap();
    assert_eq!(plan.routes[0].name, "beta-ai-route");
    assert!(plan.files[0].changes.iter().any(|c| c.contains("/agents/defaults/model")), "{:?}", plan.files);
    assert!(!plan.nothing_to_do);
    before.holds(&world, &config);
    assert_eq!((world.revision(), world.vendors[1].request_count()), (revision, asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_come_from_the_caller_the_override_the_catalog_or_the_default() {
    let world = team().await;
    let plan = |request: SwitchRequest| {
        let agm = world.agm.clone();
        async move { agm.plan_switch(&request).await.unwrap().members.remove(0) }
    };
    let known = plan(request("alice", "alpha", "qwen3.5-plus")).await;
    assert_eq!((known.to.context_window, known.to.max_tokens, known.card.as_str()), (200_000, 64_000, "catalog"));
    let unknown = plan(request("alice", "alpha", "nobody-knows")).await;
    assert_eq!((unknown.to.context_window, unknown.to.max_tokens, unknown.to.reasoning), (150_000, 128_000, true));
    world.agm.put_model(&actor(), "nobody-knows", serde_json::json!({"contextWindow": 5000}), None, false).await.unwrap();
    let own = plan(request("alice", "alpha", "nobody-knows")).await;
    assert_eq!((own.to.context_window, own.card.as_str()), (5000, "override"));
    let asked = plan(SwitchRequest { context_window: Some(7), reasoning: Some(false), ..request("alice", "alpha", "nobody-knows") }).await;
    assert_eq!((asked.to.context_window, asked.to.reasoning), (7, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_before_there_is_a_switch() {
    let world = team().await;
    let check = |request: SwitchRequest, code: Code| {
        let agm = world.agm.clone();
        async move { assert_eq!(agm.start_switch(&actor(), request.clone()).await.unwrap_err().code, code, "{request:?}") }
    };
    check(request("nobody", "beta", "m"), Code::WorkerNotFound).await;
    check(request("alice", "nobody", "m"), Code::ProviderNotFound).await;
    check(request("alice", "beta", ""), Code::InvalidModel).await;
    check(request("alice", "beta", "agm-probe-1"), Code::InvalidModel).await;
    check(SwitchRequest { targets: vec![], ..request("alice", "beta", "m") }, Code::ValidationFailed).await;
    check(SwitchRequest { max_tokens: Some(0), ..request("alice", "beta", "m") }, Code::ValidationFailed).await;
    assert!(world.agm.switches(None, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_back_leaves_what_others_have_come_to_rely_on() {
    let (world, config) = team_with_file().await;
    // Alice's switch makes the route and hangs at its streaming probe; bob's finds the route and is done first.
    world.vendors[1].update(|s| {
        *s = script("two").key(KEY).then_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(1500)));
    });
    let id = world.agm.start_switch(&actor(), request("alice", "beta", "m")).await.unwrap();
    world.vendors[1].wait_for_count(4).await;
    let bob = switch(&world, request("bob", "beta", "m")).await;
    assert_eq!(bob.state, SwitchState::Done, "{bob:#?}");
    std::fs::write(&config, "{ broken").unwrap();
    let alice = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
    assert_eq!(alice.state, SwitchState::RolledBack, "{alice:#?}");
    assert!(alice.left.iter().any(|l| l.contains("worker:bob")), "{:?}", alice.left);
    let bob = AgentId::parse("bob").unwrap();
    let evidence = world.agm.check_agent(&bob, true).await.unwrap();
    assert!(evidence.is_good(), "{evidence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_switch_that_waits_for_a_restart_is_not_done() {
    let (world, config) = team_with_file().await;
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("mode: 'local'", "mode: 'local', reload: { mode: 'off' }")).unwrap();
    for _ in 0..2 {
        assert_eq!(switch(&world, request("alice", "beta", "m")).await.state, SwitchState::PendingRestart);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_puts_the_old_evidence_back() {
    let (world, config) = team_with_file().await;
    let alice = AgentId::parse("alice").unwrap();
    let before = world.agm.evidence(&alice).unwrap();
    let log = world.dir.path().join("openclaw.log");
    let patch = serde_json::from_value(serde_json::json!({ "configFile": { "path": config, "log": log } })).unwrap();
    world.agm.edit_agent(&actor(), &alice, patch, None, false).await.unwrap();
    let refused = serde_json::json!({
        "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
        "message": "config reload skipped (invalid config)",
        "time": "2999-01-01T00:00:00.000Z"
    });
    std::fs::write(&log, format!("{refused}\n")).unwrap();
    std::fs::remove_file(&log).unwrap();
    let (written, again) = (log.clone(), format!("{refused}\n"));
    let openclaw = tokio::task::spawn_blocking(move || {
        while !std::fs::read_to_string(&config).unwrap().contains("hiclaw-gateway/m") {
            std::thread::yield_now();
        }
        std::fs::write(&written, again).unwrap();
    });
    let report = switch(&world, request("alice", "beta", "m")).await;
    openclaw.await.unwrap();
    assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
    let now = world.agm.evidence(&alice).unwrap();
    assert_eq!(now.of(Level::Reachable), before.of(Level::Reachable), "what was proven of the old model still is");
}
