//! The main job, as a newcomer does it: nothing typed but what the help says.

use serde_json::json;

use crate::bed::{Agm, KEY};

#[tokio::test]
async fn two_providers_an_agent_and_a_switch_that_proves_itself() {
    let agm = Agm::up().await;
    let (_qwen, deepseek) = agm.with_vendors().await;
    agm.run(&["provider", "test", "qwen", "--model", "qwen3.5-plus"]).await.exits(0).prints("✓ qwen3.5-plus answers");
    agm.run(&["agent", "add", "alice"]).await.exits(0).prints("worker:alice registered");

    let done = agm.run(&["model", "set", "manager", "qwen3.5-plus", "--provider", "qwen"]).await.exits(0);
    for step in ["✓ resolve", "✓ snapshot", "✓ preflight", "– stage", "✓ probe", "✓ record", "– deliver", "✓ verify"] {
        assert!(done.stderr.contains(step), "{step}: {done:#?}");
    }
    let done = done.prints("manager runs on qwen3.5-plus of qwen");
    for proof in ["recorded   ✓", "routable   ✓", "reachable  ✓", "delivered  –", "observed   ·"] {
        assert!(done.stdout.contains(proof), "{proof}: {done:#?}");
    }

    agm.run(&["set-model", "--target", "worker:alice", "--provider", "deepseek", "--model", "deepseek-chat"]).await.exits(0);
    let assignment = agm.json(&["get-assignment", "worker:alice"]).await;
    assert_eq!((&assignment["provider"], &assignment["model"]), (&json!("deepseek"), &json!("deepseek-chat")));
    agm.run(&["model", "get", "worker:alice"]).await.exits(0).prints("deepseek-chat");
    let published = std::fs::read(agm.place.data().join("agents/alice/model.json")).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&published).unwrap(), assignment);

    // The agent's own traffic, with the key that the command line gives.
    let key = agm.run(&["agent", "key", "worker:alice"]).await.exits(0).stdout;
    let before = deepseek.request_count();
    let body = json!({ "model": "deepseek-chat", "messages": [{ "role": "user", "content": "hello" }] });
    let http = reqwest::Client::new();
    let answer = http.post(format!("{}/v1/chat/completions", agm.gateway)).bearer_auth(key.trim()).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(deepseek.request_count(), before + 1);
    let checked = agm.json(&["agent", "check", "worker:alice"]).await;
    let observed = checked["proofs"].as_array().unwrap().iter().find(|proof| proof["level"] == "observed").unwrap().clone();
    assert_eq!(observed["verdict"], "proven", "{observed}");
    agm.run(&["agent", "list"]).await.exits(0).prints("observed");
    agm.run(&["status"]).await.exits(0).prints("no findings, no drift");
    agm.stop().await;
}

#[tokio::test]
async fn the_documented_scripts_names_and_flags_work() {
    let agm = Agm::up().await;
    let (qwen, _) = agm.with_vendors().await;
    let url = format!("{}/v1", qwen.url());
    let done = agm.run(&["create-provider", "--type", "openai", "--name", "third", "--token", KEY, "--url", &url]).await.exits(0);
    done.says("stays in the shell's history");
    let args = ["create-provider", "--type", "openai", "--name", "fourth", "--token", "-", "--url", &url];
    let done = agm.run_with(&args, KEY).await.exits(0);
    assert!(!done.stderr.contains("history"), "{done:#?}");
    let listed = agm.json(&["list-providers"]).await;
    let names: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let args = ["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"];
    let limits = ["--context-window", "1000", "--max-tokens", "100", "--reasoning", "false", "-o", "json"];
    let report = agm.run(&[args.as_slice(), &limits].concat()).await.exits(0).json();
    assert_eq!(report["success"], true);
    let assignment = agm.json(&["get-assignment", "manager"]).await;
    assert_eq!(assignment["contextWindow"], 1000);
    assert_eq!((&assignment["maxTokens"], &assignment["reasoning"]), (&json!(100), &json!(false)));
    agm.stop().await;
}
