//! Every noun answers over HTTP as its view says.

use reqwest::Method;
use serde_json::json;

use crate::bed::{Answer, Bed, operations};

#[tokio::test]
async fn every_list_and_figure_answers() {
    let (bed, _vendor) = Bed::with_provider().await;
    bed.post("/api/v1/switches?wait=30s", &json!({ "targets": ["manager"], "provider": "one", "model": "m" })).await.expect(200);
    for (_, path, _) in operations().into_iter().filter(|(method, path, _)| *method == Method::GET && !path.contains('{')) {
        if path.ends_with("/events") || path.ends_with("/explain") {
            continue;
        }
        let answer = bed.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    assert_eq!(bed.get("/api/v1/openapi.json").await.expect(200)["openapi"], "3.1.0");
    assert!(bed.get("/api/v1/system").await.expect(200)["gatewayUrl"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let audit = bed.get("/api/v1/audit?limit=1").await.expect(200);
    assert!(audit["items"][0]["action"].is_string() && audit["nextCursor"].is_string(), "{audit}");
    let next = bed.get(&format!("/api/v1/audit?cursor={}", audit["nextCursor"].as_str().unwrap())).await.expect(200);
    assert_ne!(next["items"][0]["id"], audit["items"][0]["id"]);
}

#[tokio::test]
async fn a_provider_lives_and_goes() {
    let (bed, vendor) = Bed::with_provider().await;
    let test = bed.post("/api/v1/providers/one/test", &json!({ "model": "m" })).await.expect(200);
    assert_eq!((&test["success"], &test["completion"]["success"]), (&json!(true), &json!(true)));
    Answer::of(bed.request(Method::POST, "/api/v1/providers/one/test")).await.expect(200);
    vendor.update(|script| script.keys = vec!["another".to_owned()]);
    let test = bed.post("/api/v1/providers/one/test", &json!({})).await.expect(200);
    assert_eq!((&test["success"], &test["failure"]["cause"]), (&json!(false), &json!("VENDOR_KEY_REFUSED")));
    let refused = bed.force(Method::PUT, "/api/v1/providers/one/keys", &json!({ "replace": ["sk-wrong-0123456789abcdef"] })).await;
    assert_eq!(refused.status, 502, "{refused:?}");
    bed.post("/api/v1/switches?wait=30s", &json!({ "targets": ["alice"], "provider": "nobody", "model": "m" }))
        .await
        .refused(404, "PROVIDER_NOT_FOUND");
    let in_use = bed.force(Method::DELETE, "/api/v1/providers/one", &json!({})).await;
    // It has the default route and nobody's assignment: there is nothing to keep it for.
    in_use.expect(200);
}

#[tokio::test]
async fn a_backup_is_made_compared_and_restored() {
    let (bed, _vendor) = Bed::with_provider().await;
    let made = bed.post("/api/v1/backups", &json!({ "label": "before" })).await;
    let id = made.expect(201)["id"].as_u64().unwrap();
    bed.post("/api/v1/agents", &json!({ "name": "carol" })).await.expect(201);
    let diff = bed.get(&format!("/api/v1/backups/{id}/diff")).await.expect(200);
    assert!(diff["changes"].as_array().unwrap().iter().any(|change| change["name"] == "worker:carol"), "{diff}");
    assert_eq!(bed.get("/api/v1/backups/last").await.expect(200)["label"], "before");
    let operator = bed.token("operator").await;
    let restore = format!("/api/v1/backups/{id}/restore");
    Answer::of(bed.bare(Method::POST, &restore).bearer_auth(operator)).await.refused(403, "FORBIDDEN");
    Answer::of(bed.request(Method::POST, &format!("{restore}?dryRun=true"))).await.expect(200);
    let restored = Answer::of(bed.request(Method::POST, &restore)).await.expect(200);
    assert_eq!((&restored["from"], &restored["verified"]), (&json!(id), &json!(true)));
    Answer::of(bed.request(Method::DELETE, &format!("/api/v1/backups/{id}"))).await.expect(200);
}

#[tokio::test]
async fn agents_have_keys_evidence_and_repair() {
    let (bed, _vendor) = Bed::with_provider().await;
    bed.post("/api/v1/switches?wait=30s", &json!({ "targets": ["alice"], "provider": "one", "model": "m" })).await.expect(200);
    let key = Answer::of(bed.request(Method::POST, "/api/v1/agents/worker:alice/key")).await.expect(200);
    let key = key["key"].as_str().unwrap();
    let agent = bed.get("/api/v1/agents/alice").await;
    assert!(!agent.text.contains(key));
    assert_eq!(agent.expect(200)["id"], "worker:alice");
    assert!(bed.get("/api/v1/audit").await.text.contains("agent.key"), "it is taken down");
    let evidence = bed.post("/api/v1/agents/worker%3Aalice/evidence", &json!({ "probe": true })).await.expect(200);
    assert!(evidence["proofs"].as_array().unwrap().iter().any(|proof| proof["level"] == "reachable"), "{evidence}");
    Answer::of(bed.request(Method::POST, "/api/v1/agents/alice/evidence")).await.expect(200);
    let repaired = Answer::of(bed.request(Method::POST, "/api/v1/agents/alice/repair")).await.expect(200);
    assert_eq!(repaired["repaired"], json!([]));
}
