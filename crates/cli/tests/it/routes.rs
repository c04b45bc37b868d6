//! Routes on the command line.

use crate::bed::Agm;

#[tokio::test]
async fn an_open_route_is_shown_as_open_to_anybody() {
    let agm = Agm::up().await;
    let (_qwen, _deepseek) = agm.with_vendors().await;
    let set = ["route", "set", "open", "--upstream", "qwen", "--predicate", "PRE:open-", "--auth", "false"];
    agm.run(&set).await.exits(0).says("anybody");
    let listed = agm.run(&["route", "list"]).await.exits(0).stdout;
    let line = listed.lines().find(|line| line.contains("open-*")).unwrap().to_owned();
    assert!(line.contains("anybody"), "{listed}");
    agm.stop().await;
}

#[tokio::test]
async fn a_domain_can_be_taken_off_again() {
    let agm = Agm::up().await;
    let (_qwen, _deepseek) = agm.with_vendors().await;
    let set = ["route", "set", "lab", "--upstream", "qwen", "--predicate", "PRE:lab-", "--domain", "lab.example", "--consumer", "manager"];
    agm.run(&set).await.exits(0);
    assert_eq!(agm.json(&["route", "show", "lab"]).await["domains"], serde_json::json!(["lab.example"]));
    agm.run(&["route", "set", "lab", "--no-domain", "--no-consumer", "--no-fallback"]).await.exits(0);
    let route = agm.json(&["route", "show", "lab"]).await;
    assert_eq!((&route["domains"], &route["auth"]["consumers"]), (&serde_json::json!([]), &serde_json::json!([])), "{route}");
    agm.run(&["route", "set", "lab", "--no-domain", "--domain", "a.example"]).await.exits(2);
    agm.run(&["route", "set", "lab", "--upstream", "nobody"]).await.exits(4);
    agm.run(&["route", "set", "lab", "--consumer", "worker-nobody"]).await.exits(4);
    agm.run(&["route", "set", "lab", "--domain", "bad domain/../"]).await.exits(2);
    agm.stop().await;
}
