//! What programs read.

use agm_simvendor::Api;

use crate::bed::{Agm, Place};

#[tokio::test]
async fn json_is_json_and_yaml_says_the_same() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    let commands: [&[&str]; 12] = [
        &["provider", "list"],
        &["provider", "types"],
        &["provider", "show", "qwen"],
        &["route", "list"],
        &["route", "show", "default-ai-route"],
        &["route", "explain", "deepseek-chat", "--as", "manager"],
        &["agent", "list"],
        &["agent", "show", "worker:alice"],
        &["model", "list"],
        &["backup", "list"],
        &["token", "list"],
        &["audit"],
    ];
    for command in commands {
        let one = agm.json(command).await;
        let other = agm.run(&[command, &["--json"]].concat()).await.exits(0).json();
        assert_eq!(one, other, "{command:?}");
        let yaml = agm.run(&[command, &["-o", "yaml"]].concat()).await.exits(0).stdout;
        assert!(!yaml.starts_with('{') && !yaml.is_empty(), "{command:?}: {yaml}");
        let table = agm.run(command).await.exits(0);
        assert!(!table.stdout.contains('\u{1b}') && !table.stderr.contains('\u{1b}'), "{table:#?}");
    }
    let status = agm.json(&["status"]).await;
    assert!(status["metrics"]["rpm"].is_number(), "{status}");
    agm.stop().await;
}

/// Only the report is on stdout, so that a program can read it; the steps are talk.
#[tokio::test]
async fn a_switch_in_json_prints_its_report_and_nothing_else() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    let args = ["model", "set", "manager", "qwen3.5-plus", "--provider", "qwen", "-o", "json"];
    let done = agm.run(&args).await.exits(0);
    assert_eq!((done.json()["success"].as_bool(), done.json()["state"].as_str()), (Some(true), Some("done")));
    assert_eq!(done.stderr, "");
    let args = ["model", "set", "manager", "nope", "--provider", "qwen", "-o", "json"];
    let done = agm.run(&args).await.exits(6).says("error[");
    assert_eq!(done.json()["success"], false);
    agm.stop().await;
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let agm = Agm::up().await;
    let (qwen, _) = agm.with_vendors().await;
    // The list of models is fetched in the background; that costs nothing and changes nothing.
    let asked = || qwen.requests().iter().filter(|request| request.api != Some(Api::Models)).count();
    let before = (agm.json(&["backup", "list"]).await, asked());
    let args = ["model", "set", "manager", "qwen3.5-plus", "--provider", "qwen", "--dry-run"];
    agm.run(&args).await.exits(0).prints("qwen3.5-plus on qwen").prints("undo:");
    agm.run(&["agent", "add", "bob", "--dry-run"]).await.exits(0).prints("would be registered");
    agm.run(&["provider", "rm", "deepseek", "--dry-run"]).await.exits(0).prints("- provider/deepseek");
    agm.run(&["route", "repair", "--dry-run"]).await.exits(0).prints("nothing to repair");
    let args = ["provider", "add", "third", "--type", "openai", "--base-url", "http://127.0.0.1:9/v1", "--key-stdin", "--dry-run"];
    agm.run_with(&args, "sk-0123456789").await.exits(0).prints("would add provider third");
    assert_eq!((agm.json(&["backup", "list"]).await, asked()), before);
    agm.run(&["get-assignment", "manager"]).await.exits(4);
    agm.stop().await;
}

#[tokio::test]
async fn completions_and_the_description_need_no_server() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        place.run(&["completions", shell]).await.exits(0).prints("set-model");
    }
    let document = place.run(&["openapi"]).await.exits(0).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    place.run(&["openapi", "-o", "yaml"]).await.exits(0).prints("openapi: ");
}

#[tokio::test]
async fn events_are_told_as_they_happen() {
    use agm_testkit::process::Launch;

    let agm = Agm::up().await;
    let follow = Launch::new(env!("CARGO_BIN_EXE_agm")).args(["events", "--follow", "-o", "json"]);
    let follow = follow.env("AGM_DATA_DIR", agm.place.data()).start().unwrap();
    // What happens before it listens is not told to it; a tick shows that it does.
    follow.wait_for_line(crate::bed::PATIENCE, |line| line.contains("metrics.tick")).await.unwrap();
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    let found = |line: &str| line.contains("\"agent.changed\"") && line.contains("worker:alice");
    let line = follow.wait_for_line(crate::bed::PATIENCE, found).await.unwrap();
    let event: serde_json::Value = serde_json::from_str(&line.text).unwrap();
    assert!(event["seq"].as_u64().unwrap() > 0);
    agm.stop().await;
}
