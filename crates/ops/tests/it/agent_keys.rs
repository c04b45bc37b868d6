//! An agent's gateway key and the file that holds it: at no moment does the agent have a key that opens nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_ops::RestoreRequest;
use agm_testkit::http::{Request, send};
use serde_json::json;

use crate::switches::team_with_file;
use crate::world::{World, actor};

fn alice() -> AgentId {
    AgentId::parse("alice").unwrap()
}

async fn key(world: &World) -> Secret {
    world.agm.agent_key(&actor(), &alice()).await.unwrap()
}

/// What the gateway says to a request with this key.
async fn opens(world: &World, key: &Secret) -> bool {
    let ask = Request::new("POST", "/v1/chat/completions")
        .header("authorization", format!("Bearer {}", key.expose()))
        .json(&json!({"model": "old", "messages": [{"role": "user", "content": "hi"}]}));
    send(world.agm.gateway().addr(), &ask).await.unwrap().status == 200
}

fn says(config: &Path, what: &str) -> bool {
    std::fs::read_to_string(config).unwrap().contains(what)
}

/// The keys of alice's consumer, the newest first, as they would be if a process had died in the middle.
async fn as_a_crash_left_it(world: &World, newest: &str) {
    let newest = Secret::from(newest);
    let put = |document: &mut agm_domain::document::Document| {
        let consumer = document.consumers.get_mut("worker-alice").unwrap();
        consumer.credentials[0].values.insert(0, newest);
    };
    world.elsewhere(put).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_get_the_new_key_keeps_the_old_one_working() {
    let (world, config) = team_with_file().await;
    let (old, content) = (key(&world).await, world.agm.current().head.content.clone());
    let whole = std::fs::read(&config).unwrap();
    std::fs::write(&config, "{ broken").unwrap();
    for dry_run in [true, false] {
        let refused = world.agm.rotate_agent_key(&actor(), &alice(), dry_run).await.unwrap_err();
        assert_eq!(refused.code, Code::ConfigFileUnusable, "{refused}");
        assert_eq!(world.agm.current().head.content, content, "nothing happened, as the error has it");
    }
    assert!(opens(&world, &old).await);
    std::fs::write(&config, whole).unwrap();
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    assert!(says(&config, key(&world).await.expose()) && !opens(&world, &old).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_meanwhile_keeps_the_old_one_working() {
    let (world, config) = team_with_file().await;
    let old = key(&world).await;
    let text = std::fs::read_to_string(&config).unwrap();
    // An editor that never stops saving.
    let stop = Arc::new(AtomicBool::new(false));
    let editor = std::thread::spawn({
        let (stop, config) = (stop.clone(), config.clone());
        move || {
            let beside = config.with_extension("new");
            for round in 0_u64.. {
                std::fs::write(&beside, format!("{text}// {round}\n")).unwrap();
                std::fs::rename(&beside, &config).unwrap();
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    });
    let refused = world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap_err();
    stop.store(true, Ordering::Relaxed);
    editor.join().unwrap();
    assert_eq!(refused.code, Code::ConfigFileUnusable, "{refused}");
    assert!(refused.to_string().contains("old key"), "{refused}");
    assert_eq!(key(&world).await.expose(), old.expose());
    assert!(says(&config, old.expose()) && opens(&world, &old).await);
    let values = world.agm.current().document.consumers["worker-alice"].credentials[0].values.len();
    assert_eq!(values, 1, "and only that one");
    let audit = world.agm.audit_log(None, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "agent.key.rotate"), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_a_crash_cut_off_is_brought_to_its_end_by_the_next() {
    let (world, config) = team_with_file().await;
    let old = key(&world).await;
    as_a_crash_left_it(&world, "agm-between-0123456789").await;
    assert!(opens(&world, &old).await);
    let evidence = world.agm.check_agent(&alice(), false).await.unwrap();
    assert!(evidence.drift.is_empty(), "the key in the file is one of the agent's: {evidence:?}");
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    let new = key(&world).await;
    assert!(says(&config, new.expose()) && opens(&world, &new).await);
    assert!(!opens(&world, &old).await && !opens(&world, &Secret::from("agm-between-0123456789")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_model_gets_its_new_key_too() {
    let (world, config) = team_with_file().await;
    world.agm.unassign(&actor(), &alice(), None).await.unwrap();
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    assert!(says(&config, key(&world).await.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_changes_nothing_but_the_key() {
    let (world, config) = team_with_file().await;
    let text = std::fs::read_to_string(&config).unwrap();
    let theirs = text.replace("\"primary\": \"hiclaw-gateway/old\"", "\"primary\": \"hiclaw-gateway/theirs\"");
    assert_ne!(text, theirs);
    std::fs::write(&config, &theirs).unwrap();
    let old = key(&world).await;
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    assert_eq!(std::fs::read_to_string(&config).unwrap(), theirs.replace(old.expose(), key(&world).await.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_key_comes_back_into_the_file() {
    let (world, config) = team_with_file().await;
    let (before, first) = (world.revision(), key(&world).await);
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    let second = key(&world).await;
    let request = RestoreRequest { objects: Vec::new(), consumer_keys: true };
    let restored = world.agm.restore_backup(&actor(), before, &request, false).await.unwrap();
    assert!(restored.verified, "{restored:?}");
    assert!(says(&config, first.expose()) && opens(&world, &first).await && !opens(&world, &second).await);

    // A file that cannot be changed keeps the key it has, and that one keeps working.
    world.agm.rotate_agent_key(&actor(), &alice(), false).await.unwrap();
    let third = key(&world).await;
    std::fs::write(&config, "{ broken").unwrap();
    let restored = world.agm.restore_backup(&actor(), before, &request, false).await.unwrap();
    assert!(!restored.verified && !restored.deliveries.is_empty(), "{restored:?}");
    assert!(opens(&world, &first).await && opens(&world, &third).await);
}
