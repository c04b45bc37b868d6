//! The documented exit codes.

use agm_simvendor::{Behaviour, On};

use crate::bed::{Agm, Place};

#[tokio::test]
async fn codes_without_a_server() {
    let place = Place::new();
    place.run(&[]).await.exits(0).prints("Examples:");
    place.run(&["--help"]).await.exits(0).prints("Exit codes:");
    place.run(&["version"]).await.exits(0).prints(env!("CARGO_PKG_VERSION"));
    place.run(&["--version"]).await.exits(0).prints(env!("CARGO_PKG_VERSION"));
    place.run(&["no-such-command"]).await.exits(2);
    place.run(&["model", "set", "manager"]).await.exits(2);
    place.run(&["provider", "list", "-o", "xml"]).await.exits(2);
    place.run(&["up", "--listen", "nowhere"]).await.exits(2).says("`listen` is `nowhere` (--listen)");
    place.run(&["up", "--platform", "controller"]).await.exits(2).says("does not manage `controller` yet");
    // Port 9 is nobody's; the default port may be somebody's.
    place.run(&["--url", "http://127.0.0.1:9", "provider", "list"]).await.exits(3).says("`agm up`");
    place.run(&["--url", "ftp://host", "provider", "list"]).await.exits(2);
    place.run(&["monitor", "status"]).await.exits(3);
    place.run(&["monitor", "stop"]).await.exits(3).says("`agm monitor start`");
}

#[tokio::test]
async fn codes_with_a_server() {
    let agm = Agm::up().await;
    let (_qwen, deepseek) = agm.with_vendors().await;
    agm.run(&["provider", "show", "nope"]).await.exits(4).says("error[PROVIDER_NOT_FOUND]").says("`agm provider list`");
    agm.run(&["agent", "show", "worker:nope"]).await.exits(4);
    agm.run(&["get-assignment", "manager"]).await.exits(4).says("ASSIGNMENT_NOT_FOUND");
    agm.run(&["model", "set", "worker:nope", "m", "--provider", "qwen"]).await.exits(4);
    agm.run(&["model", "set", "manager", "m", "--provider", "nope"]).await.exits(4);
    agm.add("qwen", "http://127.0.0.1:9").await.exits(5).says("PROVIDER_EXISTS");
    agm.run(&["agent", "add", "Not_A_Name"]).await.exits(2);
    agm.run(&["agent", "add", "manager"]).await.exits(5);
    agm.run(&["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);
    let done = agm.run(&["provider", "rm", "qwen", "--yes"]).await.exits(5).says("PROVIDER_IN_USE");
    assert_eq!(done.stderr.matches("switch it to another provider").count(), 1, "a hint is told once: {done:#?}");
    let done = agm.run(&["provider", "add", "lab", "--type", "nonsense", "--dry-run"]).await.exits(2).says("there is no type `nonsense`");
    assert!(done.stderr.len() < 200, "{done:#?}");
    agm.run(&["provider", "add", "lab", "--type", "deepsek", "--dry-run"]).await.exits(2).says("`deepseek`");
    agm.run(&["provider", "rotate-key", "qwen", "--remove", "nope", "--yes"]).await.exits(2).says("`agm provider show qwen`");
    // Nobody to ask, and no `--yes`.
    let done = agm.run(&["provider", "rm", "deepseek"]).await.exits(2).says("`--yes`").says("was not done");
    assert!(!done.stderr.contains("needs a yes"), "{done:#?}");
    agm.run(&["provider", "add", "third", "--type", "deepseek"]).await.exits(2).says("needs a key");

    deepseek.update(|script| *script = script.clone().always_on(On::Inference, Behaviour::Hang));
    let args = ["model", "set", "manager", "deepseek-chat", "--provider", "deepseek", "--wait", "300ms"];
    let seen = deepseek.request_count();
    agm.run(&args).await.exits(7).says("IN_PROGRESS").says("it goes on").says("`agm agent show manager`");
    deepseek.wait_for_count(seen + 1).await;
    // What the hint names shows it, with the step that it is at.
    let running = agm.json(&["status"]).await["switches"][0].as_str().unwrap().to_owned();
    agm.run(&["agent", "show", "manager"]).await.exits(0).prints(&running).prints("running: preflight");
    agm.run(&["status"]).await.exits(0).prints(&running).prints("manager to deepseek-chat of deepseek, running: preflight");
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    let other = agm.run(&["agent", "show", "alice"]).await.exits(0);
    assert!(!other.stdout.contains(&running), "{other:#?}");
    agm.stop().await;
}

#[tokio::test]
async fn what_is_missing_says_what_to_do_first() {
    let place = Place::new();
    place.run(&["--url", "http://typo.invalid:9", "status"]).await.exits(3).says("--url");
    let elsewhere = place.run(&["--url", "http://typo.invalid:9", "status"]).await;
    assert!(!elsewhere.stderr.contains("agm up"), "{elsewhere:#?}");
    let agm = Agm::up().await;
    agm.run(&["route", "set-default", "qwen"]).await.exits(4).says("`agm provider add ");
    agm.run(&["backup", "show", "9999"]).await.exits(4).says("there is no backup 9999").says("`agm backup list`");
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    agm.run(&["backup", "diff", "last", "--to", "last"]).await.exits(0).prints("nothing changes");
    agm.run(&["backup", "diff", "last", "--to", "first"]).await.exits(2).says("`last`");
    agm.run(&["events", "--type", "bogus"]).await.exits(2).says("switch.step");
    agm.run(&["events", "--type", "bogus.*"]).await.exits(2);
    agm.stop().await;
}

#[tokio::test]
async fn a_wrong_login_is_told_how_to_do_better() {
    let agm = Agm::up().await;
    let elsewhere = Place::new();
    elsewhere.run(&["--url", &agm.management, "provider", "list"]).await.exits(1).says("AUTH_FAILED").says("AGM_TOKEN");
    let token = agm.run(&["token", "create", "looker", "--role", "viewer"]).await.exits(0);
    let looker = Place::new().env("AGM_TOKEN", token.stdout.trim()).env("AGM_URL", agm.management.clone());
    looker.run(&["provider", "list"]).await.exits(0);
    looker.run(&["agent", "add", "bob"]).await.exits(1).says("FORBIDDEN");
    let id = agm.json(&["token", "list"]).await["items"][0]["id"].as_str().unwrap().to_owned();
    agm.run(&["token", "revoke", &id, "--yes"]).await.exits(0);
    looker.run(&["provider", "list"]).await.exits(1).says("AUTH_FAILED");
    agm.stop().await;
}
