//! The OpenAPI document says of answers what they really carry.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, filled, operations};

fn document() -> Value {
    serde_json::to_value(agm_server::openapi()).unwrap()
}

fn has_header(operation: &Value, status: &str, name: &str) -> bool {
    operation["responses"][status]["headers"].get(name).is_some()
}

fn takes(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
}

#[test]
fn keys_conditions_and_places_are_described() {
    let described = operations();
    for (method, path, operation) in &described {
        let place = format!("{method} {path}");
        // What is said in the playground is not kept, so it cannot be given again.
        let keyed = *method == Method::POST && path != "/api/v1/session" && path != "/api/v1/playground";
        assert_eq!(takes(operation, "Idempotency-Key"), keyed, "{place}");
        for status in ["201", "202"] {
            assert_eq!(has_header(operation, status, "Location"), operation["responses"].get(status).is_some(), "{place} {status}");
        }
        if takes(operation, "If-Match") && !path.ends_with("/keys") {
            let read = described.iter().find(|(method, read, _)| *method == Method::GET && read == path).unwrap();
            assert!(has_header(&read.2, "200", "ETag"), "{place} wants an ETag that nobody is told of");
        }
    }
    let document = document();
    let refused = &document["components"]["responses"]["Refused405"];
    assert!(refused["headers"]["Allow"].is_object(), "{refused}");
    assert!(document["info"]["description"].as_str().unwrap().contains("405"));
}

/// An answer's headers are those of its description.
fn is_as_described(operation: &Value, place: &str, answer: &Answer) {
    let status = answer.status.as_u16().to_string();
    for name in ["ETag", "Location"] {
        let (told, there) = (has_header(operation, &status, name), answer.headers.contains_key(name));
        assert_eq!(told, there, "{place} {status} {name}: {answer:#?}");
    }
}

#[tokio::test]
async fn answers_carry_the_headers_that_are_described() {
    let (bed, _vendor) = Bed::with_provider().await;
    let operation = |method: Method, path: &str| {
        operations().into_iter().find(|(m, p, _)| *m == method && p == path).unwrap_or_else(|| panic!("{method} {path}")).2
    };
    let switch = json!({ "targets": ["alice"], "provider": "one", "model": "m" });
    let changes = [
        (Method::POST, "/api/v1/switches", "/api/v1/switches?wait=30s", switch.clone(), 200),
        (Method::POST, "/api/v1/switches", "/api/v1/switches", switch, 202),
        (Method::POST, "/api/v1/agents", "/api/v1/agents", json!({ "name": "carol" }), 201),
        (Method::POST, "/api/v1/agents", "/api/v1/agents?dryRun=true", json!({ "name": "dora" }), 200),
        (Method::PATCH, "/api/v1/agents/{id}", "/api/v1/agents/carol", json!({ "configFile": null }), 200),
        (
            Method::PUT,
            "/api/v1/routes/{name}",
            "/api/v1/routes/own",
            json!({ "upstreams": [{ "provider": "one", "weight": 100 }], "models": ["own-model"] }),
            201,
        ),
        (Method::PUT, "/api/v1/routes/{name}", "/api/v1/routes/own", json!({ "models": ["own-model", "other"] }), 200),
        (Method::PUT, "/api/v1/models/{id}", "/api/v1/models/m", json!({ "contextWindow": 1000 }), 200),
        (Method::PATCH, "/api/v1/providers/{name}", "/api/v1/providers/one", json!({}), 200),
        (Method::POST, "/api/v1/backups", "/api/v1/backups", json!({ "label": "l" }), 201),
        (Method::POST, "/api/v1/tokens", "/api/v1/tokens", json!({ "name": "ci", "role": "viewer" }), 201),
    ];
    for (method, path, target, body, status) in changes {
        let answer = bed.force(method.clone(), target, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {target}: {answer:#?}");
        is_as_described(&operation(method.clone(), path), &format!("{method} {target}"), &answer);
    }
    for (_, path, operation) in operations().into_iter().filter(|(method, _, _)| *method == Method::GET) {
        if path.ends_with("/events") {
            continue;
        }
        let query = if path.ends_with("/explain") { "?model=m" } else { "" };
        for value in ["one", "alice", "own", "1", "m"] {
            let answer = bed.get(&format!("{}{query}", filled(&path, value))).await;
            is_as_described(&operation, &path, &answer);
        }
    }
}

#[tokio::test]
async fn a_planned_assignment_is_described_as_a_plan() {
    let (bed, _vendor) = Bed::with_provider().await;
    let body = json!({ "provider": "one", "model": "m" });
    let plan = bed.force(Method::PUT, "/api/v1/agents/alice/assignment?dryRun=true", &body).await.expect(200);
    assert!(plan["steps"].is_array() && plan.get("success").is_none(), "{plan}");
    let document = document();
    let schema = &document["paths"]["/api/v1/agents/{id}/assignment"]["put"]["responses"]["200"]["content"]["application/json"]["schema"];
    let schema = schema["$ref"].as_str().map_or(schema, |reference| document.pointer(reference.trim_start_matches('#')).unwrap());
    let kinds: Vec<&str> = schema["oneOf"].as_array().unwrap().iter().filter_map(|kind| kind["$ref"].as_str()).collect();
    assert_eq!(kinds, ["#/components/schemas/SwitchAnswer", "#/components/schemas/SwitchPlan"]);
}
