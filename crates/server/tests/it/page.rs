//! The same router behind the gateway's listener.

use std::collections::BTreeSet;

use agm_server::LatePage;
use agm_testkit::dir::DataDir;
use reqwest::Method;
use serde_json::json;

use crate::bed::{Answer, Bed, PASSWORD, USER};

#[tokio::test]
async fn the_gateway_serves_it_under_agm_and_on_own_hosts() {
    let late = LatePage::new();
    let hosts = BTreeSet::from(["manager-local.hiclaw.io".to_owned()]);
    let gateway = agm_ops::gateway::Settings { page: Some(late.page()), page_hosts: hosts, ..agm_ops::gateway::Settings::default() };
    let bed = Bed::launch(DataDir::new("server").unwrap(), gateway, |_| ()).await;
    let at = |path: &str| format!("http://{}{path}", bed.agm.gateway().addr());
    let get = |path: &str| bed.client.get(at(path));

    let early = Answer::of(get("/agm/healthz")).await;
    early.refused(503, "STARTING");
    assert_eq!(early.header("agm-version"), env!("CARGO_PKG_VERSION"));

    late.set(&bed.server);
    assert_eq!(Answer::of(get("/agm/healthz")).await.expect(200)["status"], "healthy");
    Answer::of(get("/agm/api/v1/providers")).await.refused(401, "AUTH_FAILED");
    Answer::of(get("/agm/api/v1/providers").basic_auth(USER, Some(PASSWORD))).await.expect(200);
    let made = bed.client.post(at("/agm/api/v1/agents")).basic_auth(USER, Some(PASSWORD)).json(&json!({ "name": "alice" }));
    Answer::of(made).await.expect(201);
    let own = bed.client.get(at("/")).header("host", "manager-local.hiclaw.io:8080");
    assert!(Answer::of(own).await.text.contains("<title>agm</title>"));
    // A login there belongs to the prefix there.
    let login = bed.client.request(Method::POST, at("/agm/api/v1/session")).json(&json!({ "user": USER, "password": PASSWORD }));
    assert!(Answer::of(login).await.header("set-cookie").contains("Path=/agm/"));
    // The data plane is not the page's, and an admin's password opens nothing there.
    let models = Answer::of(get("/v1/models").basic_auth(USER, Some(PASSWORD))).await;
    assert!(models.status.is_client_error() && models.header("agm-version").is_empty(), "{models:?}");
}
