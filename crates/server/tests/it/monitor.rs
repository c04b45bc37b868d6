//! `/ni_status`: the documented shapes, to the member.

use agm_simvendor::{Behaviour, Flavour, On, Script, Vendor};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, KEY, vendor};

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn providers_are_made_listed_and_tested() {
    let bed = Bed::start().await;
    let vendor = Vendor::start(Script::new("one", Flavour::OpenAi).key(KEY).models(["m-1", "m-2"])).await.unwrap();
    let new = json!({ "name": "one", "type": "openai", "apiKey": KEY, "baseUrl": format!("{}/v1", vendor.url()) });
    let made = bed.post("/ni_status/create-provider", &new).await.expect(200);
    assert_eq!(made, json!({ "success": true, "provider": "one", "routeName": "default-ai-route", "routeUpdated": true }));
    bed.post("/ni_status/create-provider", &new).await.refused(409, "PROVIDER_EXISTS");

    let listed = bed.get("/ni_status/providers").await.expect(200);
    assert_eq!((&listed["success"], &listed["providers"][0]["name"]), (&json!(true), &json!("one")));
    assert_eq!(listed["providers"][0]["keys"][0]["mask"], "sk-…cdef");
    let routes = bed.get("/ni_status/route").await.expect(200);
    assert_eq!((&routes["success"], &routes["routes"][0]["name"]), (&json!(true), &json!("default-ai-route")));

    let tested = bed.post("/ni_status/test-provider", &json!({ "provider": "one" })).await.expect(200);
    assert_eq!(members(&tested), ["success", "models", "latencyMs"]);
    assert_eq!((&tested["success"], &tested["models"]), (&json!(true), &json!(2)));
    let tested = bed.post("/ni_status/test-provider", &json!({ "provider": "one", "model": "m-1" })).await.expect(200);
    assert_eq!(tested["completion"]["success"], true);
}

#[tokio::test]
async fn a_failed_test_says_by_its_status_who_failed() {
    let bed = Bed::start().await;
    let vendor = vendor("one").await;
    bed.provider("one", &vendor).await;
    vendor.update(|script| script.keys = vec!["another".to_owned()]);
    let refused = bed.post("/ni_status/test-provider", &json!({ "provider": "one" })).await.refused(502, "VENDOR_KEY_REFUSED");
    assert!(refused["details"]["hint"].is_string(), "{refused}");
    vendor.stop().await;
    bed.post("/ni_status/test-provider", &json!({ "provider": "one" })).await.refused(502, "VENDOR_UNREACHABLE");
}

#[tokio::test]
async fn metrics_have_the_documented_members() {
    let bed = Bed::start().await;
    let metrics = bed.get("/ni_status/metrics").await.expect(200);
    assert_eq!(members(&metrics), ["cpu", "memory", "connections", "rpm", "timestamp"]);
    assert!(metrics["memory"].is_u64() && metrics["rpm"] == 0, "{metrics}");
    assert!(metrics["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_model_is_set_and_read_back() {
    let (bed, _vendor) = Bed::with_provider().await;
    let wish = json!({ "provider": "one", "model": "qwen3.5-plus", "contextWindow": 200_000, "maxTokens": 64_000, "reasoning": true });
    let set = Answer::of(bed.request(Method::PUT, "/ni_status/assignment/manager").json(&wish)).await.expect(200);
    assert_eq!(members(&set), ["success", "target", "provider", "model", "routeUpdated", "evidence", "switch"]);
    assert_eq!((&set["success"], &set["target"], &set["model"]), (&json!(true), &json!("manager"), &json!("qwen3.5-plus")));
    let levels: Vec<&str> = set["evidence"]["proofs"].as_array().unwrap().iter().map(|proof| proof["level"].as_str().unwrap()).collect();
    assert!(levels.starts_with(&["recorded", "routable", "reachable"]), "{levels:?}");

    let model = bed.get("/ni_status/assignment/manager").await.expect(200);
    assert_eq!(members(&model), ["provider", "model", "contextWindow", "maxTokens", "reasoning", "updatedAt"]);
    let published: Value = serde_json::from_slice(&std::fs::read(bed.dir.join("agents/manager/model.json")).unwrap()).unwrap();
    assert_eq!(model, published);

    for (target, path) in [("alice", None), ("worker:bob", None), ("bob", Some("/ni_status/assignment/workers/bob"))] {
        let mut wish = wish.clone();
        let answer = if let Some(path) = path {
            Answer::of(bed.request(Method::PUT, path).json(&wish)).await
        } else {
            wish["target"] = json!(target);
            bed.post("/ni_status/set-model", &wish).await
        };
        assert_eq!(answer.expect(200)["target"], target.trim_start_matches("worker:"));
    }
    let all = bed.get("/ni_status/assignment").await.expect(200);
    assert_eq!(members(&all), ["manager", "workers"]);
    assert_eq!(members(&all["workers"]), ["alice", "bob"]);
    assert_eq!(bed.get("/ni_status/assignment/workers").await.expect(200), all["workers"]);
    assert_eq!(bed.get("/ni_status/assignment/workers/alice").await.expect(200), all["workers"]["alice"]);
}

#[tokio::test]
async fn what_is_not_finished_is_202_and_what_failed_is_its_cause() {
    let (bed, vendor) = Bed::with_provider().await;
    vendor.push_on(On::Inference, Behaviour::SlowFirstByte(std::time::Duration::from_millis(700)));
    let wish = json!({ "target": "alice", "provider": "one", "model": "slow-model" });
    let answer = bed.post("/ni_status/set-model?wait=50ms", &wish).await;
    let unfinished = answer.expect(202);
    assert_eq!(
        (&unfinished["success"], &unfinished["code"], &unfinished["target"]),
        (&json!(false), &json!("IN_PROGRESS"), &json!("alice"))
    );
    let id = unfinished["switch"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/v1/switches/{id}"));
    let ended = bed.get(&format!("/api/v1/switches/{id}?wait=30s")).await.expect(200);
    assert_eq!((&ended["success"], &ended["state"]), (&json!(true), &json!("done")));

    vendor.update(|script| script.models = vec!["slow-model".to_owned()]);
    let refused = bed.post("/ni_status/set-model", &json!({ "target": "alice", "provider": "one", "model": "no-such-model" })).await;
    let body = refused.refused(502, "MODEL_NOT_REACHABLE");
    assert!(body["details"]["switch"].is_string() && body["message"].as_str().unwrap().contains("no-such-model"), "{body}");
    assert_eq!(bed.get("/ni_status/assignment/workers/alice").await.expect(200)["model"], "slow-model");
}

#[tokio::test]
async fn a_reload_is_claimed_only_when_one_took_place() {
    let (bed, _vendor) = Bed::with_provider().await;
    bed.post("/ni_status/set-model", &json!({ "target": "alice", "provider": "one", "model": "m" })).await.expect(200);
    let refused = bed.post("/ni_status/reload", &json!({ "target": "alice" })).await.refused(409, "RESTART_REQUIRED");
    assert!(refused["message"].as_str().unwrap().len() > 20, "{refused}");
}
