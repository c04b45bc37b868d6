//! Switches over `/api/v1`.

use std::time::Duration;

use agm_simvendor::{Behaviour, On};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed};

fn wish(targets: &[&str], model: &str) -> Value {
    json!({ "targets": targets, "provider": "one", "model": model })
}

#[tokio::test]
async fn a_switch_is_202_at_once_and_can_be_followed() {
    let (bed, vendor) = Bed::with_provider().await;
    vendor.push_on(On::Inference, Behaviour::SlowFirstByte(Duration::from_millis(300)));
    let answer = bed.post("/api/v1/switches", &wish(&["worker:alice"], "m")).await;
    let started = answer.expect(202);
    assert_eq!((&started["success"], &started["code"]), (&json!(false), &json!("IN_PROGRESS")));
    assert_eq!(started["switch"], started["id"]);
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("/api/v1/switches/{}", started["id"].as_str().unwrap()));
    let ended = bed.get(&format!("{location}?wait=30s")).await.expect(200);
    assert_eq!((&ended["success"], &ended["state"]), (&json!(true), &json!("done")));
    let steps: Vec<&str> = ended["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["resolve", "snapshot", "preflight", "stage", "route", "probe", "record", "deliver", "load", "verify"]);
}

#[tokio::test]
async fn a_switch_that_is_waited_for_answers_with_its_end() {
    let (bed, vendor) = Bed::with_provider().await;
    let done = bed.post("/api/v1/switches?wait=30s", &wish(&["worker:*", "manager"], "m")).await.expect(200);
    assert_eq!((&done["success"], done["members"].as_array().unwrap().len()), (&json!(true), 3));

    vendor.update(|script| script.keys = vec!["another".to_owned()]);
    let before = bed.get("/api/v1/status").await.expect(200)["revision"].clone();
    let refused = bed.post("/api/v1/switches?wait=30s", &wish(&["alice"], "other")).await;
    let body = refused.refused(502, "MODEL_NOT_REACHABLE");
    let id = body["details"]["switch"].as_str().unwrap();
    let report = bed.get(&format!("/api/v1/switches/{id}")).await.expect(200);
    assert_eq!((&report["success"], &report["code"]), (&json!(false), &json!("MODEL_NOT_REACHABLE")));
    assert!(matches!(report["state"].as_str(), Some("failed" | "rolled-back")), "{report}");
    assert_eq!(bed.get("/api/v1/status").await.expect(200)["revision"], before, "nothing was changed");
}

#[tokio::test]
async fn a_plan_changes_nothing_and_a_viewer_may_see_it() {
    let (bed, vendor) = Bed::with_provider().await;
    let viewer = bed.token("viewer").await;
    let (revision, asked) = (bed.agm.current().head.number, vendor.request_count());
    let plan = bed.bare(Method::POST, "/api/v1/switches/plan").bearer_auth(&viewer).json(&wish(&["alice"], "m"));
    let plan = Answer::of(plan).await.expect(200);
    assert_eq!((plan["members"][0]["agent"].as_str(), plan["nothingToDo"].as_bool()), (Some("worker:alice"), Some(false)));
    assert_eq!((bed.agm.current().head.number, vendor.request_count()), (revision, asked));
}

#[tokio::test]
async fn an_assignment_is_put_on_the_state_that_was_read() {
    let (bed, _vendor) = Bed::with_provider().await;
    let path = "/api/v1/agents/worker:alice/assignment";
    let put = |name: &'static str, value: String, model: &'static str| {
        let request = bed.request(Method::PUT, &format!("{path}?wait=30s")).header(name, value);
        Answer::of(request.json(&json!({ "provider": "one", "model": model })))
    };
    Answer::of(bed.request(Method::PUT, path).json(&json!({ "provider": "one", "model": "m" })))
        .await
        .refused(428, "PRECONDITION_REQUIRED");
    put("if-match", "\"x\"".to_owned(), "m").await.refused(404, "ASSIGNMENT_NOT_FOUND");
    put("if-none-match", "*".to_owned(), "m").await.expect(200);
    put("if-none-match", "*".to_owned(), "m2").await.refused(412, "VERSION_CONFLICT");
    let read = bed.get(path).await;
    let etag = read.header("etag").to_owned();
    assert_eq!(read.expect(200)["model"], "m");
    put("if-match", etag.clone(), "m2").await.expect(200);
    put("if-match", etag, "m3").await.refused(412, "VERSION_CONFLICT");
    put("if-match", "*".to_owned(), "m3").await.expect(200);
    let plan = bed.request(Method::PUT, &format!("{path}?dryRun=true")).header("if-match", "*");
    assert!(Answer::of(plan.json(&json!({ "provider": "one", "model": "m4" }))).await.expect(200)["members"].is_array());
    Answer::of(bed.request(Method::DELETE, path).header("if-match", "*")).await.expect(204);
    bed.get(path).await.refused(404, "ASSIGNMENT_NOT_FOUND");
}

/// Two switches are asked for on the same state; when the turn of the second comes, it finds another one.
async fn second_finds_another_state(assigned_before: bool) {
    let (bed, vendor) = Bed::with_provider().await;
    let path = "/api/v1/agents/worker:alice/assignment";
    let put = |query: &'static str, (name, value): (&'static str, &str), model: &'static str| {
        let request = bed.request(Method::PUT, &format!("{path}{query}")).header(name, value);
        Answer::of(request.json(&json!({ "provider": "one", "model": model })))
    };
    let mut condition = ("if-none-match", "*".to_owned());
    if assigned_before {
        put("?wait=30s", ("if-none-match", "*"), "before").await.expect(200);
        condition = ("if-match", bed.get(path).await.header("etag").to_owned());
    }
    let condition = (condition.0, condition.1.as_str());
    vendor.push_on(On::Inference, Behaviour::SlowFirstByte(Duration::from_secs(1)));
    put("", condition, "first").await.expect(202);
    // Nothing is changed yet, so it is taken in.
    let (waiting, waited) = (put("", condition, "second").await.expect(202), put("?wait=30s", condition, "third").await);
    let refused = waited.refused(412, "VERSION_CONFLICT");
    let mut switches = vec![refused["details"]["switch"].clone(), waiting["switch"].clone()];
    let report = bed.get(&format!("/api/v1/switches/{}?wait=30s", switches[1].as_str().unwrap())).await.expect(200);
    assert_eq!((&report["success"], &report["code"]), (&json!(false), &json!("VERSION_CONFLICT")), "{report}");
    assert_eq!(bed.get(path).await.expect(200)["model"], "first");
    let published = bed.dir.join("agents/alice/model.json");
    assert!(std::fs::read_to_string(published).unwrap().contains("\"first\""));
    let revisions = bed.get("/api/v1/backups?limit=500").await.expect(200).to_string();
    switches.retain(|id| revisions.contains(id.as_str().unwrap()));
    assert_eq!(switches, Vec::<Value>::new(), "a switch that was refused wrote a revision");
}

#[tokio::test]
async fn a_condition_holds_when_the_turn_comes() {
    second_finds_another_state(true).await;
    second_finds_another_state(false).await;
}

#[tokio::test]
async fn switches_are_listed_newest_first_in_pages() {
    let (bed, _vendor) = Bed::with_provider().await;
    let mut ids = Vec::new();
    for model in ["a", "b", "c"] {
        let done = bed.post("/api/v1/switches?wait=30s", &wish(&["alice"], model)).await.expect(200);
        ids.insert(0, done["id"].as_str().unwrap().to_owned());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = bed.get(&format!("/api/v1/switches?limit=2{cursor}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids);
}
