//! Edits on the state that was read: `ETag`, `If-Match`, `If-None-Match`, dry runs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, vendor};

/// What can be edited, with an edit of it.
fn editable() -> Vec<(&'static str, Method, &'static str, Value)> {
    vec![
        (
            "/api/v1/providers/one",
            Method::PATCH,
            "/api/v1/providers/one",
            json!({ "failover": { "enabled": true, "healthCheckModel": "m" } }),
        ),
        (
            "/api/v1/providers/one",
            Method::PUT,
            "/api/v1/providers/one/keys",
            json!({ "add": ["sk-second-0123456789abcdef"], "force": true }),
        ),
        ("/api/v1/routes/default-ai-route", Method::PUT, "/api/v1/routes/default-ai-route", json!({ "domains": ["example.org"] })),
        ("/api/v1/routes/default", Method::PUT, "/api/v1/routes/default", json!({ "provider": "two" })),
        ("/api/v1/agents/alice", Method::PATCH, "/api/v1/agents/alice", json!({ "configFile": null })),
        ("/api/v1/models/m", Method::PUT, "/api/v1/models/m", json!({ "maxTokens": 5 })),
        ("/api/v1/models/m", Method::DELETE, "/api/v1/models/m", json!({})),
        ("/api/v1/agents/alice", Method::DELETE, "/api/v1/agents/alice", json!({})),
    ]
}

#[tokio::test]
async fn an_edit_says_what_it_is_made_on() {
    let (bed, one) = Bed::with_provider().await;
    bed.provider("two", &one).await;
    for (shown, method, path, edit) in editable() {
        let request = || bed.request(method.clone(), path).json(&edit);
        Answer::of(request()).await.refused(428, "PRECONDITION_REQUIRED");
        for garbled in ["", "\"a\", \"b\"", "\"", "W/\"a"] {
            Answer::of(request().header("if-match", garbled)).await.refused(400, "MALFORMED_REQUEST");
        }
        let refused = Answer::of(request().header("if-match", "\"stale\"")).await.refused(412, "VERSION_CONFLICT");
        assert!(refused["details"]["hint"].is_string(), "{path}: {refused}");
        let before = bed.agm.current().head.number;
        let read = bed.get(shown).await;
        let etag = read.header("etag");
        assert_eq!(etag.trim_matches('"'), read.expect(200)["etag"], "{shown}");
        let planned = bed.request(method.clone(), &format!("{path}?dryRun=true")).header("if-match", etag).json(&edit);
        let planned = Answer::of(planned).await;
        assert_eq!((planned.header("etag"), planned.expect(200).is_object()), ("", true), "a plan of {path} is no state of it");
        assert_eq!(bed.agm.current().head.number, before, "a dry run of {method} {path} changed something");
        Answer::of(request().header("if-match", etag)).await.expect(200);
    }
}

#[tokio::test]
async fn a_route_is_created_only_where_there_is_none() {
    let (bed, _one) = Bed::with_provider().await;
    let edit = json!({ "upstreams": [{ "provider": "one", "weight": 100 }], "modelPredicates": [{ "matchType": "EQUAL", "matchValue": "special" }] });
    let put = |name: &'static str, value: &'static str, query: &str| {
        Answer::of(bed.request(Method::PUT, &format!("/api/v1/routes/special{query}")).header(name, value).json(&edit))
    };
    put("if-match", "\"x\"", "").await.refused(404, "ROUTE_NOT_FOUND");
    put("if-none-match", "*", "?dryRun=true").await.expect(200);
    let created = put("if-none-match", "*", "").await;
    assert_eq!(created.expect(201)["created"], true);
    assert_eq!(created.header("location"), "/api/v1/routes/special");
    assert_eq!(created.header("etag"), bed.get("/api/v1/routes/special").await.header("etag"));
    put("if-none-match", "*", "").await.refused(412, "VERSION_CONFLICT");
    let explained = bed.get("/api/v1/routes/explain?model=special&as=manager").await.expect(200);
    assert_eq!(explained["route"], "special");
    Answer::of(bed.request(Method::DELETE, "/api/v1/routes/special").header("if-match", "*")).await.expect(200);
}

#[tokio::test]
async fn of_many_who_create_a_route_one_does() {
    let (bed, _one) = Bed::with_provider().await;
    let create = |number: usize| {
        let edit = json!({ "upstreams": [{ "provider": "one", "weight": 100 }], "models": [format!("special-{number}")] });
        Answer::of(bed.request(Method::PUT, "/api/v1/routes/special").header("if-none-match", "*").json(&edit))
    };
    let answers = futures_util::future::join_all((0..8).map(create)).await;
    let created: Vec<usize> = (0..8).filter(|number| answers[*number].status == 201).collect();
    assert_eq!(created.len(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(412, "VERSION_CONFLICT");
    }
    let stored = bed.get("/api/v1/routes/special").await.expect(200);
    assert_eq!(stored["models"], json!([format!("special-{}", created[0])]), "nobody changed what the one made");
}

#[tokio::test]
async fn two_edits_of_the_same_state_do_not_both_win() {
    let (bed, _one) = Bed::with_provider().await;
    let etag = bed.get("/api/v1/routes/default-ai-route").await.header("etag").to_owned();
    let edit = |domain: String| {
        let request = bed.request(Method::PUT, "/api/v1/routes/default-ai-route").header("if-match", etag.clone());
        Answer::of(request.json(&json!({ "domains": [domain] })))
    };
    let answers = futures_util::future::join_all((0..8).map(|n| edit(format!("d{n}.example.org")))).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(412, "VERSION_CONFLICT");
    }
}

#[tokio::test]
async fn a_key_goes_nowhere_else() {
    let (bed, _one) = Bed::with_provider().await;
    let other = vendor("other").await;
    let patch = json!({ "baseUrl": format!("{}/v1", other.url()) });
    let answer = bed.force(Method::PATCH, "/api/v1/providers/one", &patch).await;
    assert_eq!(answer.expect(answer.status.as_u16())["code"], "KEY_REQUIRED");
    assert!(answer.status.is_client_error() && other.request_count() == 0);
}
