use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use agm_testkit::process::{Launch, Process, Stream, resources_of};

const PATIENCE: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Process {
    Launch::new("sh").args(["-c", script]).env("GREETING", "hello").start().unwrap()
}

#[tokio::test]
async fn lines_come_as_events_in_order() {
    let mut process = shell("echo one; echo \"$GREETING\"; echo oops >&2; echo one; exit 3");
    let line = process.wait_for_line(PATIENCE, |line| line == "one").await.unwrap();
    assert_eq!(line.stream, Stream::Stdout);
    process.wait_for_line(PATIENCE, |line| line == "hello").await.unwrap();
    process.wait_for_line(PATIENCE, |line| line == "one").await.unwrap();
    let gone = process.wait_for_line(PATIENCE, |line| line == "one").await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::UnexpectedEof);
    assert!(gone.to_string().contains("hello"), "{gone}");
    assert_eq!(process.wait(PATIENCE).await.unwrap().code(), Some(3));
    assert!(process.output().iter().any(|line| line.stream == Stream::Stderr && line.text == "oops"));
}

#[tokio::test]
async fn the_environment_is_only_what_was_given() {
    let process = shell("env; echo end");
    process.wait_for_line(PATIENCE, |line| line == "end").await.unwrap();
    let output = process.output();
    let has = |name: &str| output.iter().any(|line| line.text.starts_with(name));
    assert!(has("GREETING=hello") && has("PATH=") && !has("CARGO"), "{output:?}");
}

#[tokio::test]
async fn a_line_that_does_not_come_is_a_time_out() {
    let process = shell("echo ready; exec sleep 60");
    process.wait_for_line(PATIENCE, |line| line == "ready").await.unwrap();
    let late = process.wait_for_line(Duration::from_millis(20), |_| true).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn it_ends_when_asked_and_when_killed() {
    let mut polite = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    polite.wait_for_line(PATIENCE, |line| line == "ready").await.unwrap();
    polite.terminate().await.unwrap();
    polite.wait_for_line(PATIENCE, |line| line == "bye").await.unwrap();
    assert!(polite.wait(PATIENCE).await.unwrap().success());

    let mut stubborn = shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    stubborn.wait_for_line(PATIENCE, |line| line == "ready").await.unwrap();
    stubborn.terminate().await.unwrap();
    let waited = stubborn.wait(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(waited.kind(), ErrorKind::TimedOut);
    stubborn.kill().await.unwrap();
    assert_eq!(stubborn.wait(PATIENCE).await.unwrap().signal(), Some(9));
}

#[tokio::test]
async fn the_whole_tree_is_counted() {
    let process = shell("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 60 & echo ready; wait");
    process.wait_for_line(PATIENCE, |line| line == "ready").await.unwrap();
    let used = process.resources().unwrap();
    assert_eq!((used.processes, used.threads), (2, 2));
    assert!(used.rss_bytes > 100_000, "{used:?}");
    assert!(used.cpu >= Duration::from_millis(10) && used.cpu < PATIENCE, "{used:?}");
}

#[tokio::test]
async fn what_is_not_there_is_an_error() {
    assert_eq!(Launch::new("/nonexistent/agm").start().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(resources_of(u32::MAX).unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn dropping_it_kills_it() {
    let process = shell("echo ready; exec sleep 60");
    process.wait_for_line(PATIENCE, |line| line == "ready").await.unwrap();
    let stat = format!("/proc/{}/stat", process.pid());
    drop(process);
    // Gone, or dead and not yet collected by the runtime.
    let alive = async || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let gone = async {
        while alive().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}
