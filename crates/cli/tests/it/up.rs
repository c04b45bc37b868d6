//! `agm up`: its files, its end, its neighbours.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use agm_testkit::process::Launch;

use crate::bed::{Agm, FREE, PATIENCE, Place, password};

#[tokio::test]
async fn it_says_where_it_is_and_leaves_nothing_behind() {
    let mut agm = Agm::up().await;
    let run = agm.place.dir.join("data/run");
    assert_eq!(std::fs::read_to_string(run.join("pid")).unwrap().trim(), agm.process.pid().to_string());
    let mode = std::fs::metadata(run.join("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    agm.process.terminate().await.unwrap();
    let from = Instant::now();
    let status = agm.process.wait(PATIENCE).await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(from.elapsed() < Duration::from_secs(5), "{:?}", from.elapsed());
    for name in ["endpoints.json", "pid", "token"] {
        assert!(!run.join(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn a_second_one_on_the_same_data_names_the_first() {
    let agm = Agm::up().await;
    let second = agm.run(&[["up"].as_slice(), &FREE].concat()).await.exits(5);
    second.says(&agm.process.pid().to_string());
    // On the very same ports, as one starts it: the data directory is the cause, not the port.
    let (management, gateway) = (agm.management.replace("http://", ""), agm.gateway.replace("http://", ""));
    let second = agm.run(&["up", "--listen", &management, "--gateway-listen", &gateway]).await.exits(5);
    second.says(&agm.process.pid().to_string());
    // The first one was not disturbed.
    agm.run(&["status"]).await.exits(0);
    agm.stop().await;
}

#[tokio::test]
async fn a_busy_port_is_named_with_who_answers_there() {
    let agm = Agm::up().await;
    let port = agm.management.trim_start_matches("http://").to_owned();
    let gateway = agm.gateway.trim_start_matches("http://").to_owned();
    let other = Place::new();
    other.run(&["up", "--listen", &port, "--gateway-listen", "127.0.0.1:0"]).await.exits(1).says("another agm").says("--listen");
    let done = other.run(&["up", "--listen", "127.0.0.1:0", "--gateway-listen", &gateway]).await.exits(1).says("--gateway-listen");
    let done = done.says("the gateway of another agm");
    // A start that could not begin has nothing to stop, and leaves nothing behind.
    assert!(!done.stderr.contains("stopping"), "{done:#?}");
    assert!(!other.data().join("master.key").exists());
    // A wrong key is told even where the port is taken, too.
    let elsewhere = Place::new().env("AGM_MANAGER_KEY", "a");
    elsewhere.run(&["up", "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"]).await.exits(2).says("AGM_MANAGER_KEY");
    agm.run(&["--url", &agm.gateway, "status"]).await.exits(3).says(&format!("{}/agm", agm.gateway));
    agm.stop().await;
}

/// The password is shown once, works, and is in no log and no file.
#[tokio::test]
async fn a_generated_password_is_shown_once() {
    let place = Place::new();
    let up = [["up"].as_slice(), &FREE].concat();
    let mut terminal = place.on_terminal(&up);
    terminal.wait_for_line(PATIENCE, |line| line.starts_with("Next, in another terminal")).await.unwrap();
    let shown = password(&terminal).expect("a password is shown");
    let url = serde_json::from_slice::<serde_json::Value>(&std::fs::read(place.data().join("run/endpoints.json")).unwrap()).unwrap();
    let http = reqwest::Client::new();
    let status = format!("{}/api/v1/status", url["management"].as_str().unwrap());
    assert_eq!(http.get(&status).basic_auth("admin", Some(&shown)).send().await.unwrap().status(), 200);
    assert_eq!(http.get(&status).send().await.unwrap().status(), 401);
    place.run(&["monitor", "stop"]).await.exits(0);
    terminal.wait(PATIENCE).await.unwrap();
    let mut again = place.on_terminal(&up);
    again.wait_for_line(PATIENCE, |line| line.starts_with("Next, in another terminal")).await.unwrap();
    assert_eq!(password(&again), None, "{:?}", again.output());
    let leaks = agm_testkit::secrets::PlantedKey::new(shown).sweep_dir(&place.data(), &[]).unwrap();
    assert!(leaks.is_empty(), "{leaks:?}");
    place.run(&["monitor", "stop"]).await.exits(0);
    again.wait(PATIENCE).await.unwrap();
}

/// A start that a pipe, or a kill, kept from showing the password has made none that counts.
#[tokio::test]
async fn a_generated_password_that_nobody_was_shown_is_made_anew() {
    let place = Place::new();
    for background in [false, true] {
        if background {
            place.run(&[["monitor", "start"].as_slice(), &FREE].concat()).await.exits(0);
        } else {
            drop(place.start(&FREE).await);
        }
        place.run(&["monitor", "stop"]).await;
    }
    let up = [["up"].as_slice(), &FREE].concat();
    let mut terminal = place.on_terminal(&up);
    terminal.wait_for_line(PATIENCE, |line| line.starts_with("Next, in another terminal")).await.unwrap();
    let shown = password(&terminal).expect("a password is shown");
    place.run(&["monitor", "stop"]).await.exits(0);
    terminal.wait(PATIENCE).await.unwrap();
    // From now on it is the one, whoever starts agm.
    let agm = place.up().await;
    let status = reqwest::Client::new().get(format!("{}/api/v1/status", agm.management));
    assert_eq!(status.basic_auth("admin", Some(&shown)).send().await.unwrap().status(), 200);
    agm.stop().await;
}

/// A pipe may be a container's log: who reads it is told how to get in, and no more.
#[tokio::test]
async fn a_generated_password_goes_into_no_pipe() {
    let place = Place::new();
    let process = place.start(&FREE).await;
    assert_eq!(password(&process), None, "{:?}", process.output());
    let said = |line: &agm_testkit::process::Line| line.text.contains("password") && line.text.contains("AGM_ADMIN_PASSWORD");
    assert!(process.output().iter().any(said), "{:?}", process.output());

    let (place, args) = (Place::new(), [["up", "-o", "json"].as_slice(), &FREE].concat());
    let mut launch = Launch::new(env!("CARGO_BIN_EXE_agm")).args(args);
    launch = launch.env("HOME", place.dir.path()).env("AGM_DATA_DIR", place.data());
    let process = launch.start().unwrap();
    let line = process.wait_for_line(PATIENCE, |line| line.starts_with('{')).await.unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line.text).unwrap();
    assert_eq!(ready["password"], serde_json::Value::Null);
    assert!(ready["remarks"].to_string().contains("AGM_ADMIN_PASSWORD"), "{ready}");
}

#[tokio::test]
async fn credentials_and_the_managers_key_come_from_documented_variables() {
    let agm = Place::new()
        .env("HICLAW_ADMIN_USER", "boss")
        .env("HICLAW_ADMIN_PASSWORD", "a-rather-long-password")
        .env("HICLAW_MANAGER_GATEWAY_KEY", "manager-key-0123456789abcdef")
        .up()
        .await;
    let key = agm.run(&["agent", "key", "manager"]).await.exits(0).stdout;
    assert_eq!(key.trim(), "manager-key-0123456789abcdef");
    let outside = Place::new().env("HICLAW_ADMIN_USER", "boss").env("HICLAW_ADMIN_PASSWORD", "a-rather-long-password");
    outside.run(&["--url", &agm.management, "provider", "list"]).await.exits(0);
    agm.stop().await;
}

/// A new local token must not stand beside the address of an agm that was killed: whoever has it now would be sent the token.
#[tokio::test]
async fn what_a_killed_one_left_is_gone_before_the_next_token_comes() {
    let place = Place::new();
    let run = place.data().join("run");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("endpoints.json"), r#"{"management": "http://127.0.0.1:1", "gateway": "http://127.0.0.1:1"}"#).unwrap();
    std::fs::write(run.join("pid"), "99999999").unwrap();
    // This start ends where the token would have come.
    std::fs::create_dir_all(run.join("token/full")).unwrap();
    place.run(&[["up"].as_slice(), &FREE].concat()).await.exits(1).says("token");
    for name in ["endpoints.json", "pid"] {
        assert!(!run.join(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_is_no_conflict() {
    let place = Place::new();
    place.run(&[["up", "--data-dir", "/proc/nope"].as_slice(), &FREE].concat()).await.exits(1).says("/proc/nope");
}

#[tokio::test]
async fn an_admin_that_cannot_be_leaves_nothing_behind() {
    let long = "a-rather-long-password";
    for (user, password, listen) in [("admin", "admin", "0.0.0.0:0"), ("a:b", long, "127.0.0.1:0")] {
        let place = Place::new().env("AGM_ADMIN_USER", user).env("AGM_ADMIN_PASSWORD", password);
        let done = place.run(&["up", "--listen", listen, "--gateway-listen", "127.0.0.1:0"]).await;
        let done = done.exits(2).says("the admin's");
        assert!(!place.data().exists(), "{done:#?}");
    }
}

/// Scripts written after the page of commands go on working.
#[tokio::test]
async fn a_console_listener_can_be_off() {
    let place = Place::new();
    drop(place.start(&[["--console-listen", "off"].as_slice(), &FREE].concat()).await);
    let other = Place::new();
    other.run(&[["up", "--console-listen", "127.0.0.1:0"].as_slice(), &FREE].concat()).await.exits(2).says("off");
}
