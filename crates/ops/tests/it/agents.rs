//! Agents: what several do at once, and what is left of one that goes.

use std::path::PathBuf;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_ops::NewAgent;

use crate::switches::{request, switch, team};
use crate::world::{World, actor};

fn alice() -> AgentId {
    AgentId::parse("alice").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_kept_for_one_agent_also_when_several_ask_at_once() {
    let world = World::with(1).await;
    let config = world.dir.path().join("same.json");
    std::fs::write(&config, "{}").unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let (agm, config) = (world.agm.clone(), config.display().to_string());
        let new = NewAgent { name: name.to_owned(), config: Some(config), ..NewAgent::default() };
        asked.spawn(async move { agm.add_agent(&actor(), new, false).await });
    }
    let answers = asked.join_all().await;
    let refused: Vec<Code> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(|error| error.code).collect();
    assert_eq!(refused, [Code::ConfigFileUnusable; 5]);
}

/// The folder of alice's published file, which leads nowhere from now on: nothing in it can be taken away.
fn stuck(world: &World) -> PathBuf {
    let folder = world.dir.path().join("agents/alice");
    std::fs::remove_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(&folder, &folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_gone_is_gone_also_where_its_published_file_stays() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    stuck(&world);
    let told = world.agm.remove_agent(&actor(), &alice(), None, false).await.unwrap_err();
    assert!(told.to_string().contains("is removed"), "what did happen is told: {told}");
    assert_eq!(world.agm.agent(&alice()).unwrap_err().code, Code::WorkerNotFound);
    let audit = world.agm.audit_log(None, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "agent.remove"), "{audit:?}");
    world.agent("alice").await;
    assert!(world.agm.evidence(&alice()).unwrap().proofs.is_empty(), "another agent of that name begins without evidence");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_file_without_an_assignment_is_taken_away_in_the_background() {
    let world = team().await;
    assert!(switch(&world, request("alice", "beta", "m")).await.error().is_none());
    let folder = stuck(&world);
    let told = world.agm.unassign(&actor(), &alice(), None).await.unwrap_err();
    assert!(told.to_string().contains("no model is assigned"), "{told}");
    assert!(world.agm.assignment(&alice()).is_err());
    let audit = world.agm.audit_log(None, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "agent.unassign"), "{audit:?}");
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let published = folder.join("model.json");
    std::fs::write(&published, "{\"provider\":\"beta\"}").unwrap();
    // Any change wakes the background checks.
    let mut events = world.agm.events().subscribe(None).1;
    let mut zoe = 0;
    while published.exists() {
        zoe += 1;
        world.agent(&format!("zoe{zoe}")).await;
        events.recv().await.unwrap();
    }
}
