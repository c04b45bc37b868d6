//! Evidence is about the assignment in force, and about nothing that began before it was delivered.

use agm_domain::agent::AgentId;
use agm_domain::evidence::{Level, Verdict};
use agm_ops::EventKind;
use agm_simvendor::{Behaviour, On};
use agm_testkit::http::Request;
use agm_testkit::sse::SseStream;
use serde_json::json;

use crate::switches::{request, switch, team};
use crate::world::{KEY, script};

fn alice() -> AgentId {
    AgentId::parse("alice").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_out_late_about_the_old_model_is_no_evidence_of_the_new_one() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    let slow = &world.vendors[1];
    slow.update(|was| *was = script("two").key(KEY).always_on(On::Inference, Behaviour::Hang));
    let asked = slow.request_count();
    let agm = world.agm.clone();
    let mut check = tokio::task::JoinSet::new();
    check.spawn(async move { agm.check_agent(&alice(), true).await.unwrap() });
    slow.wait_for_count(asked + 1).await;
    let report = switch(&world, request("alice", "alpha", "n")).await;
    assert!(report.error().is_none(), "{report:#?}");
    let proof = world.agm.evidence(&alice()).unwrap().of(Level::Reachable).cloned();
    assert_eq!(proof.as_ref().map(|p| p.verdict), Some(Verdict::Proven));
    // The old model's probe runs out of time now.
    let found = check.join_next().await.unwrap().unwrap();
    assert_eq!(found.of(Level::Reachable), proof.as_ref(), "the answer is what is known of the assignment in force");
    assert_eq!(world.agm.evidence(&alice()).unwrap().of(Level::Reachable), proof.as_ref());
    assert!(world.agm.evidence(&alice()).unwrap().is_good());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_provider_s_answer_proves_nothing() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    world.elsewhere(|document| drop(document.routes.remove("beta-ai-route"))).await;
    let evidence = world.agm.check_agent(&alice(), true).await.unwrap();
    assert_eq!(evidence.verdict(Level::Reachable), Verdict::Contradicted, "`alpha` answers now: {evidence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_began_before_the_delivery_is_not_seen_to_use_it() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    let mut events = world.agm.events().subscribe(None).1;
    world.vendors[1].push_on(On::Streaming(true), Behaviour::StallStream { after_frames: 1 });
    let key = world.agm.agent_key(&crate::world::actor(), &alice()).await.unwrap();
    let ask = Request::new("POST", "/v1/chat/completions")
        .header("authorization", format!("Bearer {}", key.expose()))
        .json(&json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}));
    let mut stream = SseStream::open(world.agm.gateway().addr(), &ask).await.unwrap();
    stream.next_frame().await.unwrap();
    // The same model with other limits: model and provider alone would not tell the two apart.
    let mut limits = request("alice", "beta", "m");
    limits.max_tokens = Some(1000);
    assert!(switch(&world, limits).await.error().is_none());
    stream.leave();
    while events.recv().await.unwrap().kind != EventKind::RequestSeen {}
    let evidence = world.agm.check_agent(&alice(), false).await.unwrap();
    assert_eq!(evidence.verdict(Level::Observed), Verdict::Unknown, "{evidence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn age_alone_is_no_news_and_a_doubt_is() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    world.agm.check_agent(&alice(), false).await.unwrap();
    let mut events = world.agm.events().subscribe(None).1;
    // Another revision, of which `recorded` names the number.
    world.agent("zoe").await;
    let before = world.agm.evidence(&alice()).unwrap();
    let after = world.agm.check_agent(&alice(), false).await.unwrap();
    assert_ne!(before.of(Level::Recorded).unwrap().source, after.of(Level::Recorded).unwrap().source);
    let told = std::iter::from_fn(|| events.try_recv().ok()).filter(|event| event.kind == EventKind::EvidenceChanged);
    assert_eq!(told.count(), 0);
    world.elsewhere(|document| document.providers.get_mut("beta").unwrap().tokens.push("sk-another-0123456789".into())).await;
    let doubt = loop {
        let event = events.recv().await.unwrap();
        if event.kind == EventKind::EvidenceChanged && event.subject == "worker:alice" {
            break serde_json::to_value(&*event).unwrap();
        }
    };
    let reachable = doubt["data"]["proofs"].as_array().unwrap().iter().find(|proof| proof["level"] == "reachable").unwrap();
    assert_eq!(reachable["verdict"], "unknown", "{doubt}");
}
