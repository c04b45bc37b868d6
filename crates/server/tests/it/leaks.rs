//! Planted keys are searched for in every answer, error, event, metric and log line, and in every file outside the sealed store.

use agm_simvendor::{Flavour, Script, Vendor};
use agm_testkit::secrets::PlantedKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, filled, operations};
use crate::captured;

/// A request with a key in it, and what it is answered with.
type Change = (u16, Method, &'static str, Value);

/// The keys of a provider, of an agent, and one that opens nothing.
struct Planted {
    vendor: PlantedKey,
    second: PlantedKey,
    agent: PlantedKey,
    stranger: PlantedKey,
}

impl Planted {
    fn new() -> Self {
        let key = PlantedKey::generate;
        Self { vendor: key("sk-"), second: key("sk-"), agent: key("agm-"), stranger: key("agm_t_") }
    }

    fn absent(&self, place: &str, text: impl AsRef<[u8]>) {
        for key in [&self.vendor, &self.second, &self.agent, &self.stranger] {
            key.assert_absent(place, &text);
        }
    }

    fn absent_in(&self, place: &str, answer: &Answer) {
        self.absent(place, &answer.text);
        self.absent(place, format!("{:?}", answer.headers));
    }
}

fn changes(keys: &Planted, vendor: &Vendor) -> Vec<Change> {
    let url = format!("{}/v1", vendor.url());
    let (key, second, agent) = (keys.vendor.value(), keys.second.value(), keys.agent.value());
    let new = json!({ "name": "one", "type": "openai", "apiKey": key, "baseUrl": url });
    let unsaved = json!({ "name": "y", "type": "openai", "apiKey": second, "baseUrl": url });
    vec![
        (200, Method::POST, "/api/v1/providers?dryRun=true", new.clone()),
        (201, Method::POST, "/api/v1/providers", new.clone()),
        (409, Method::POST, "/api/v1/providers", new),
        (422, Method::POST, "/api/v1/providers", json!({ "name": key, "type": "openai" })),
        (400, Method::POST, "/api/v1/providers", json!({ "name": "x", "type": "openai", "apiKey": { "key": key } })),
        (400, Method::POST, "/api/v1/providers", json!({ "name": "x", "type": "openai", "apiKey": "a", "failover": key })),
        (200, Method::POST, "/api/v1/agents?dryRun=true", json!({ "name": "alice", "key": agent })),
        (201, Method::POST, "/api/v1/agents", json!({ "name": "alice", "key": agent })),
        (422, Method::POST, "/api/v1/agents", json!({ "name": "bob", "key": agent })),
        (200, Method::POST, "/api/v1/agents/alice/key/rotate?dryRun=true", json!({})),
        (200, Method::POST, "/ni_status/set-model?wait=20s", json!({ "target": "alice", "provider": "one", "model": "m" })),
        (200, Method::POST, "/ni_status/set-model?wait=20s", json!({ "target": "manager", "provider": "one", "model": "m" })),
        (502, Method::PUT, "/api/v1/providers/one/keys", json!({ "add": [second] })),
        (200, Method::PUT, "/api/v1/providers/one/keys", json!({ "add": [second], "force": true })),
        (200, Method::POST, "/api/v1/providers/one/test", json!({ "model": "m" })),
        (200, Method::POST, "/api/v1/provider-tests", json!({ "unsaved": unsaved })),
        (502, Method::POST, "/ni_status/test-provider", json!({ "provider": "one", "model": "m" })),
        (200, Method::POST, "/api/v1/switches/plan", json!({ "targets": ["manager"], "provider": "one", "model": "m2" })),
        (201, Method::POST, "/api/v1/backups", json!({ "label": "before" })),
    ]
}

#[tokio::test]
async fn no_key_comes_out() {
    captured::start();
    let (bed, keys) = (Bed::start().await, Planted::new());
    // A vendor that quotes the key in its refusals.
    let vendor = Vendor::start(Script::new("one", Flavour::OpenAi).key(keys.vendor.value()).echo_key()).await.unwrap();
    let mut events = bed.request(Method::GET, "/api/v1/events").send().await.unwrap();
    for (status, method, path, body) in changes(&keys, &vendor) {
        let place = format!("{method} {path}, to be answered {status}");
        let answer = Answer::of(bed.request(method, path).header("if-match", "*").json(&body)).await;
        keys.absent_in(&place, &answer);
        assert_eq!(answer.status.as_u16(), status, "{place}: {answer:#?}");
    }
    wrong_logins(&bed, &keys).await;
    everything_that_is_read(&bed, &keys).await;
    // The stream ends when the server does, so everything that was told is in it.
    bed.server.shutdown(std::time::Duration::from_secs(5)).await;
    let mut told = Vec::new();
    while let Ok(Some(piece)) = events.chunk().await {
        told.extend_from_slice(&piece);
    }
    assert!(String::from_utf8_lossy(&told).contains("event: provider.changed"));
    keys.absent("the stream of events", &told);
    let log = captured::lines();
    let (text, dir) = (String::from_utf8_lossy(&log), bed.dir.path().display().to_string());
    assert!(text.contains(&dir) && text.contains("a login failed"), "the log is that of this server: {text}");
    keys.absent("the log", &log);
    for key in [&keys.vendor, &keys.second, &keys.agent, &keys.stranger] {
        assert_eq!(key.sweep_dir(bed.dir.path(), &[]).unwrap().len(), 0, "the store is sealed");
    }
}

/// Credentials that open nothing are secrets all the same: most often a right one in a wrong place.
async fn wrong_logins(bed: &Bed, keys: &Planted) {
    let ask = || bed.bare(Method::GET, "/api/v1/status");
    let wrong = keys.stranger.value();
    for request in
        [ask().bearer_auth(wrong), ask().basic_auth("admin", Some(wrong)), ask().header("cookie", format!("agm_session={wrong}"))]
    {
        let answer = Answer::of(request).await;
        answer.refused(401, "AUTH_FAILED");
        keys.absent_in("a wrong login", &answer);
    }
}

/// Every operation that reads, asked until it shows something.
async fn everything_that_is_read(bed: &Bed, keys: &Planted) {
    let switch = bed.get("/api/v1/switches?limit=1").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let values = ["one", "manager", "worker:alice", "alice", "1", "last", "default-ai-route", "m", switch.as_str()];
    for (_, path, operation) in operations().into_iter().filter(|(method, path, _)| *method == Method::GET && !path.ends_with("/events")) {
        let query = if path.ends_with("/explain") { "?model=m" } else { "" };
        let values = if path.contains('{') { &values[..] } else { &values[..1] };
        let mut shown = false;
        for value in values {
            let answer = bed.get(&format!("{}{query}", filled(&path, value))).await;
            keys.absent_in(&path, &answer);
            let status = answer.status.as_u16().to_string();
            assert!(operation["responses"].get(&status).is_some(), "{path} with `{value}` is not described so: {answer:#?}");
            shown |= status == "200";
        }
        assert!(shown, "{path} shows nothing, so nothing could be found");
    }
}
