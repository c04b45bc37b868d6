//! Routes: shown, explained and changed.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_ops::{ExplainRequest, Fault, RouteEdit, Seen};
use serde_json::{Value, json};

use crate::world::{World, actor};

pub(crate) fn edit(value: Value) -> RouteEdit {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn ask(model: &str, caller: Option<&str>) -> ExplainRequest {
    ExplainRequest { model: model.to_owned(), caller: caller.map(str::to_owned) }
}

/// Two providers; Alice runs on the second.
pub(crate) async fn two() -> World {
    let world = World::with(2).await;
    world.provider("first", "openai", 0).await;
    world.provider("second", "deepseek", 1).await;
    world.run_on("worker:alice", "second", "deepseek-chat").await;
    world
}

#[tokio::test]
async fn explained_in_a_sentence_and_route_by_route() {
    let world = two().await;
    let taken = world.agm.explain(&ask("deepseek-chat", Some("worker:alice"))).unwrap();
    assert_eq!((taken.caller.as_str(), taken.route.as_deref(), taken.allowed), ("worker-alice", Some("second-ai-route"), true));
    assert_eq!(taken.upstreams.iter().map(|u| (u.provider.as_str(), u.weight)).collect::<Vec<_>>(), [("second", 100)]);
    let verdicts: Vec<_> = taken.considered.iter().map(|c| (c.route.as_str(), c.verdict.as_str())).collect();
    assert_eq!(verdicts, [("second-ai-route", "taken"), ("default-ai-route", "lower-precedence")]);
    let other = world.agm.explain(&ask("anything", None)).unwrap();
    assert_eq!(other.route.as_deref(), Some("default-ai-route"));
    assert_eq!(other.sentence, "`default-ai-route` takes `anything` because no other route takes it, and sends it to `first`.");
    assert_eq!(world.agm.explain(&ask("x", Some("nobody"))).unwrap_err().code, Code::ConsumerNotFound);
    assert_eq!(world.agm.explain(&ask("", None)).unwrap_err().code, Code::InvalidModel);
    let order: Vec<String> = world.agm.routes().into_iter().map(|r| r.name).collect();
    assert_eq!(order, ["second-ai-route", "default-ai-route"], "in the order in which they are tried");
}

#[tokio::test]
async fn an_edit_keeps_what_it_does_not_name() {
    let world = two().await;
    let before = world.agm.route("second-ai-route").unwrap();
    let mapping = json!({ "upstreams": [{ "provider": "second", "modelMapping": { "deepseek-fast": "deepseek-chat" } }] });
    let changed = world.agm.put_route(&actor(), "second-ai-route", &edit(mapping), &Seen::tag(&before.etag), false).await.unwrap();
    let pointers: Vec<&str> = changed.changes.iter().flat_map(|c| &c.members).map(|m| m.pointer.as_str()).collect();
    assert_eq!(pointers, ["/upstreams/0/modelMapping/deepseek-fast"]);
    assert_eq!((changed.created, changed.route.created_at.clone()), (false, before.created_at.clone()), "age decides between routes");
    assert_eq!(world.agm.explain(&ask("deepseek-fast", None)).unwrap().upstreams[0].model, "deepseek-chat");
    let stale = world.agm.put_route(&actor(), "second-ai-route", &RouteEdit::default(), &Seen::tag(&before.etag), false).await.unwrap_err();
    assert_eq!((stale.fault, stale.code), (Fault::Stale, Code::VersionConflict));
    let nothing = world.agm.put_route(&actor(), "second-ai-route", &RouteEdit::default(), &Seen::Anything, false).await.unwrap();
    assert_eq!((nothing.changes.len(), nothing.revision), (0, None));
}

#[tokio::test]
async fn listed_models_come_and_go_with_their_predicates() {
    let world = two().await;
    let ids = |world: &World| -> Vec<String> {
        world.agm.route("second-ai-route").unwrap().model_predicates.into_iter().map(|p| p.match_value).collect()
    };
    let before = ids(&world);
    let list = |models: &[&str]| edit(json!({ "models": models }));
    world.agm.put_route(&actor(), "second-ai-route", &list(&["special-1", "deepseek-v9"]), &Seen::Anything, false).await.unwrap();
    assert_eq!(ids(&world), [before.clone(), vec!["special-1".to_owned()]].concat(), "what a prefix takes needs no predicate");
    world.agm.put_route(&actor(), "second-ai-route", &list(&[]), &Seen::Anything, false).await.unwrap();
    assert_eq!(ids(&world), before);
    world.agm.put_route(&actor(), "default-ai-route", &list(&["gpt-4o"]), &Seen::Anything, false).await.unwrap();
    assert_eq!(world.agm.route("default-ai-route").unwrap().model_predicates, [], "the catch-all stays one");
}

#[tokio::test]
async fn nobody_is_moved_by_an_edit() {
    let world = two().await;
    let before = world.revision();
    let cases = [
        ("second-ai-route", json!({ "upstreams": [{ "provider": "first" }] })),
        ("second-ai-route", json!({ "modelPredicates": [{ "matchType": "EQUAL", "matchValue": "other" }] })),
        ("second-ai-route", json!({ "auth": { "consumers": ["manager"] } })),
        (
            "thief",
            json!({ "upstreams": [{ "provider": "first" }], "path": "/v1/chat/completions",
            "modelPredicates": [{ "matchType": "EQUAL", "matchValue": "deepseek-chat" }] }),
        ),
    ];
    for (route, change) in cases {
        let error = world.agm.put_route(&actor(), route, &edit(change.clone()), &Seen::Anything, false).await.unwrap_err();
        assert_eq!((error.fault, error.code), (Fault::Conflict, Code::RouteConflict), "{change}: {error}");
        assert_eq!(error.details["moved"][0]["agent"], "worker:alice", "{change}");
    }
    let error = world.agm.delete_route(&actor(), "second-ai-route", None, false).await.unwrap_err();
    assert_eq!(error.code, Code::RouteConflict);
    let error = world.agm.delete_route(&actor(), "default-ai-route", None, false).await.unwrap_err();
    assert_eq!(error.code, Code::RouteConflict);
    assert_eq!(world.revision(), before);
}

#[tokio::test]
async fn what_the_console_or_good_sense_refuses_is_refused() {
    let world = two().await;
    let before = world.revision();
    let cases = [
        (
            "mix",
            json!({ "upstreams": [{ "provider": "first", "weight": 60 }, { "provider": "second", "weight": 60 }] }),
            Code::ValidationFailed,
        ),
        ("mix", json!({ "upstreams": [{ "provider": "nobody" }], "models": ["m"] }), Code::UnknownProvider),
        ("mix", json!({ "models": ["m"] }), Code::ValidationFailed),
        ("mix", json!({ "upstreams": [{ "provider": "first" }], "path": "v1", "models": ["m"] }), Code::ValidationFailed),
        ("mix", json!({ "upstreams": [{ "provider": "first" }] }), Code::RouteConflict),
        (
            "mix",
            json!({ "upstreams": [{ "provider": "first" }], "modelPredicates": [{ "matchType": "PRE", "matchValue": "deep" }] }),
            Code::PredicatesOverlap,
        ),
        (
            "mix",
            json!({ "upstreams": [{ "provider": "first" }], "models": ["m"], "auth": { "consumers": ["ghost"] } }),
            Code::ConsumerNotFound,
        ),
        (
            "mix",
            json!({ "upstreams": [{ "provider": "first" }], "models": ["m"], "fallback": { "strategy": "MAYBE", "upstreams": [] } }),
            Code::ValidationFailed,
        ),
        (
            "mix",
            json!({ "upstreams": [{ "provider": "first" }], "models": ["m"], "headerControl": { "request": 7 } }),
            Code::ValidationFailed,
        ),
        ("Not/A/Name", json!({ "upstreams": [{ "provider": "first" }], "models": ["m"] }), Code::InvalidName),
        ("agm-probe-x", json!({ "upstreams": [{ "provider": "first" }], "models": ["m"] }), Code::InvalidName),
        (
            "default-ai-route",
            json!({ "models": [], "modelPredicates": [{ "matchType": "EQUAL", "matchValue": "m" }] }),
            Code::RouteConflict,
        ),
    ];
    for (route, change, code) in cases {
        let error = world.agm.put_route(&actor(), route, &edit(change.clone()), &Seen::Anything, false).await.unwrap_err();
        assert_eq!(error.code, code, "{change}: {error}");
    }
    assert_eq!(
        world.agm.put_route(&actor(), "mix", &RouteEdit::default(), &Seen::tag("abc"), false).await.unwrap_err().code,
        Code::RouteNotFound
    );
    assert_eq!(world.revision(), before);
}

#[tokio::test]
async fn a_route_of_ones_own_with_fallback_and_headers() {
    let world = two().await;
    let change = json!({
        "upstreams": [{ "provider": "first", "weight": 70 }, { "provider": "second", "weight": 30, "modelMapping": { "*": "deepseek-chat" } }],
        "models": ["team-model"],
        "fallback": { "upstreams": [{ "provider": "second" }] },
        "headerControl": { "enabled": true, "request": { "set": [{ "key": "x-api-key", "value": "hush-0123456789abcdefghij" }], "add": [], "remove": [] } }
    });
    let plan = world.agm.put_route(&actor(), "mix", &edit(change.clone()), &Seen::Anything, true).await.unwrap();
    assert!(plan.created && plan.revision.is_none() && world.agm.route("mix").is_err());
    let made = world.agm.put_route(&actor(), "mix", &edit(change), &Seen::Anything, false).await.unwrap();
    let route = made.route;
    assert_eq!((route.managed, route.models.as_slice(), route.auth.enabled), (false, ["team-model".to_owned()].as_slice(), true));
    let fallback = route.fallback.unwrap();
    assert_eq!((fallback.strategy.as_str(), fallback.response_codes.as_slice()), ("RAND", ["5xx".to_owned()].as_slice()));
    let shown = route.header_control.unwrap();
    assert_eq!(shown["request"]["set"][0]["value"], "hus…ghij");
    // What was shown may come back: it means the value that is stored.
    let back = world.agm.put_route(&actor(), "mix", &edit(json!({ "headerControl": shown })), &Seen::Anything, false).await.unwrap();
    assert_eq!(back.changes, []);
    let cleared = world
        .agm
        .put_route(&actor(), "mix", &edit(json!({ "headerControl": null, "fallback": null })), &Seen::Anything, false)
        .await
        .unwrap();
    assert_eq!((cleared.route.header_control, cleared.route.fallback), (None, None));
    let gone = world.agm.delete_route(&actor(), "mix", Some(&cleared.route.etag), false).await.unwrap();
    assert_eq!(gone.changes.len(), 1);
}

#[tokio::test]
async fn an_assignment_is_removed_only_as_it_was_seen() {
    let world = two().await;
    world.run_on("manager", "first", "gpt-4o").await;
    let manager = AgentId::Manager;
    let tag = agm_ops::assignment_etag(&world.agm.assignment(&manager).unwrap());
    let error = world.agm.unassign(&actor(), &manager, Some("stale")).await.unwrap_err();
    assert_eq!(error.code, Code::VersionConflict);
    world.agm.unassign(&actor(), &manager, Some(&tag)).await.unwrap();
    assert_eq!(world.agm.assignment(&manager).unwrap_err().code, Code::AssignmentNotFound);
}

#[tokio::test]
async fn a_masked_value_stands_for_the_one_in_the_same_place_only() {
    let world = two().await;
    let (first, second) = ("hush-0123456789abcdefghij", "hush-9876543210zyxwvughij");
    let header = |value: &str| json!({ "key": "X-Auth", "value": value });
    let control = |request: Value, response: Value| json!({ "headerControl": { "enabled": true, "request": { "set": request }, "response": { "set": response } } });
    let put = async |change: Value| world.agm.put_route(&actor(), "second-ai-route", &edit(change), &Seen::Anything, false).await;
    let made = put(control(json!([header(first), header(second), { "key": "x-team", "value": "blue" }]), json!([]))).await.unwrap();
    let shown = made.route.header_control.unwrap();
    let mask = shown["request"]["set"][0]["value"].clone();
    assert_eq!((&mask, &shown["request"]["set"][2]["value"]), (&json!("hus…ghij"), &json!("blue")));
    assert_eq!(put(json!({ "headerControl": shown })).await.unwrap().changes, []);
    // Both have this mask; nothing says which one is meant.
    let team = json!({ "key": "x-team", "value": "blue" });
    let ambiguous = control(json!([team, team, header("hus…ghij")]), json!([]));
    assert_eq!(put(ambiguous).await.unwrap_err().fault, Fault::Invalid);
    // A mask in the answer's headers would send the secret to whoever asks.
    let moved = control(json!([header(first), header(second)]), json!([header("hus…ghij")]));
    let error = put(moved).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Invalid, Code::ValidationFailed));
    let stored = world.agm.current().document.routes["second-ai-route"].header_control.clone().unwrap();
    let values: Vec<_> = stored.request.unwrap().set.into_iter().map(|h| h.value).collect();
    assert_eq!(values, [first, second, "blue"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_repeated() {
    let world = two().await;
    let hush = "hush-0123456789abcdefghij";
    let change = edit(json!({ "headerControl": { "request": { "set": hush } } }));
    let error = world.agm.put_route(&actor(), "second-ai-route", &change, &Seen::Anything, false).await.unwrap_err();
    assert!(!format!("{error:?}").contains("0123456789"), "{error:?}");
    let patch: agm_ops::ProviderPatch = serde_json::from_value(json!({ "failover": { "failureThreshold": hush } })).unwrap();
    let error = world.agm.edit_provider(&actor(), "second", patch, None, false).await.unwrap_err();
    assert!(!format!("{error:?}").contains("0123456789"), "{error:?}");
    let secret = json!({ "headerControl": { "request": { "set": [{ "key": "Authorization", "value": hush }] } } });
    let fields: agm_ops::ProviderPatch = serde_json::from_value(json!({ "fields": { "awsSecretKey": hush } })).unwrap();
    assert!(!format!("{:?} {fields:?}", edit(secret)).contains("0123456789"));
}

#[tokio::test]
async fn the_hinted_alias_works() {
    let world = two().await;
    world.provider("router", "openrouter", 0).await;
    let wish: agm_ops::SwitchRequest =
        serde_json::from_value(json!({ "targets": ["manager"], "provider": "router", "model": "deepseek-chat" })).unwrap();
    let refused = world.agm.plan_switch(&wish).await.unwrap_err();
    let hint = format!("{:?} {:?}", refused.hint, refused.details);
    let command = "agm route set router-ai-route --map router.deepseek-chat=deepseek-chat --model router.deepseek-chat";
    assert!(hint.contains(command), "{hint}");
    // What the command sends; the provider has no route yet.
    let change = |alias: &str| edit(json!({ "modelMapping": { alias: "deepseek-chat" }, "models": [alias] }));
    let made = world.agm.put_route(&actor(), "router-ai-route", &change("router.deepseek-chat"), &Seen::Anything, false).await.unwrap();
    assert!(made.created && made.route.managed, "it is the route that hybrid routing would make");
    let goes = world.agm.explain(&ask("router.deepseek-chat", None)).unwrap();
    assert_eq!((goes.upstreams[0].provider.as_str(), goes.upstreams[0].model.as_str()), ("router", "deepseek-chat"));
    world.run_on("manager", "router", "router.deepseek-chat").await;
    // A route that is there keeps what it maps already.
    let more = edit(json!({ "modelMapping": { "second.m": "m", "router.deepseek-chat": null } }));
    let changed = world.agm.put_route(&actor(), "router-ai-route", &more, &Seen::Anything, true).await.unwrap();
    assert_eq!(changed.route.upstreams[0].model_mapping, *json!({ "second.m": "m" }).as_object().unwrap());
    assert_eq!(changed.notes.len(), 1, "the Manager's model would be another one: {:?}", changed.notes);
    // The default owner's aliases are on the default route.
    let change = edit(json!({ "modelMapping": { "first.kimi": "kimi" }, "models": ["first.kimi"] }));
    world.agm.put_route(&actor(), "default-ai-route", &change, &Seen::Anything, false).await.unwrap();
    assert_eq!(world.agm.explain(&ask("first.kimi", None)).unwrap().upstreams[0].model, "kimi");
    let several = json!({ "upstreams": [{ "provider": "first", "weight": 50 }, { "provider": "second", "weight": 50 }], "models": ["x"], "modelMapping": { "x": "y" } });
    let error = world.agm.put_route(&actor(), "mix", &edit(several), &Seen::Anything, false).await.unwrap_err();
    assert_eq!((error.code, error.fault), (Code::ValidationFailed, Fault::Invalid));
}

#[tokio::test]
async fn what_is_wrong_is_found_and_mended() {
    let world = two().await;
    assert_eq!(world.agm.route_findings(), []);
    let extra = json!({ "modelPredicates": [{ "matchType": "PRE", "matchValue": "deepseek-" }, { "matchType": "EQUAL", "matchValue": "unused-1" }] });
    world.agm.put_route(&actor(), "second-ai-route", &edit(extra), &Seen::Anything, false).await.unwrap();
    let found = world.agm.route_findings();
    assert_eq!(
        found.iter().map(|f| (f.route.as_str(), f.diagnostic.code, f.repairable)).collect::<Vec<_>>(),
        [("second-ai-route", Code::PredicateUnused, true)]
    );
    assert_eq!(world.agm.route("second-ai-route").unwrap().findings.len(), 1);
    let plan = world.agm.repair_routes(&actor(), true).await.unwrap();
    assert_eq!((plan.changes.len(), plan.revision, world.agm.route_findings().len()), (1, None, 1));
    world.agm.repair_routes(&actor(), false).await.unwrap();
    assert_eq!(world.agm.route_findings(), []);
    let nothing = world.agm.repair_routes(&actor(), false).await.unwrap();
    assert_eq!((nothing.changes.len(), nothing.revision), (0, None));
}
