//! The demo.

use agm_testkit::process::Launch;

use crate::bed::{PATIENCE, Place};

#[tokio::test]
async fn it_shows_a_switch_until_the_agents_own_traffic_proves_it() {
    // Settings of the host do not count in it.
    let place = Place::new().env("AGM_LISTEN", "nowhere").env("TMPDIR", std::env::temp_dir().to_string_lossy());
    let done =
        place.run(&["demo", "--once"]).await.exits(0).prints("is running (data in").says("✓ probe").says("✓ deliver").says("✓ verify");
    for level in ["recorded   ✓", "routable   ✓", "reachable  ✓", "delivered  ✓", "observed   ✓"] {
        assert!(done.stdout.contains(level), "{level}: {done:#?}");
    }
    let data = done.stdout.lines().next().unwrap().split("data in ").nth(1).unwrap().trim_end_matches(')').to_owned();
    assert!(!std::path::Path::new(&data).exists(), "{data} is thrown away");
}

#[tokio::test]
async fn it_stays_up_for_looking_around_until_it_is_ended() {
    let place = Place::new();
    let mut demo = Launch::new(env!("CARGO_BIN_EXE_agm")).args(["demo"]).start().unwrap();
    let first = demo.wait_for_line(PATIENCE, |line| line.contains("data in ")).await.unwrap();
    let data = first.text.split("data in ").nth(1).unwrap().trim_end_matches(')').to_owned();
    demo.wait_for_line(PATIENCE, |line| line.starts_with("The demo stays up")).await.unwrap();
    place.run(&["--data-dir", &data, "agent", "list"]).await.exits(0).prints("worker:carol");
    place.run(&["--data-dir", &data, "model", "set", "worker:bob", "no-such-model", "--provider", "deepseek"]).await.exits(6);
    demo.terminate().await.unwrap();
    assert_eq!(demo.wait(PATIENCE).await.unwrap().code(), Some(0), "{:?}", demo.output());
    assert!(!std::path::Path::new(&data).exists(), "{data} is thrown away");
}
