//! Others who change something while a switch is under way.

use std::time::Duration;

use agm_domain::code::Code;
use agm_domain::name::RouteName;
use agm_domain::switch::{Step, StepState, SwitchState};
use agm_ops::{RouteEdit, Seen};
use agm_simvendor::{Behaviour, On};

use crate::switches::{request, switch, team};
use crate::world::{KEY, actor, script};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_is_no_state_in_the_middle_of_another_switch() {
    let world = team().await;
    let settled = world.revision();
    world.vendors[1].update(|s| {
        *s = script("two").key(KEY).then_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(1500)));
    });
    let id = world.agm.start_switch(&actor(), request("alice", "beta", "m")).await.unwrap();
    world.vendors[1].wait_for_count(4).await;
    assert!(world.agm.current().head.passing);
    let bob = switch(&world, request("bob", "alpha", "n")).await;
    assert_eq!((bob.state, bob.snapshot), (SwitchState::Done, Some(settled)), "{bob:#?}");
    assert_eq!(world.agm.wait_for_switch(&id, PATIENCE).await.unwrap().state, SwitchState::Done);
}

/// A model that an admin lists on a route while the switch that brought it there is still trying.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_lists_meanwhile_stays() {
    for route_exists in [true, false] {
        let world = team().await;
        if route_exists {
            assert_eq!(switch(&world, request("bob", "beta", "other")).await.state, SwitchState::Done);
        }
        let asked = world.vendors[1].request_count();
        world.vendors[1].update(|s| {
            *s = script("two").key(KEY).then_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_secs(10)));
        });
        let id = world.agm.start_switch(&actor(), request("alice", "beta", "x")).await.unwrap();
        world.vendors[1].wait_for_count(asked + 4).await;
        let edit: RouteEdit = serde_json::from_value(serde_json::json!({ "models": ["x"] })).unwrap();
        world.agm.put_route(&actor(), "beta-ai-route", &edit, &Seen::default(), false).await.unwrap();
        let report = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
        assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
        let route = world.agm.current().document.routes["beta-ai-route"].clone();
        assert!(route.names_model("x"), "{route:#?}");
        assert!(report.left.iter().any(|left| left.contains("lists `x`")), "{:?}", report.left);
    }
}

/// What comes in between the plan and its turn fails the step that could not begin.
#[tokio::test(flavor = "multi_thread")]
async fn the_step_that_could_not_begin_is_the_one_that_failed() {
    let world = team().await;
    let asked = world.vendors[1].request_count();
    world.vendors[1].update(|s| *s = script("two").key(KEY).always(Behaviour::SlowFirstByte(Duration::from_millis(500))));
    let id = world.agm.start_switch(&actor(), request("alice", "beta", "x")).await.unwrap();
    // Asked directly, then on the temporary route.
    world.vendors[1].wait_for_count(asked + 2).await;
    let edit = serde_json::json!({ "upstreams": [{ "provider": "alpha", "weight": 100 }], "models": ["x"] });
    let edit: RouteEdit = serde_json::from_value(edit).unwrap();
    world.agm.put_route(&actor(), "mine", &edit, &Seen::default(), false).await.unwrap();
    let report = world.agm.wait_for_switch(&id, PATIENCE).await.unwrap();
    assert_eq!(report.state, SwitchState::RolledBack, "{report:#?}");
    let failed: Vec<Step> = report.steps.iter().filter(|s| s.state == StepState::Failed).map(|s| s.step).collect();
    assert_eq!(failed, [Step::Route], "{report:#?}");
    let why = &report.steps.iter().find(|s| s.step == Step::Route).unwrap().sentence;
    assert!(why.contains("mine"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_default_route_leaves_no_strays_while_it_runs() {
    let world = team().await;
    world.run_on("alice", "alpha", "m").await;
    world.run_on("manager", "beta", "m2").await;
    world.vendors[1].update(|s| {
        *s = script("two").key(KEY).then_on(On::Streaming(true), Behaviour::SlowFirstByte(Duration::from_millis(500)));
    });
    let asked = world.vendors[1].request_count();
    let looking = async {
        // Asked directly, then on a temporary route, then streaming there.
        world.vendors[1].wait_for_count(asked + 3).await;
        let status = world.agm.status();
        assert!(world.agm.current().document.routes.keys().any(RouteName::is_probe));
        assert!(status.findings.iter().all(|f| f.diagnostic.code != Code::StrayProbeRoute), "{:?}", status.findings);
    };
    let actor = actor();
    let (set, ()) = tokio::join!(world.agm.set_default(&actor, "beta", None, false), looking);
    set.unwrap();
}
