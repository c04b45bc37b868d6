//! What is given is taken as it is, or refused with a word on what is wrong with it.

use std::net::Ipv4Addr;

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_ops::{Access, AccessSettings, AdminCredentials, Agm, ManagerAccess, NewAgent, OpError, Seen, SwitchRequest};
use agm_testkit::dir::DataDir;
use serde_json::json;

use crate::routes::edit;
use crate::world::{World, actor, settings};

fn pointers(error: &OpError) -> Vec<String> {
    let found = error.details["diagnostics"].as_array().cloned().unwrap_or_default();
    found.iter().map(|d| d["pointer"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_gateway_key_that_could_be_guessed_or_sent_by_nobody_is_refused() {
    let world = World::with(1).await;
    for key in ["a", "0123456789abcdef012", "with space in it 0123456789", "größer-als-zwanzig-zeichen"] {
        let new: NewAgent = serde_json::from_value(json!({ "name": "w", "key": key })).unwrap();
        let error = world.agm.add_agent(&actor(), new, false).await.unwrap_err();
        assert_eq!((error.code, pointers(&error)), (Code::ValidationFailed, vec!["/key".to_owned()]), "{key}: {error}");
        assert!(!error.to_string().contains(key) || key.len() < 3, "{error}");
    }
    let new: NewAgent = serde_json::from_value(json!({ "name": "w", "key": "0123456789abcdef0123" })).unwrap();
    world.agm.add_agent(&actor(), new, false).await.unwrap();

    let dir = DataDir::new("ops").unwrap();
    let weak = agm_ops::Settings { manager_key: Some(Secret::from("a")), ..settings(&dir) };
    let Err(error) = Agm::start(weak).await else { panic!("it started") };
    assert_eq!(error.code, Code::ValidationFailed, "{error}");
    assert!(error.message.contains("Manager"), "{error}");
}

#[tokio::test]
async fn a_log_without_a_file_is_not_dropped_in_silence() {
    let world = World::with(1).await;
    let new: NewAgent = serde_json::from_value(json!({ "name": "w", "log": "/var/log/w.log" })).unwrap();
    let error = world.agm.add_agent(&actor(), new, false).await.unwrap_err();
    assert_eq!((error.code, pointers(&error)), (Code::ValidationFailed, vec!["/log".to_owned()]), "{error}");
}

#[tokio::test]
async fn a_limit_says_which_one_it_is() {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    let plan = |member: &str, number: u64| {
        let request = json!({ "targets": ["manager"], "provider": "only", "model": "demo", member: number });
        let request: SwitchRequest = serde_json::from_value(request).unwrap();
        let agm = world.agm.clone();
        async move { agm.plan_switch(&request).await }
    };
    let error = plan("contextWindow", 0).await.unwrap_err();
    assert!(error.message.contains("contextWindow"), "{error}");
    let error = plan("maxTokens", 100_000_001).await.unwrap_err();
    assert!(error.message.contains("maxTokens"), "{error}");
    let plan = plan("maxTokens", 99_999_999).await.unwrap();
    let note = plan.warnings.iter().find(|warning| warning.pointer == "/maxTokens").unwrap();
    assert!(note.message.contains("context window"), "{note:?}");
}

#[tokio::test]
async fn names_that_the_api_has_taken_are_no_routes_names() {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    let to_it = json!({ "upstreams": [{ "provider": "only" }], "modelPredicates": [{ "matchType": "PRE", "matchValue": "x-" }] });
    for name in ["default", "explain", "repair"] {
        let error = world.agm.put_route(&actor(), name, &edit(to_it.clone()), &Seen::Nothing, false).await.unwrap_err();
        assert_eq!((error.code, pointers(&error)), (Code::InvalidName, vec!["/name".to_owned()]), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_domain_is_a_hosts_name() {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    let predicates = json!([{ "matchType": "PRE", "matchValue": "x-" }]);
    let with = |domains: &[&str]| {
        edit(json!({ "upstreams": [{ "provider": "only" }], "domains": domains, "modelPredicates": predicates.clone() }))
    };
    for bad in ["bad domain/../", "", "a..b", "-a.example", "http://a.example", "a.example:80", "*", "a.*.example", "ü.example"] {
        let error = world.agm.put_route(&actor(), "lab", &with(&["ok.example", bad]), &Seen::Anything, false).await.unwrap_err();
        assert_eq!((error.code, pointers(&error)), (Code::ValidationFailed, vec!["/domains/1".to_owned()]), "{bad}: {error}");
    }
    for good in ["localhost", "a.example", "*.a.example", "127.0.0.1", "[::1]", "A_b.example"] {
        world.agm.put_route(&actor(), "lab", &with(&[good]), &Seen::Anything, true).await.unwrap_or_else(|error| panic!("{good}: {error}"));
    }
}

#[tokio::test]
async fn a_restore_of_what_is_nowhere_is_not_one() {
    use agm_ops::RestoreRequest;
    let world = World::with(2).await;
    world.provider("first", "openai", 0).await;
    let before = world.revision();
    world.provider("second", "openai", 1).await;
    let restore = |object: &str| {
        let (agm, part) = (world.agm.clone(), RestoreRequest { objects: vec![object.to_owned()], consumer_keys: false });
        async move { agm.restore_backup(&actor(), before, &part, false).await }
    };
    let error = restore("provider/nope").await.unwrap_err();
    assert_eq!(error.code, Code::NotFound, "{error}");
    assert!(error.message.contains("provider/nope"), "{error}");

    let present = world.revision();
    let same = restore("provider/first").await.unwrap();
    assert_eq!((same.changes.len(), same.revision, same.verified, world.revision()), (0, None, true, present));
}

#[tokio::test]
async fn a_restore_that_changes_nothing_writes_nothing() {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    let before = world.revision();
    let path = |path: &str| edit(json!({ "models": [path] }));
    world.agm.put_route(&actor(), "default-ai-route", &path("m"), &Seen::Anything, false).await.unwrap();
    world.agm.put_route(&actor(), "default-ai-route", &edit(json!({ "models": [] })), &Seen::Anything, false).await.unwrap();
    let present = world.revision();
    assert_eq!(world.agm.backup_diff(before, None).await.unwrap(), []);
    let done = world.agm.restore_backup(&actor(), before, &agm_ops::RestoreRequest::default(), false).await.unwrap();
    assert_eq!((done.changes.len(), done.revision, done.verified, world.revision()), (0, None, true, present));
}

/// One that was found in a foreign system may be short. It goes on opening the gateway, and nothing else.
#[tokio::test]
async fn a_short_key_of_the_managers_opens_no_management() {
    let world = World::with(0).await;
    let admin = AdminCredentials::Given { user: "admin".to_owned(), password: Secret::from("a-password-for-tests") };
    let settings = AccessSettings { admin, manager: ManagerAccess::Operator, run_dir: world.dir.path().join("run"), loopback_only: true };
    let access = Access::open(world.agm.clone(), settings).await.unwrap();
    for (key, opens) in [("short", false), ("0123456789abcdef012", false), ("0123456789abcdef0123", true)] {
        world
            .elsewhere(|document| {
                let manager = document.consumers.get_mut("manager").unwrap();
                manager.credentials[0].values = vec![Secret::from(key)];
            })
            .await;
        assert_eq!(access.bearer(key, Ipv4Addr::LOCALHOST.into()).await.is_ok(), opens, "{key}");
    }
}
