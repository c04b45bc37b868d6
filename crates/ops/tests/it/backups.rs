//! Backups: automatic, manual, compared, restored whole and in part.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
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
    let restored = world.agm.restore_backup(&actor(), before, &RestoreRequest::default(), false).await.unwrap();
    assert!(restored.verified, "{restored:?}");
    assert_eq!(world.agm.current().head.content, content);
    let reads = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).contains("primary: \"hiclaw-gateway/old\"")
            || String::from_utf8_lossy(bytes).contains("hiclaw-gateway/old")
    };
    assert!(reads(&file) && reads(&std::fs::read(&config).unwrap()));
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
