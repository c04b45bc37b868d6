//! Where agents call decides: a route that answers elsewhere takes nobody's requests, and nothing says that it does.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::evidence::{Level, Verdict};
use agm_domain::route::Predicate;
use agm_ops::{Fault, Seen, SwitchRequest};
use serde_json::json;

use crate::routes::{ask, edit};
use crate::world::{World, actor, script};

/// One provider, and the Manager on it.
async fn one() -> World {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    world.run_on("manager", "only", "demo").await;
    world
}

#[tokio::test]
async fn an_edit_that_takes_the_route_away_from_its_callers_is_refused() {
    let world = one().await;
    let before = world.revision();
    for change in [json!({ "domains": ["foo.example"] }), json!({ "path": "/v2" })] {
        let error = world.agm.put_route(&actor(), "default-ai-route", &edit(change.clone()), &Seen::Anything, false).await.unwrap_err();
        assert_eq!((error.fault, error.code), (Fault::Conflict, Code::RouteConflict), "{change}: {error}");
        let moved = json!([{ "agent": "manager", "model": "demo", "from": "only", "to": null }]);
        assert_eq!(error.details["moved"], moved, "{change}");
        assert!(error.message.contains("nowhere"), "{error}");
    }
    assert_eq!(world.revision(), before);
}

#[tokio::test]
async fn a_route_that_answers_elsewhere_proves_nothing() {
    for (domain, path) in [("foo.example", "/v1"), ("", "/v2")] {
        let world = one().await;
        world
            .elsewhere(|document| {
                let route = document.routes.get_mut("default-ai-route").unwrap();
                route.domains = Some(domain).filter(|d| !d.is_empty()).map(str::to_owned).into_iter().collect();
                route.path_predicate = Some(Predicate::path(path));
            })
            .await;
        let explained = world.agm.explain(&ask("demo", None)).unwrap();
        assert_eq!((explained.route, explained.upstreams.len()), (None, 0), "{domain}{path}: {}", explained.sentence);
        let evidence = world.agm.check_agent(&AgentId::Manager, true).await.unwrap();
        assert_eq!(evidence.verdict(Level::Routable), Verdict::Contradicted, "{evidence:?}");
        assert_eq!(evidence.verdict(Level::Reachable), Verdict::Contradicted, "{evidence:?}");
        let request = json!({ "targets": ["manager"], "provider": "only", "model": "demo-2" });
        let request: SwitchRequest = serde_json::from_value(request).unwrap();
        let error = world.agm.start_switch(&actor(), request).await.unwrap_err();
        assert_eq!(error.code, Code::RouteConflict, "{error}");
        assert!(error.message.contains("127.0.0.1/v1/chat/completions"), "{error}");
        // And the way back is open.
        let back = edit(json!({ "domains": [], "path": "/v1" }));
        world.agm.put_route(&actor(), "default-ai-route", &back, &Seen::Anything, false).await.unwrap();
        let evidence = world.agm.check_agent(&AgentId::Manager, true).await.unwrap();
        assert_eq!(evidence.verdict(Level::Reachable), Verdict::Proven, "{evidence:?}");
    }
}

#[tokio::test]
async fn the_host_of_the_gateways_url_counts() {
    let url = Some("http://Foo.example:8443/llm/".to_owned());
    let world = World::set(vec![script("one").key(crate::world::KEY)], |settings| settings.gateway_url = url).await;
    world.provider("only", "openai", 0).await;
    let route = edit(json!({ "domains": ["foo.example"], "path": "/llm" }));
    world.agm.put_route(&actor(), "default-ai-route", &route, &Seen::Anything, false).await.unwrap();
    world.run_on("manager", "only", "demo").await;
    let evidence = world.agm.check_agent(&AgentId::Manager, true).await.unwrap();
    assert_eq!(evidence.verdict(Level::Reachable), Verdict::Proven, "{evidence:?}");
    let away = edit(json!({ "domains": ["bar.example"] }));
    let error = world.agm.put_route(&actor(), "default-ai-route", &away, &Seen::Anything, false).await.unwrap_err();
    assert_eq!(error.code, Code::RouteConflict, "{error}");
}
