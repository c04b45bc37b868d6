//! A planted key is nowhere but in the sealed store.

use agm_domain::agent::AgentId;
use agm_domain::secret::Secret;
use agm_ops::{KeyChange, NewAgent, ProviderPatch, TestRequest};
use agm_testkit::secrets::PlantedKey;
use serde_json::json;

use crate::switches::{request, switch};
use crate::world::{World, actor, new_provider, script};

#[tokio::test]
async fn a_planted_key_shows_nowhere() {
    let (first, second, wrong) = (PlantedKey::generate("sk-"), PlantedKey::generate("sk-"), PlantedKey::generate("sk-"));
    let world = World::of(vec![script("one").keys([first.value(), second.value()]).echo_key()]).await;
    let (_, mut events) = world.agm.events().subscribe(None);
    let agm = &world.agm;
    let mut seen: Vec<String> = Vec::new();
    let add = new_provider("mine", "deepseek", first.value(), &world.vendors[0]);
    seen.push(serde_json::to_string(&agm.add_provider(&actor(), &add, true).await.unwrap()).unwrap());
    let added = agm.add_provider(&actor(), &add, false).await.unwrap();
    seen.push(format!("{added:?}"));
    seen.push(serde_json::to_string(&added).unwrap());
    let wrong_form = new_provider("other", "deepseek", wrong.value(), &world.vendors[0]);
    let test = TestRequest { provider: None, unsaved: Some(wrong_form), model: None };
    seen.push(format!("{test:?}"));
    let tested = agm.test_provider(&test).await.unwrap();
    seen.push(serde_json::to_string(&tested).unwrap());
    seen.push(format!("{:?}", tested.into_result().unwrap_err()));
    let refused = KeyChange { add: vec![Secret::from(wrong.value())], ..KeyChange::default() };
    let error = agm.rotate_key(&actor(), "mine", refused, None, false).await.unwrap_err();
    seen.push(format!("{error} {error:?}"));
    let change = KeyChange { replace: Some(vec![Secret::from(second.value())]), ..KeyChange::default() };
    seen.push(serde_json::to_string(&agm.rotate_key(&actor(), "mine", change, None, false).await.unwrap()).unwrap());
    let patch: ProviderPatch = serde_json::from_value(json!({ "fields": { "firstByteTimeout": 5 } })).unwrap();
    seen.push(serde_json::to_string(&agm.edit_provider(&actor(), "mine", patch, None, false).await.unwrap()).unwrap());
    seen.push(serde_json::to_string(&(agm.providers(), agm.routes(), agm.models())).unwrap());
    seen.push(serde_json::to_string(&agm.audit_log(None, 100).await.unwrap()).unwrap());
    seen.push(serde_json::to_string(&agm.remove_provider(&actor(), "mine", None, true).await.unwrap()).unwrap());
    while let Ok(event) = events.try_recv() {
        seen.push(serde_json::to_string(&event).unwrap());
    }
    assert!(seen.len() > 15, "events came, too: {}", seen.len());
    for key in [&first, &second, &wrong] {
        for text in &seen {
            key.assert_absent("what agm answers and tells", text);
        }
        let leaks = key.sweep_dir(world.dir.path(), &[]).unwrap();
        assert!(leaks.is_empty(), "on disk: {leaks:?}");
    }
}

#[tokio::test]
async fn a_key_is_not_given_out_unless_that_is_taken_down() {
    let world = World::of(vec![script("one")]).await;
    world.agent("alice").await;
    let alice = AgentId::parse("worker:alice").unwrap();
    assert!(world.agm.agent_key(&actor(), &alice).await.is_ok());
    let entries = world.agm.audit_log(None, 10).await.unwrap();
    assert_eq!((entries[0].action.as_str(), entries[0].subject.as_str()), ("agent.key", "worker:alice"));
    // A file where the log's directory should be: nothing can be written there.
    let log = world.dir.path().join("agm/audit");
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::write(&log, "").unwrap();
    assert!(world.agm.agent_key(&actor(), &alice).await.is_err());
}

#[test]
fn an_agent_s_own_key_is_no_part_of_what_is_logged_of_a_request() {
    let key = PlantedKey::generate("agm-");
    let new: NewAgent = serde_json::from_value(json!({ "name": "alice", "key": key.value() })).unwrap();
    key.assert_absent("a request's debug form", format!("{new:?}"));
}

/// The vendor's key and the agent's key, through switches that succeed and fail, their plans, journals, evidence, backups and restores.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_tells_no_key_either() {
    let (vendor_key, agent_key) = (PlantedKey::generate("sk-"), PlantedKey::generate("agm-"));
    let world = World::of(vec![script("one").key(vendor_key.value()), script("two").key(vendor_key.value()).echo_key()]).await;
    let (_, mut events) = world.agm.events().subscribe(None);
    for (name, kind, vendor) in [("alpha", "qwen", 0), ("beta", "openrouter", 1)] {
        let new = new_provider(name, kind, vendor_key.value(), &world.vendors[vendor]);
        world.agm.add_provider(&actor(), &new, false).await.unwrap();
    }
    let config = world.dir.path().join("openclaw.json");
    std::fs::write(&config, "{ agents: { defaults: {} } }").unwrap();
    let new = json!({ "name": "alice", "key": agent_key.value(), "config": config });
    world.agm.add_agent(&actor(), serde_json::from_value(new).unwrap(), false).await.unwrap();
    let mut seen = vec![serde_json::to_string(&world.agm.plan_switch(&request("alice", "beta", "m")).await.unwrap()).unwrap()];
    for (provider, breaks) in [("beta", false), ("alpha", false), ("beta", true)] {
        if breaks {
            // From now on it refuses the key, and quotes it.
            world.vendors[1].update(|s| *s = script("two").key("another").echo_key());
        }
        let report = switch(&world, request("alice", provider, "m")).await;
        assert_eq!(report.error().is_some(), breaks, "{report:#?}");
        seen.push(format!("{report:?} {}", serde_json::to_string(&report).unwrap()));
        seen.push(report.error().map(|error| format!("{error} {error:?}")).unwrap_or_default());
    }
    let restored = world.agm.restore_backup(&actor(), 4, &agm_ops::RestoreRequest::default(), false).await.unwrap();
    seen.push(serde_json::to_string(&restored).unwrap());
    for backup in world.agm.backups(None, 50).await.unwrap() {
        seen.push(serde_json::to_string(&world.agm.backup(backup.id).await.unwrap()).unwrap());
        seen.push(serde_json::to_string(&world.agm.backup_diff(backup.id, None).await.unwrap()).unwrap());
    }
    seen.push(serde_json::to_string(&(world.agm.agents(), world.agm.status(), world.agm.requests(0, 100))).unwrap());
    while let Ok(event) = events.try_recv() {
        seen.push(serde_json::to_string(&event).unwrap());
    }
    world.agm.shutdown(std::time::Duration::from_secs(5)).await;
    for key in [&vendor_key, &agent_key] {
        for text in &seen {
            key.assert_absent("what agm answers and tells", text);
        }
        // The agent's own file is where its key belongs.
        let leaks = key.sweep_dir(world.dir.path(), &[&config]).unwrap();
        assert!(leaks.is_empty(), "on disk: {leaks:?}");
    }
}
