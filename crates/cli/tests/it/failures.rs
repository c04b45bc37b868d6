//! What a failed switch says, and that it leaves nothing.

use std::path::PathBuf;

use agm_simvendor::{Behaviour, Flavour, On, Script};

use crate::bed::{Agm, Done, KEY, MODELS, Place, files};

/// What must be as before: the newest content, the published files.
async fn state(agm: &Agm) -> (String, Vec<(PathBuf, Vec<u8>)>) {
    let backups = agm.json(&["backup", "list"]).await;
    let published = files(&agm.place.data(), "agents");
    assert!(published.iter().any(|(path, _)| path.ends_with("manager/model.json")), "{published:?}");
    (backups["items"][0]["content"].as_str().unwrap().to_owned(), published)
}

async fn fails(agm: &Agm, model: &str, parts: &[&str]) -> Done {
    let before = state(agm).await;
    let done = agm.run(&["model", "set", "manager", model, "--provider", "deepseek"]).await.exits(6);
    for part in parts {
        assert!(done.stderr.contains(part), "{part}: {done:#?}");
    }
    assert!(done.stderr.contains("nothing was changed"), "{done:#?}");
    assert!(!done.stderr.contains(KEY) && !done.stdout.contains(KEY), "{done:#?}");
    assert_eq!(state(agm).await, before);
    agm.run(&["get-assignment", "manager"]).await.exits(0).prints("qwen3.5-plus");
    done
}

#[tokio::test]
async fn every_fault_of_a_vendor_is_named_and_leaves_nothing() {
    let agm = Place::new().env("AGM_VENDOR_REQUEST_TIMEOUT", "2s").env("AGM_GATEWAY_FIRST_BYTE_TIMEOUT", "2s").up().await;
    let (_qwen, deepseek) = agm.with_vendors().await;
    agm.run(&["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);

    fails(&agm, "no-such-model", &["no-such-model", "✗ preflight", "error["]).await;
    deepseek.update(|script| script.keys = vec!["sk-another-0123456789abcdef".to_owned()]);
    fails(&agm, "deepseek-chat", &["deepseek", "key", "hint:"]).await;
    deepseek.update(|script| {
        *script = Script::new("deepseek", Flavour::DeepSeek).key(KEY).models(MODELS).always_on(On::Inference, Behaviour::Hang);
    });
    fails(&agm, "deepseek-chat", &["deepseek", "2 s"]).await;
    agm.stop().await;
}

#[tokio::test]
async fn a_stream_that_breaks_is_caught_by_the_probe() {
    let agm = Agm::up().await;
    let (_qwen, deepseek) = agm.with_vendors().await;
    agm.run(&["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);
    deepseek.update(|script| *script = script.clone().always_on(On::Streaming(true), Behaviour::CutStream { after_frames: 0 }));
    fails(&agm, "deepseek-chat", &["✗ probe"]).await;
    agm.stop().await;
}

#[tokio::test]
async fn a_provider_test_that_fails_says_why() {
    let agm = Agm::up().await;
    let (_qwen, deepseek) = agm.with_vendors().await;
    deepseek.update(|script| script.keys = vec!["sk-another-0123456789abcdef".to_owned()]);
    let done = agm.run(&["provider", "test", "deepseek", "--model", "deepseek-chat"]).await.exits(6);
    done.says("VENDOR_KEY_REFUSED").says("hint:");
    let done = agm.run_with(&["provider", "rotate-key", "qwen", "--key-stdin"], "sk-wrong-0123456789abcdef0123456789").await.exits(6);
    assert!(!done.stderr.contains("sk-wrong-0123456789abcdef0123456789"), "{done:#?}");
    agm.run(&["provider", "test", "qwen"]).await.exits(0);
    agm.stop().await;
}

/// Going on after failures is told apart from a switch that changed nothing.
#[tokio::test]
async fn a_switch_of_some_agents_only_says_whom_it_left() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    let config = agm.place.dir.join("alice.json");
    std::fs::write(&config, "{}").unwrap();
    agm.run(&["agent", "add", "alice", "--config", config.to_str().unwrap()]).await.exits(0);
    agm.run(&["agent", "add", "bob"]).await.exits(0);
    std::fs::write(&config, "{ broken").unwrap();
    let done = agm.run(&["model", "set", "worker:*", MODELS[0], "--provider", "deepseek", "--keep-going"]).await.exits(6);
    let done = done.says("1 of 2 agents were not switched: worker:alice");
    assert!(!done.stderr.contains("nothing was changed"), "{done:#?}");
    agm.run(&["get-assignment", "bob"]).await.exits(0).prints(MODELS[0]);
    agm.stop().await;
}
