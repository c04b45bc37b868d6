//! Published assignments that no agent has any more.

use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_ops::Agm;

use crate::world::{World, actor, settings_at};

#[tokio::test]
async fn what_a_crash_left_of_a_removed_agent_is_swept_and_nothing_else() {
    let world = World::with(1).await;
    world.provider("first", "openai", 0).await;
    for name in ["alice", "bob", "carol"] {
        world.run_on(&format!("worker:{name}"), "first", "gpt-4o").await;
    }
    let file = |name: &str| world.dir.join(format!("agents/{name}/model.json"));
    let published = std::fs::read(file("alice")).unwrap();
    for name in ["alice", "bob"] {
        let bytes = std::fs::read(file(name)).unwrap();
        world.agm.remove_agent(&actor(), &AgentId::parse(name).unwrap(), None, false).await.unwrap();
        assert!(!file(name).exists());
        // As if agm had died between the revision and this.
        std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
        std::fs::write(file(name), bytes).unwrap();
    }
    // Somebody has put something else into Bob's, and agm never knew Dave.
    std::fs::write(file("bob"), "{\"model\": \"by hand\"}").unwrap();
    std::fs::create_dir_all(file("dave").parent().unwrap()).unwrap();
    std::fs::write(file("dave"), &published).unwrap();
    // Something is written after the crash, too.
    world.agent("erin").await;
    world.agm.shutdown(Duration::from_secs(5)).await;

    let agm = Agm::start(settings_at(world.dir.path())).await.unwrap();
    let left: Vec<&str> = ["alice", "bob", "carol", "dave"].into_iter().filter(|name| file(name).exists()).collect();
    assert_eq!(left, ["bob", "carol", "dave"]);
    assert!(agm.assignment(&AgentId::parse("carol").unwrap()).is_ok());
}
