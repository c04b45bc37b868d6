//! Backups: automatic, manual, compared, restored whole and in part.

use agm_agents::openclaw;
use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_ops::{Actor, RestoreRequest, Role};

use crate::switches::{request, switch, team, team_with_file};
use crate::world::{KEY, actor, new_provider};

#[tokio::test(flavor = "multi_thread")]
async fn every_change_leaves_a_backup_and_the_last_one_undoes_it() {
    let (world, config) = team_with_file().await;
    let (content, file) = (world.agm.current().head.content.clone(), std::fs::read(&config).unwrap());
    let before = world.revision();
    let report = switch(&world, request("alice", "beta", "m")).await;
    assert_eq!(report.snapshot, Some(before));
    let switched = std::fs::read(&config).unwrap();
    let restored = world.agm.restore_backup(&actor(), before, &RestoreRequest::default(), false).await.unwrap();
    assert!(restored.verified, "{restored:?}");
    assert_eq!(world.agm.current().head.content, content);
    let primary = |bytes: &[u8]| openclaw::read(std::str::from_utf8(bytes).unwrap()).unwrap().primary.unwrap();
    assert_eq!(primary(&file), "hiclaw-gateway/old");
    assert_eq!(primary(&switched), "hiclaw-gateway/m");
    assert_eq!(primary(&std::fs::read(&config).unwrap()), "hiclaw-gateway/old");
    assert_eq!(world.agm.assignment(&AgentId::parse("alice").unwrap()).unwrap().model, "old");
    let evidence = world.agm.evidence(&AgentId::parse("alice").unwrap()).unwrap();
    assert!(evidence.drift.is_empty(), "{evidence:?}");
    // Nothing left to undo to the same content: the last backup is what the restore replaced.
    let last = world.agm.last_backup().await.unwrap();
    assert!(last > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_what_a_restore_would_do_without_doing_it() {
    let world = team().await;
    let before = world.revision();
    switch(&world, request("alice", "beta", "m")).await;
    let revision = world.revision();
    let plan = world.agm.restore_backup(&actor(), before, &RestoreRequest::default(), true).await.unwrap();
    let touched: Vec<String> = plan.changes.iter().map(|c| format!("{}/{}", c.noun, c.name)).collect();
    assert_eq!(touched, ["route/beta-ai-route", "assignment/worker:alice"]);
    assert_eq!(world.revision(), revision);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_registered_since_then_keep_working() {
    let world = team().await;
    let before = world.revision();
    world.agent("carol").await;
    switch(&world, request("carol", "alpha", "m")).await;
    world.agm.restore_backup(&actor(), before, &RestoreRequest::default(), false).await.unwrap();
    let current = world.agm.current();
    assert!(current.document.agents.contains_key(&AgentId::parse("carol").unwrap()));
    let allowed = &current.document.routes["default-ai-route"].auth_config.as_ref().unwrap().allowed_consumers;
    assert!(allowed.iter().any(|c| *c == "worker-carol"), "{allowed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_restored_alone_and_a_contradiction_is_refused() {
    let world = team().await;
    let before = world.revision();
    world.agm.add_provider(&actor(), &new_provider("gamma", "deepseek", KEY, &world.vendors[0]), false).await.unwrap();
    world.agm.remove_provider(&actor(), "beta", None, false).await.unwrap();
    let part = RestoreRequest { objects: vec!["provider/beta".to_owned()], consumer_keys: false };
    world.agm.restore_backup(&actor(), before, &part, false).await.unwrap();
    let current = world.agm.current();
    assert!(current.document.providers.contains_key("beta") && current.document.providers.contains_key("gamma"));

    switch(&world, request("alice", "gamma", "deepseek-chat")).await;
    let gone = RestoreRequest { objects: vec!["provider/gamma".to_owned()], consumer_keys: false };
    let refused = world.agm.restore_backup(&actor(), before, &gone, false).await.unwrap_err();
    assert_eq!(refused.code, Code::UnknownProvider, "{refused}");
    let odd = RestoreRequest { objects: vec!["whatever".to_owned()], consumer_keys: false };
    assert_eq!(world.agm.restore_backup(&actor(), before, &odd, false).await.unwrap_err().code, Code::ValidationFailed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_backup_is_listed_with_its_label_and_can_be_removed() {
    let world = team().await;
    let made = world.agm.create_backup(&actor(), "before the demo", false).await.unwrap().backup;
    assert!(made.current);
    switch(&world, request("alice", "beta", "m")).await;
    let listed = world.agm.backups(None, 100).await.unwrap();
    assert_eq!(listed.iter().find(|b| b.id == made.id).unwrap().label.as_deref(), Some("before the demo"));
    assert!(world.agm.last_backup().await.unwrap() >= made.id);
    world.agm.remove_backup(&actor(), made.id, false).await.unwrap();
    assert_eq!(world.agm.backup(made.id).await.unwrap_err().code, Code::BackupNotFound);
    let newest = world.revision();
    assert_eq!(world.agm.remove_backup(&actor(), newest, false).await.unwrap_err().code, Code::ValidationFailed);
    for bad in ["", "  ", "two\nlines", &"x".repeat(201)] {
        assert!(world.agm.create_backup(&actor(), bad, false).await.is_err(), "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_restores() {
    let world = team().await;
    let operator = Actor::new("op", Role::Operator);
    let first = world.agm.restore_backup(&operator, 1, &RestoreRequest::default(), false).await.unwrap_err();
    assert_eq!(first.code, Code::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_backup_is_no_state_in_the_middle_of_a_switch() {
    let world = team().await;
    switch(&world, request("alice", "alpha", "same")).await;
    let before = world.revision();
    // The same id on another provider: between `route` and `record` the assignment and the route contradict each other.
    let report = switch(&world, request("alice", "beta", "same")).await;
    assert!(world.revision() > before + 1, "{report:#?}");
    assert_eq!(world.agm.last_backup().await.unwrap(), before);
}

fn part(object: &str) -> RestoreRequest {
    RestoreRequest { objects: vec![object.to_owned()], consumer_keys: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_assignment_gets_its_route() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    let before = world.revision();
    switch(&world, request("alice", "alpha", "n")).await;
    world.elsewhere(|document| drop(document.routes.remove("beta-ai-route"))).await;
    let part = part("assignment/worker:alice");
    let plan = world.agm.restore_backup(&actor(), before, &part, true).await.unwrap();
    assert!(plan.changes.iter().any(|c| c.name == "beta-ai-route"), "{plan:?}");
    let restored = world.agm.restore_backup(&actor(), before, &part, false).await.unwrap();
    assert!(restored.verified, "{restored:?}");
    let evidence = world.agm.evidence(&AgentId::parse("alice").unwrap()).unwrap();
    assert_eq!(evidence.verdict(Level::Routable), Verdict::Proven, "{evidence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_others_leave_no_way_for_is_not_restored_alone() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    let before = world.revision();
    switch(&world, request("alice", "alpha", "n")).await;
    switch(&world, request("bob", "alpha", "m")).await;
    let content = world.agm.current().head.content.clone();
    let refused = world.agm.restore_backup(&actor(), before, &part("assignment/worker:alice"), false).await.unwrap_err();
    assert_eq!(refused.code, Code::RouteConflict, "{refused}");
    assert_eq!(world.agm.current().head.content, content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_backup_comes_back_as_it_was_and_what_is_not_true_of_it_is_not_called_verified() {
    let world = team().await;
    switch(&world, request("alice", "beta", "m")).await;
    world.elsewhere(|document| drop(document.routes.remove("beta-ai-route"))).await;
    let (before, content) = (world.revision(), world.agm.current().head.content.clone());
    switch(&world, request("alice", "alpha", "n")).await;
    let restored = world.agm.restore_backup(&actor(), before, &RestoreRequest::default(), false).await.unwrap();
    assert_eq!(world.agm.current().head.content, content);
    assert!(!restored.verified && restored.deliveries.iter().any(|told| told.contains("is not routable")), "{restored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_not_restored_without_its_consumer() {
    let world = team().await;
    let before = world.revision();
    let bob = AgentId::parse("bob").unwrap();
    world.agm.remove_agent(&actor(), &bob, None, false).await.unwrap();
    let refused = world.agm.restore_backup(&actor(), before, &part("agent/worker:bob"), false).await.unwrap_err();
    assert_eq!(refused.code, Code::ConsumerNotFound, "{refused}");
    let both = RestoreRequest { objects: vec!["agent/worker:bob".to_owned(), "consumer/worker-bob".to_owned()], consumer_keys: false };
    world.agm.restore_backup(&actor(), before, &both, false).await.unwrap();
    assert!(world.agm.agent_key(&actor(), &bob).await.is_ok());
}
