//! Many clients at once: no lost update, no deadlock, one order.
//!
//! `AGM_CROWD_ROUNDS` is how often each of them switches (3), `AGM_CROWD_SEED` who gets what.

use std::time::Duration;

use agm_domain::calling_point::CallingPoint;
use agm_domain::code::Code;
use agm_domain::switch::SwitchState;
use agm_domain::table::Table;

use crate::switches::request;
use crate::world::{World, actor};

const CLIENTS: usize = 16;
const AGENTS: usize = 5;
const MODELS: [(&str, &str); 6] = [("alpha", "a1"), ("alpha", "a2"), ("beta", "b1"), ("beta", "b2"), ("alpha", "both"), ("beta", "both")];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_clients_switch_the_same_and_different_agents() {
    let number = |name: &str, default: usize| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (rounds, seed) = (number("AGM_CROWD_ROUNDS", 3), number("AGM_CROWD_SEED", 0));
    println!("AGM_CROWD_ROUNDS={rounds} AGM_CROWD_SEED={seed}");
    let world = World::with(2).await;
    world.provider("alpha", "qwen", 0).await;
    world.provider("beta", "openrouter", 1).await;
    for agent in 0..AGENTS {
        world.agent(&format!("w{agent}")).await;
    }
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let agm = world.agm.clone();
        clients.spawn(async move {
            let mut done = 0;
            for round in 0..rounds {
                let (provider, model) = MODELS[(client * 7 + round * 5 + seed) % MODELS.len()];
                let target = format!("w{}", (client + round + seed / MODELS.len()) % AGENTS);
                let id = match agm.start_switch(&actor(), request(&target, provider, model)).await {
                    Ok(id) => id,
                    Err(error) => {
                        assert_eq!(error.code, Code::RouteConflict, "{error}");
                        continue;
                    }
                };
                let report = agm.wait_for_switch(&id, Duration::from_mins(2)).await.unwrap();
                match report.state {
                    SwitchState::Done => done += 1,
                    SwitchState::Failed | SwitchState::RolledBack => {
                        let error = report.error().unwrap();
                        assert_eq!(error.code, Code::RouteConflict, "{report:#?}");
                    }
                    other => panic!("{other:?}: {report:#?}"),
                }
            }
            done
        });
    }
    let done: usize = clients.join_all().await.into_iter().sum();
    assert!(done > 0, "not one switch came through");
    no_half_done_work(&world).await;
}

/// Every agent reaches what it is assigned, and the log is one unbroken line.
async fn no_half_done_work(world: &World) {
    let current = world.agm.current();
    assert!(current.document.routes.keys().all(|r| !r.is_probe()));
    let (table, _) = Table::compile(&current.document);
    for (id, assignment) in &current.document.assignments {
        let reach = table.reach(&CallingPoint::below(&world.agm.gateway_url()), &current.document.agents[id].consumer, &assignment.model);
        assert_eq!(reach.only_provider(), Some(&assignment.provider), "{id}: {reach:?}");
        let file = std::fs::read(world.dir.path().join(format!("agents/{}/model.json", id.name()))).unwrap();
        assert_eq!(serde_json::from_slice::<agm_domain::assignment::Assignment>(&file).unwrap(), *assignment, "{id}");
    }
    let heads = world.agm.backups(None, 500).await.unwrap();
    assert!(heads.windows(2).all(|w| w[0].id == w[1].id + 1), "numbers without a gap");
    // Whoever was told "done" last for an agent is what the agent has.
    for id in current.document.assignments.keys() {
        let switches = world.agm.switches(None, 500).await.unwrap();
        let member = |s: &agm_ops::SwitchReport| s.members.iter().find(|m| m.agent == *id).map(|m| m.to.clone());
        let done = switches.iter().filter(|s| s.state == SwitchState::Done && member(s).is_some());
        let last = done.max_by_key(|s| s.ended_at.clone()).and_then(member).unwrap();
        assert!(last.same_wish(&current.document.assignments[id]), "{id}: {last:?}");
    }
}
