//! agm in the background.

use crate::bed::{Agm, FREE, PATIENCE, Place, password};

#[tokio::test]
async fn start_status_restart_stop() {
    let place = Place::new();
    let mut terminal = place.on_terminal(&[["monitor", "start"].as_slice(), &FREE].concat());
    assert_eq!(terminal.wait(PATIENCE).await.unwrap().code(), Some(0), "{:?}", terminal.output());
    let password = password(&terminal).expect("the password is shown");
    let log = place.data().join("agm.log");
    assert!(!std::fs::read_to_string(&log).unwrap().contains(&password));

    let status = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json();
    assert_eq!((&status["running"], &status["answers"]), (&true.into(), &true.into()), "{status}");
    place.run(&["provider", "list"]).await.exits(0);
    place.run(&[["monitor", "start"].as_slice(), &FREE].concat()).await.exits(5).says("runs already");

    // The password that was shown stays the one.
    let restarted = place.run(&[["monitor", "restart"].as_slice(), &FREE].concat()).await.exits(0);
    assert!(!restarted.stdout.contains("password"), "{restarted:#?}");
    let anew = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json();
    assert_ne!(anew["pid"], status["pid"]);

    place.run(&["monitor", "stop"]).await.exits(0).prints("stopped");
    place.run(&["monitor", "status"]).await.exits(3).prints("no agm runs");
    place.run(&["monitor", "stop"]).await.exits(3);
    place.run(&["provider", "list", "--url", status["endpoints"]["management"].as_str().unwrap()]).await.exits(3);
}

#[tokio::test]
async fn a_generated_password_goes_into_no_pipe() {
    for format in ["table", "json"] {
        let place = Place::new();
        let start = [["monitor", "start", "-o", format].as_slice(), &FREE].concat();
        let started = place.run(&start).await.exits(0).prints("AGM_ADMIN_PASSWORD");
        place.run(&["monitor", "stop"]).await.exits(0);
        let made = started.stdout.lines().find_map(|line| line.trim().strip_prefix("password")).map_or("", str::trim);
        assert!(made.is_empty() || made.starts_with("shown only"), "{started:#?}");
        assert!(!started.stdout.contains("\"password\""), "{started:#?}");
    }
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let place = Place::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let done = place.run(&["monitor", "start", "--listen", &port, "--gateway-listen", "127.0.0.1:0"]).await.exits(1);
    done.says("did not start").says("is taken").says("agm.log");
    place.run(&["monitor", "start", "--listen", "nowhere"]).await.exits(2).says("`listen`");
}

/// A process id in a file is not enough to be stopped.
#[tokio::test]
async fn a_stale_pid_file_harms_nobody() {
    let place = Place::new();
    let mut bystander = tokio::process::Command::new("sleep").arg("60").kill_on_drop(true).spawn().unwrap();
    let run = place.data().join("run");
    std::fs::create_dir_all(&run).unwrap();
    let pid = bystander.id().unwrap().to_string();
    std::fs::write(run.join("pid"), &pid).unwrap();
    std::fs::write(run.join("lock"), &pid).unwrap();
    place.run(&["monitor", "stop"]).await.exits(3);
    assert!(bystander.try_wait().unwrap().is_none(), "the bystander still runs");
    bystander.kill().await.unwrap();
}

/// Two files that name different processes: nobody is sent a signal.
#[tokio::test]
async fn who_is_named_differently_is_not_stopped() {
    let agm = Agm::up().await;
    let pid = agm.place.data().join("run/pid");
    std::fs::write(&pid, "99999999").unwrap();
    agm.run(&["monitor", "stop"]).await.exits(1).says("just starting or ending");
    agm.run(&["status"]).await.exits(0);
    std::fs::write(&pid, agm.process.pid().to_string()).unwrap();
    agm.run(&["monitor", "stop"]).await.exits(0);
}

/// Asking leaves the lock as it was, held or not.
#[tokio::test]
async fn asking_writes_nothing() {
    let mut agm = Agm::up().await;
    let lock = agm.place.data().join("run/lock");
    let before = std::fs::metadata(&lock).unwrap().modified().unwrap();
    agm.run(&["monitor", "status"]).await.exits(0).prints(&agm.process.pid().to_string());
    agm.process.kill().await.unwrap();
    agm.run(&["monitor", "status"]).await.exits(3);
    assert_eq!(std::fs::metadata(&lock).unwrap().modified().unwrap(), before);
    assert_eq!(std::fs::read_to_string(&lock).unwrap().trim(), agm.process.pid().to_string());
}

#[tokio::test]
async fn a_restart_starts_it_as_it_was() {
    let place = Place::new();
    place.run(&[["monitor", "start"].as_slice(), &FREE].concat()).await.exits(0);
    let endpoints = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json()["endpoints"].clone();
    let (management, gateway) =
        (endpoints["management"].as_str().unwrap().replace("http://", ""), endpoints["gateway"].as_str().unwrap().replace("http://", ""));
    place.run(&["monitor", "stop"]).await.exits(0);
    let start = ["monitor", "start", "--listen", &management, "--gateway-listen", &gateway];
    place.run(&start).await.exits(0);
    place.run(&["monitor", "restart"]).await.exits(0);
    let anew = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json();
    assert_eq!(anew["endpoints"], endpoints);

    // What is given counts, the rest stays; and what cannot be started is not stopped.
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().to_string();
    place.run(&["monitor", "restart", "--listen", &port]).await.exits(1).says("is taken").says("--listen");
    let still = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json();
    assert_eq!((&still["pid"], &still["answers"]), (&anew["pid"], &true.into()), "{still}");
    drop(taken);
    place.run(&["monitor", "restart", "--listen", &port]).await.exits(0);
    let moved = place.run(&["monitor", "status", "-o", "json"]).await.exits(0).json();
    assert_eq!(moved["endpoints"]["management"], format!("http://{port}"));
    assert_eq!(moved["endpoints"]["gateway"], endpoints["gateway"]);
    place.run(&["monitor", "stop"]).await.exits(0);
}
