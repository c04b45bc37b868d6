//! Every noun's commands, once around.

use crate::bed::{Agm, KEY};

#[tokio::test]
async fn a_providers_life() {
    let agm = Agm::up().await;
    let (qwen, _) = agm.with_vendors().await;
    agm.run(&["provider", "models", "qwen", "--refresh"]).await.exits(0).prints("qwen3.5-plus");
    let other = "sk-second-0123456789abcdef0123456789";
    qwen.update(|script| *script = script.clone().keys([KEY, other]));
    agm.run_with(&["provider", "rotate-key", "qwen", "--add", "--key-stdin"], other).await.exits(0);
    let shown = agm.json(&["provider", "show", "qwen"]).await;
    let keys = shown["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    let id = keys[0]["id"].as_str().unwrap();
    agm.run(&["provider", "rotate-key", "qwen", "--remove", id]).await.exits(2).says("`--yes`");
    agm.run(&["provider", "rotate-key", "qwen", "--remove", id, "--dry-run"]).await.exits(0).prints("would change");
    assert_eq!(agm.json(&["provider", "show", "qwen"]).await["keys"].as_array().unwrap().len(), 2);
    agm.run(&["provider", "rotate-key", "qwen", "--remove", id, "--yes"]).await.exits(0);
    assert_eq!(agm.json(&["provider", "show", "qwen"]).await["keys"].as_array().unwrap().len(), 1);
    // Another host: the stored key does not go there.
    agm.run(&["provider", "set", "qwen", "--base-url", "http://127.0.0.2:9/v1"]).await.exits(2).says("KEY_REQUIRED");
    agm.run(&["provider", "rm", "deepseek", "--yes"]).await.exits(0);
    agm.run(&["provider", "show", "deepseek"]).await.exits(4);
    agm.stop().await;
}

#[tokio::test]
async fn a_routes_life() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    agm.run(&["route", "list"]).await.exits(0).prints("default-ai-route").prints("deepseek-ai-route");
    agm.run(&["route", "explain", "deepseek-chat"]).await.exits(0).prints("deepseek-ai-route");
    let args =
        ["route", "set", "lab", "--upstream", "qwen", "--predicate", "EQUAL:lab-model", "--map", "lab-model=qwen3.5-plus", "--path", "/v1"];
    agm.run(&args).await.exits(0).prints("route lab created");
    agm.run(&["route", "show", "lab"]).await.exits(0).prints("lab-model → qwen3.5-plus");
    agm.run(&["route", "explain", "lab-model"]).await.exits(0).prints("lab");
    agm.run(&["route", "rm", "lab", "--yes"]).await.exits(0).prints("- route/lab");
    agm.run(&["route", "set-default", "deepseek", "--dry-run"]).await.exits(0).prints("deepseek");
    agm.stop().await;
}

#[tokio::test]
async fn an_agents_life() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    let file = agm.place.dir.join("openclaw.json");
    std::fs::write(&file, "{\n  // by hand\n  agents: {},\n}\n").unwrap();
    let path = file.to_str().unwrap();
    agm.run(&["agent", "add", "alice", "--config", path]).await.exits(0);
    agm.run(&["set-model", "--target", "worker:alice", "--provider", "qwen", "--model", "qwen3.5-plus"])
        .await
        .exits(0)
        .prints("delivered  ✓");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("// by hand") && written.contains("hiclaw-gateway/qwen3.5-plus"), "{written}");

    std::fs::write(&file, written.replace("\"primary\": \"hiclaw-gateway/qwen3.5-plus", "\"primary\": \"hiclaw-gateway/by-somebody"))
        .unwrap();
    agm.run(&["agent", "check", "worker:alice"]).await.exits(0).prints("file-edited");
    agm.run(&["agent", "show", "worker:alice"]).await.exits(0).prints("file-edited");
    agm.run(&["agent", "repair", "worker:alice"]).await.exits(0).prints("✓");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);

    let old = agm.run(&["agent", "key", "worker:alice"]).await.exits(0).stdout;
    let new = agm.run(&["agent", "key", "worker:alice", "--rotate", "--yes"]).await.exits(0).stdout;
    assert_ne!(old, new);
    agm.run(&["agent", "set", "worker:alice", "--no-config"]).await.exits(0).prints("no file");
    agm.run(&["agent", "rm", "worker:alice", "--yes"]).await.exits(0).prints("- agent/worker:alice");
    agm.run(&["agent", "add", "manager", "--config", path]).await.exits(0).prints("manager");
    agm.stop().await;
}

#[tokio::test]
async fn backups_go_there_and_back() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    agm.run(&["backup", "create", "before alice"]).await.exits(0).prints("kept for good");
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    agm.run(&["backup", "list"]).await.exits(0).prints("before alice").prints("(present)");
    agm.run(&["backup", "diff", "last"]).await.exits(0).prints("+ agent/worker:alice");
    agm.run(&["backup", "show", "last"]).await.exits(0).prints("qwen");
    agm.run(&["backup", "restore", "last"]).await.exits(2).says("`--yes`");
    // A Worker that came since then stays, and that was all.
    agm.run(&["backup", "restore", "last", "--yes"]).await.exits(0).prints("nothing to bring back");
    agm.run(&["backup", "restore", "last", "--only", "provider/nope", "--yes"]).await.exits(4).says("provider/nope");
    agm.run(&["route", "set", "default-ai-route", "--model", "special"]).await.exits(0);
    agm.run(&["backup", "restore", "last", "--dry-run"]).await.exits(0).prints("would change");
    agm.run(&["backup", "restore", "last", "--yes"]).await.exits(0).prints("restored, as revision");
    agm.run(&["backup", "show", "999"]).await.exits(4);
    agm.stop().await;
}

#[tokio::test]
async fn models_and_the_master_key() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    agm.run(&["model", "put", "my-model", "--context-window", "32000", "--reasoning", "false"]).await.exits(0).prints("my-model");
    agm.run(&["model", "list"]).await.exits(0).prints("32000");
    agm.run(&["model", "rm", "my-model"]).await.exits(2).says("`--yes`");
    agm.run(&["model", "rm", "my-model", "--dry-run"]).await.exits(0).prints("my-model");
    agm.run(&["model", "list"]).await.exits(0).prints("32000");
    agm.run(&["model", "rm", "my-model", "--yes"]).await.exits(0).prints("my-model");
    let listed = agm.run(&["model", "list"]).await.exits(0);
    assert!(!listed.stdout.contains("32000"), "{listed:#?}");
    let sealed = std::fs::read(agm.place.data().join("master.key")).unwrap();
    agm.run(&["key", "rotate"]).await.exits(2).says("`--yes`");
    assert_eq!(std::fs::read(agm.place.data().join("master.key")).unwrap(), sealed);
    agm.run(&["key", "rotate", "--yes"]).await.exits(0).prints("sealed with key");
    agm.run(&["provider", "test", "qwen"]).await.exits(0);
    agm.stop().await;
}
