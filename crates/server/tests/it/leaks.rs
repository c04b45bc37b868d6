//! Planted keys are searched for in every answer, error, event, metric, and in every file outside the sealed store.

use agm_simvendor::{Flavour, Script, Vendor};
use agm_testkit::secrets::PlantedKey;
use reqwest::Method;
use serde_json::json;

use crate::bed::{Answer, Bed, filled, operations};

#[tokio::test]
async fn no_key_comes_out() {
    let bed = Bed::start().await;
    let (vendor_key, second, agent_key) = (PlantedKey::generate("sk-"), PlantedKey::generate("sk-"), PlantedKey::generate("agm-"));
    // A vendor that quotes the key in its refusals.
    let vendor = Vendor::start(Script::new("one", Flavour::OpenAi).key(vendor_key.value()).echo_key()).await.unwrap();
    let keys = [&vendor_key, &second, &agent_key];
    let absent = |place: &str, answer: &Answer| {
        for key in keys {
            key.assert_absent(place, &answer.text);
            key.assert_absent(place, format!("{:?}", answer.headers));
        }
    };
    let mut events = bed.request(Method::GET, "/api/v1/events").send().await.unwrap();

    let new = json!({ "name": "one", "type": "openai", "apiKey": vendor_key.value(), "baseUrl": format!("{}/v1", vendor.url()) });
    let changes = [
        (Method::POST, "/api/v1/providers?dryRun=true", new.clone()),
        (Method::POST, "/api/v1/providers", new.clone()),
        (Method::POST, "/api/v1/providers", new.clone()),
        (Method::POST, "/api/v1/providers", json!({ "name": vendor_key.value(), "type": "openai" })),
        (Method::POST, "/api/v1/providers", json!({ "name": "x", "type": "openai", "apiKey": { "key": vendor_key.value() } })),
        (Method::POST, "/api/v1/providers", json!({ "name": "x", "type": "openai", "apiKey": "a", "failover": vendor_key.value() })),
        (Method::POST, "/api/v1/agents", json!({ "name": "alice", "key": agent_key.value() })),
        (Method::POST, "/api/v1/agents", json!({ "name": "bob", "key": agent_key.value() })),
        (Method::PUT, "/api/v1/providers/one/keys", json!({ "add": [second.value()] })),
        (Method::PUT, "/api/v1/providers/one/keys", json!({ "add": [second.value()], "force": true })),
        (Method::POST, "/api/v1/providers/one/test", json!({ "model": "m" })),
        (
            Method::POST,
            "/api/v1/provider-tests",
            json!({ "unsaved": { "name": "y", "type": "openai", "apiKey": second.value(), "baseUrl": format!("{}/v1", vendor.url()) } }),
        ),
        (Method::POST, "/ni_status/test-provider", json!({ "provider": "one", "model": "m" })),
        (Method::POST, "/ni_status/set-model?wait=20s", json!({ "target": "alice", "provider": "one", "model": "m" })),
        (Method::POST, "/api/v1/switches/plan", json!({ "targets": ["manager"], "provider": "one", "model": "m" })),
        (Method::POST, "/api/v1/backups", json!({ "label": "before" })),
    ];
    for (method, path, body) in changes {
        let place = format!("{method} {path} {}", body["name"].as_str().map_or(0, str::len));
        absent(&place, &Answer::of(bed.request(method, path).header("if-match", "*").json(&body)).await);
    }
    for (_, path, _) in operations().into_iter().filter(|(method, path, _)| *method == Method::GET && !path.ends_with("/events")) {
        for value in ["one", "manager", "worker:alice", "alice", "1", "2", "last", "default-ai-route", "m"] {
            absent(&path, &bed.get(&filled(&path, value)).await);
            if !path.contains('{') {
                break;
            }
        }
    }
    // The stream ends when the server does, so everything that was told is in it.
    bed.server.shutdown(std::time::Duration::from_secs(5)).await;
    let mut told = Vec::new();
    while let Ok(Some(piece)) = events.chunk().await {
        told.extend_from_slice(&piece);
    }
    assert!(String::from_utf8_lossy(&told).contains("event: provider.changed"));
    for key in keys {
        key.assert_absent("the stream of events", &told);
        assert_eq!(key.sweep_dir(bed.dir.path(), &[]).unwrap().len(), 0, "the store is sealed");
    }
}
