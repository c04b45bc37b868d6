//! Settings and where they come from.

use serde_json::Value;

use crate::bed::Place;

fn setting(shown: &Value, name: &str) -> (String, String) {
    let found = shown["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap();
    (found["value"].as_str().unwrap().to_owned(), found["source"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_value_says_where_it_comes_from() {
    let place = Place::new()
        .env("AGM_GATEWAY_LISTEN", "127.0.0.1:7001")
        .env("MONITOR_PORT", "7002")
        .env("AGENTTEAMS_ADMIN_USER", "boss")
        .env("AGENTTEAMS_ADMIN_PASSWORD", "planted-password-0123456789");
    std::fs::create_dir_all(place.data()).unwrap();
    let file = place.data().join("agm.toml");
    std::fs::write(&file, "drain = \"3s\"\n[gateway]\nlisten = \"127.0.0.1:1\"\nmax-body = \"1MiB\"\n").unwrap();
    let done = place.run(&["config", "show", "--log-level", "debug", "-o", "json"]).await.exits(0);
    assert!(!done.stdout.contains("planted-password"), "{done:#?}");
    let shown = done.json();
    let is = |name: &str, value: &str, source: &str| assert_eq!(setting(&shown, name), (value.to_owned(), source.to_owned()), "{name}");
    let file = file.to_str().unwrap();
    is("log.level", "debug", "--log-level");
    is("gateway.listen", "127.0.0.1:7001", "AGM_GATEWAY_LISTEN");
    is("gateway.max-body", "1MiB", file);
    is("drain", "3s", file);
    is("listen", "127.0.0.1:7002", "MONITOR_PORT (platform)");
    is("admin.user", "boss", "AGENTTEAMS_ADMIN_USER (platform)");
    is("admin.password", "(set)", "AGENTTEAMS_ADMIN_PASSWORD (platform)");
    is("store", "dir", "default");
    place.run(&["config", "show"]).await.exits(0).prints("MONITOR_PORT (platform)");
}

#[tokio::test]
async fn a_wrong_file_is_told_by_its_line_and_name() {
    let place = Place::new();
    std::fs::create_dir_all(place.data()).unwrap();
    std::fs::write(place.data().join("agm.toml"), "[admin]\npasword = \"planted\"\n").unwrap();
    let done = place.run(&["config", "show"]).await.exits(2).says("there is no setting `admin.pasword`").says("agm.toml");
    assert!(!done.stderr.contains("planted"), "{done:#?}");
    place.run(&["config", "show", "--config", "/nowhere/agm.toml"]).await.exits(2).says("/nowhere/agm.toml");
}

#[tokio::test]
async fn auto_says_what_it_found() {
    Place::new().run(&["config", "show", "--platform", "auto"]).await.exits(0).says("standalone, since");
    let team = Place::new().env("AGENTTEAMS_CONTROLLER_URL", "http://controller:8090");
    team.run(&["config", "show", "--platform", "auto"]).await.exits(2).says("AGENTTEAMS_CONTROLLER_URL is set");
    team.run(&["config", "show"]).await.exits(0);
}
