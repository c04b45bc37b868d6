//! The demo.

use crate::bed::Place;

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
