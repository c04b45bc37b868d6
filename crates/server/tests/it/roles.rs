//! The sweep: every operation of the OpenAPI document, without a login and with each role.

use agm_testkit::dir::DataDir;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, filled, operations};

fn needed(operation: &Value) -> Option<&str> {
    let logins = operation["security"].as_array().unwrap();
    if logins.contains(&json!({})) {
        return None;
    }
    logins.first().map(|requirement| requirement["basic"][0].as_str().unwrap())
}

#[tokio::test]
async fn nothing_answers_without_a_login_but_what_is_said_to() {
    let bed = Bed::start().await;
    let mut open = Vec::new();
    for (method, path, operation) in operations() {
        for prefix in ["", "/agm"] {
            let answer = Answer::of(bed.bare(method.clone(), &format!("{prefix}{}", filled(&path, "x"))).body("{}")).await;
            if needed(&operation).is_none() {
                open.push(format!("{method} {path}"));
            } else {
                answer.refused(401, "AUTH_FAILED");
                assert!(answer.header("www-authenticate").starts_with("Basic"), "{method} {path}");
            }
        }
    }
    open.dedup();
    assert_eq!(open, ["GET /api/v1/session", "POST /api/v1/session", "GET /healthz", "GET /ni_status/health", "GET /readyz"]);
}

#[tokio::test]
async fn nobody_is_told_that_he_is_nobody() {
    let bed = Bed::start().await;
    let who = || bed.bare(Method::GET, "/api/v1/session");
    for request in [who(), who().header("cookie", "agm_session="), who().header("cookie", "agm_session=agm_s_ended")] {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""), "{answer:?}");
    }
    for wrong in ["Bearer wrong", "Basic wrong", "Digest x", ""] {
        Answer::of(who().header("authorization", wrong).header("cookie", "agm_session=agm_s_ended")).await.refused(401, "AUTH_FAILED");
    }
    bed.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn who_has_no_login_does_not_learn_which_paths_there_are() {
    let bed = Bed::start().await;
    let paths = [
        "/api/v1/nothing",
        "/ni_status/nothing",
        "/nothing",
        "/api",
        "/api/v1/%74okens",
        "//api/v1/tokens",
        "/api/v1/tokens/",
        "/agm/x",
        "/agmx",
    ];
    for path in paths {
        Answer::of(bed.bare(Method::GET, path)).await.refused(401, "AUTH_FAILED");
        bed.get(path).await.refused(404, "NOT_FOUND");
    }
    Answer::of(bed.bare(Method::PUT, "/api/v1/providers")).await.refused(401, "AUTH_FAILED");
    Answer::of(bed.request(Method::PUT, "/api/v1/providers")).await.refused(405, "METHOD_NOT_ALLOWED");
    Answer::of(bed.bare(Method::POST, "/healthz")).await.refused(405, "METHOD_NOT_ALLOWED");
    Answer::of(bed.bare(Method::PUT, "/api/v1/session")).await.refused(401, "AUTH_FAILED");
}

#[tokio::test]
async fn every_role_may_what_the_document_says_and_no_more() {
    let bed = Bed::start().await;
    let before = bed.agm.current().head.number;
    for (role, may) in [("viewer", vec!["viewer"]), ("operator", vec!["viewer", "operator"])] {
        let token = bed.token(role).await;
        for (method, path, operation) in operations() {
            let Some(needed) = needed(&operation) else { continue };
            if path.ends_with("/events") || (method == Method::DELETE && path.ends_with("/session")) {
                continue;
            }
            // Whoever may, is told that this names nothing, or cannot be understood: nothing is changed either way.
            let request =
                bed.bare(method.clone(), &filled(&path, "no-such-thing")).bearer_auth(&token).header("content-type", "text/plain");
            let answer = Answer::of(request.body("?")).await;
            if may.contains(&needed) {
                assert!(!matches!(answer.status.as_u16(), 401 | 403), "{role}: {method} {path}: {answer:?}");
            } else {
                answer.refused(403, "FORBIDDEN");
            }
        }
    }
    assert_eq!(bed.agm.current().head.number, before, "a refused request changed something");
}

#[tokio::test]
async fn what_a_viewer_may_not_is_exactly_what_changes_something() {
    for (method, path, operation) in operations() {
        let Some(needed) = needed(&operation) else { continue };
        let reads = method == Method::GET || path == "/api/v1/switches/plan" || (path == "/api/v1/session" && method == Method::DELETE);
        let secret = path.starts_with("/api/v1/tokens");
        assert_eq!(needed == "viewer", reads && !secret, "{method} {path} needs {needed}");
    }
}

#[tokio::test]
async fn the_managers_key_is_an_operator_and_a_workers_is_nobody() {
    let bed = Bed::start().await;
    bed.post("/api/v1/agents", &json!({ "name": "alice" })).await.expect(201);
    let key = async |id: &str| {
        let answer = Answer::of(bed.request(Method::POST, &format!("/api/v1/agents/{id}/key"))).await;
        answer.expect(200)["key"].as_str().unwrap().to_owned()
    };
    let (manager, alice) = (key("manager").await, key("worker:alice").await);
    let session = async |token: &str| Answer::of(bed.bare(Method::GET, "/api/v1/session").bearer_auth(token)).await;
    assert_eq!(session(&manager).await.expect(200), json!({ "name": "manager", "role": "operator", "kind": "manager" }));
    session(&alice).await.refused(401, "AUTH_FAILED");
    Answer::of(bed.bare(Method::GET, "/api/v1/tokens").bearer_auth(&manager)).await.refused(403, "FORBIDDEN");
    Answer::of(bed.bare(Method::GET, "/ni_status/providers").bearer_auth(&manager)).await.expect(200);
    // A new key takes the old one's place at once.
    Answer::of(bed.request(Method::POST, "/api/v1/agents/manager/key/rotate")).await.expect(200);
    session(&manager).await.refused(401, "AUTH_FAILED");
}

#[tokio::test]
async fn the_managers_key_can_be_less_or_nothing() {
    use agm_ops::ManagerAccess;
    for (access, status) in [(ManagerAccess::Viewer, 403), (ManagerAccess::Off, 401)] {
        let bed = Bed::on(DataDir::new("server").unwrap(), |settings| settings.manager_access = access).await;
        let key = Answer::of(bed.request(Method::POST, "/api/v1/agents/manager/key")).await.expect(200);
        let answer = Answer::of(bed.bare(Method::POST, "/api/v1/routes/repair").bearer_auth(key["key"].as_str().unwrap())).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
}

#[tokio::test]
async fn the_local_token_is_the_admin_and_new_at_each_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::start().await;
    let path = bed.dir.join("run/token");
    let token = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let session = Answer::of(bed.bare(Method::GET, "/api/v1/session").bearer_auth(&token)).await.expect(200);
    assert_eq!(session, json!({ "name": "local", "role": "admin", "kind": "local" }));
    let dir = bed.stop().await;
    assert!(!dir.join("run/token").exists(), "a stopped agm leaves no token");
    let bed = Bed::on(dir, |_| ()).await;
    let next = std::fs::read_to_string(bed.dir.join("run/token")).unwrap();
    assert_ne!(token, next);
    Answer::of(bed.bare(Method::GET, "/api/v1/session").bearer_auth(&token)).await.refused(401, "AUTH_FAILED");
}
