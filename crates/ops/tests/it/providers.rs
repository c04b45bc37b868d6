//! Adding, changing and removing providers.

use agm_domain::code::Code;
use agm_domain::diff::{Change, ChangeKind, diff};
use agm_domain::noun::Noun;
use agm_ops::{Fault, KeyChange, ProviderPatch, RouteEdit, Seen, TestRequest};
use agm_simvendor::Behaviour;
use serde_json::{Value, json};

use crate::world::{KEY, World, actor, new_provider, script};

const OTHER_KEY: &str = "sk-other-0123456789abcdef";

fn names(changes: &[Change]) -> Vec<(Noun, &str, ChangeKind)> {
    changes.iter().map(|c| (c.noun, c.name.as_str(), c.kind)).collect()
}

fn patch(value: Value) -> ProviderPatch {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn the_first_gets_the_default_route_and_the_second_its_own() {
    let world = World::with(2).await;
    let first = new_provider("first", "openai", KEY, &world.vendors[0]);
    let plan = world.agm.add_provider(&actor(), &first, true).await.unwrap();
    assert_eq!((plan.revision, world.agm.providers().len()), (None, 0), "a plan changes nothing");

    let added = world.agm.add_provider(&actor(), &first, false).await.unwrap();
    assert_eq!((added.route_name.as_deref(), added.route_updated), (Some("default-ai-route"), true));
    assert_eq!(added.changes, plan.changes);
    assert_eq!(
        names(&added.changes),
        [(Noun::Provider, "first", ChangeKind::Added), (Noun::Route, "default-ai-route", ChangeKind::Added),]
    );
    let route = world.agm.route("default-ai-route").unwrap();
    assert!(route.is_default && route.managed && route.auth.enabled);
    assert_eq!((route.auth.consumers, route.path.unwrap().match_value), (vec!["manager".to_owned()], "/v1".to_owned()));

    let second = new_provider("kimi", "kimi", KEY, &world.vendors[1]);
    let added = world.agm.add_provider(&actor(), &second, false).await.unwrap();
    assert_eq!((added.route_name.as_deref(), added.route_updated), (Some("kimi-ai-route"), true));
    assert_eq!(added.provider.kind, "moonshot", "an alias is stored under its own name");
    assert_eq!(added.provider.stored_type, "openai", "another address than the type's own");
    let explanation = world.agm.explain(&serde_json::from_value(json!({ "model": "kimi-k2.5" })).unwrap()).unwrap();
    assert_eq!((explanation.route.as_deref(), explanation.allowed), (Some("kimi-ai-route"), true));
    assert!(explanation.sentence.contains("begins with `kimi-`"), "{}", explanation.sentence);
}

#[tokio::test]
async fn a_provider_without_prefixes_has_no_route_yet() {
    let world = World::with(2).await;
    world.provider("first", "openai", 0).await;
    let added = world.agm.add_provider(&actor(), &new_provider("any", "openai", KEY, &world.vendors[1]), false).await.unwrap();
    assert_eq!((added.route_name, added.route_updated), (None, false));
}

#[tokio::test]
async fn what_is_wrong_is_said_all_at_once_and_names_are_taken_once() {
    let world = World::with(1).await;
    let mut bad = new_provider("Not A Name", "openai", "two words", &world.vendors[0]);
    bad.base_url = Some("ftp://x".into());
    let error = world.agm.add_provider(&actor(), &bad, false).await.unwrap_err();
    assert_eq!(error.fault, Fault::Invalid);
    let pointers: Vec<&str> = error.details["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/name", "/apiKey", "/baseUrl"]);

    world.provider("mine", "openai", 0).await;
    let again = new_provider("mine", "openai", KEY, &world.vendors[0]);
    let error = world.agm.add_provider(&actor(), &again, false).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Conflict, Code::ProviderExists));
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let world = World::with(2).await;
    world.provider("a", "deepseek", 0).await;
    world.provider("b", "openai", 1).await;
    let before = world.agm.current();
    let seen = world.agm.provider("a").unwrap();
    let edit = patch(json!({ "fields": { "firstByteTimeout": 9000 } }));
    let edited = world.agm.edit_provider(&actor(), "a", edit, Some(&seen.etag), false).await.unwrap();

    let changes = diff(&before.document, &world.agm.current().document);
    assert_eq!(changes, edited.changes);
    assert_eq!(names(&changes), [(Noun::Provider, "a", ChangeKind::Changed)], "editing one changes no other");
    let pointers: Vec<&str> = changes[0].members.iter().map(|m| m.pointer.as_str()).collect();
    assert_eq!(pointers, ["/rawConfigs/firstByteTimeout"]);
    assert_ne!(edited.provider.etag, seen.etag);

    // Taking it back gives the very bytes of before.
    let undo = patch(json!({ "fields": { "firstByteTimeout": null } }));
    world.agm.edit_provider(&actor(), "a", undo, None, false).await.unwrap();
    let bytes = |document: &agm_domain::document::Document| serde_json::to_string(&document.providers).unwrap();
    assert_eq!(bytes(&world.agm.current().document), bytes(&before.document));
}

#[tokio::test]
async fn members_of_others_survive_a_patch() {
    let world = World::with(1).await;
    world.provider("a", "openai", 0).await;
    let edit = patch(json!({ "failover": { "enabled": true, "healthCheckModel": "gpt-4o-mini" } }));
    world.agm.edit_provider(&actor(), "a", edit, None, false).await.unwrap();
    let edit = patch(json!({ "failover": { "failureThreshold": 2 } }));
    let changed = world.agm.edit_provider(&actor(), "a", edit, None, false).await.unwrap();
    let failover = changed.provider.failover.unwrap();
    assert_eq!((&failover["healthCheckModel"], &failover["failureThreshold"]), (&json!("gpt-4o-mini"), &json!(2)));
    let gone = world.agm.edit_provider(&actor(), "a", patch(json!({ "failover": null })), None, false).await.unwrap();
    assert_eq!(gone.provider.failover, None);
}

#[tokio::test]
async fn edits_of_an_older_state_are_refused() {
    let world = World::with(1).await;
    world.provider("a", "openai", 0).await;
    let old = world.agm.provider("a").unwrap().etag;
    let edit = |ms: u32| patch(json!({ "fields": { "firstByteTimeout": ms } }));
    world.agm.edit_provider(&actor(), "a", edit(1), Some(&old), false).await.unwrap();
    let error = world.agm.edit_provider(&actor(), "a", edit(2), Some(&old), false).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Stale, Code::VersionConflict));
    world.agm.edit_provider(&actor(), "a", edit(2), Some("*"), false).await.unwrap();
    let error = world.agm.remove_provider(&actor(), "a", Some(&old), false).await.unwrap_err();
    assert_eq!(error.code, Code::VersionConflict);
}

#[tokio::test]
async fn a_refused_patch_names_every_member_and_changes_nothing() {
    let world = World::with(1).await;
    world.provider("a", "openai", 0).await;
    let before = world.revision();
    let edit = patch(json!({ "fields": { "nonsense": 1, "firstByteTimeout": "soon" }, "failover": { "enabled": true } }));
    let error = world.agm.edit_provider(&actor(), "a", edit, None, false).await.unwrap_err();
    let pointers: Vec<&str> = error.details["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/fields/nonsense", "/fields/firstByteTimeout", "/tokenFailoverConfig/healthCheckModel"]);
    assert_eq!(world.revision(), before);
}

#[tokio::test]
async fn another_address_needs_the_key_again() {
    let world = World::with(2).await;
    world.provider("a", "deepseek", 0).await;
    let elsewhere = format!("{}/v1", world.vendors[1].url());
    let error = world.agm.edit_provider(&actor(), "a", patch(json!({ "baseUrl": elsewhere })), None, false).await.unwrap_err();
    assert_eq!(error.code, Code::KeyRequired);
    assert_eq!(world.vendors[1].request_count(), 0);

    // Another path of the same server is no other place.
    let path = format!("{}/api/v1", world.vendors[0].url());
    let changed = world.agm.edit_provider(&actor(), "a", patch(json!({ "baseUrl": path })), None, false).await.unwrap();
    assert_eq!((changed.provider.base_url, changed.provider.kind.as_str()), (path, "deepseek"));

    let edit = patch(json!({ "baseUrl": elsewhere, "keys": { "replace": [KEY] } }));
    let changed = world.agm.edit_provider(&actor(), "a", edit, None, false).await.unwrap();
    assert_eq!(changed.provider.base_url, elsewhere);
    // Back to the type's own address: stored as the type itself again.
    let edit = patch(json!({ "baseUrl": "https://api.deepseek.com/v1", "keys": { "replace": [KEY], "test": false } }));
    let changed = world.agm.edit_provider(&actor(), "a", edit, None, false).await.unwrap();
    assert_eq!(changed.provider.stored_type, "deepseek");
    let stored = serde_json::to_value(&world.agm.current().document.providers["a"]).unwrap();
    assert_eq!(stored["rawConfigs"], json!({}));
}

#[tokio::test]
async fn keys_are_rotated_by_id_and_tried_first() {
    let world = World::of(vec![script("one").keys([KEY, OTHER_KEY])]).await;
    world.provider("a", "openai", 0).await;
    let keys = |added: &[&str], removed: &[String]| KeyChange {
        add: added.iter().map(|key| (*key).into()).collect(),
        remove: removed.to_vec(),
        ..KeyChange::default()
    };
    let first = world.agm.provider("a").unwrap().keys[0].clone();
    assert_eq!(first.mask, "sk-…cdef");

    let before = world.revision();
    let error = world.agm.rotate_key(&actor(), "a", keys(&["sk-wrong-0123456789abcdef"], &[]), None, false).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Peer, Code::VendorKeyRefused));
    assert_eq!(world.revision(), before, "a key that does not work is not saved");

    let rotated = world.agm.rotate_key(&actor(), "a", keys(&[OTHER_KEY], std::slice::from_ref(&first.id)), None, false).await.unwrap();
    assert_eq!(rotated.tests.iter().map(|t| (t.success, t.checked)).collect::<Vec<_>>(), [(true, true)]);
    assert_eq!(rotated.provider.keys.len(), 1);
    assert_ne!(rotated.provider.keys[0].id, first.id);
    let document = world.agm.current();
    assert_eq!(document.document.providers["a"].tokens[0].expose(), OTHER_KEY);

    let unknown = world.agm.rotate_key(&actor(), "a", keys(&[], &["0000".into()]), None, false).await.unwrap_err();
    assert_eq!(unknown.code, Code::ValidationFailed);
    let twice = world.agm.rotate_key(&actor(), "a", keys(&[OTHER_KEY], &[]), None, false).await.unwrap_err();
    assert_eq!(twice.code, Code::ValidationFailed);
    let forced = KeyChange { replace: Some(vec!["sk-wrong-0123456789abcdef".into()]), force: true, ..KeyChange::default() };
    let saved = world.agm.rotate_key(&actor(), "a", forced, None, false).await.unwrap();
    assert!(!saved.tests[0].success && saved.revision.is_some(), "who insists gets it, and is told");
}

#[tokio::test]
async fn a_key_is_tried_with_a_model_in_use_where_the_list_is_open() {
    let world = World::of(vec![script("one")]).await;
    world.provider("a", "openai", 0).await;
    world.run_on("manager", "a", "gpt-4o").await;
    let before = world.vendors[0].request_count();
    let change = KeyChange { replace: Some(vec![OTHER_KEY.into()]), ..KeyChange::default() };
    let rotated = world.agm.rotate_key(&actor(), "a", change, None, false).await.unwrap();
    assert!(rotated.tests[0].checked);
    let asked = world.vendors[0].requests().split_off(usize::try_from(before).unwrap());
    assert!(asked.iter().any(|r| r.model.as_deref() == Some("gpt-4o") && r.key.as_deref() == Some(OTHER_KEY)));
}

#[tokio::test]
async fn a_provider_in_use_stays_and_says_by_whom() {
    let world = World::with(2).await;
    world.provider("first", "openai", 0).await;
    world.provider("second", "deepseek", 1).await;
    world.run_on("worker:alice", "second", "deepseek-chat").await;
    let edit: RouteEdit = serde_json::from_value(json!({
        "upstreams": [{ "provider": "first", "weight": 50 }, { "provider": "second", "weight": 50 }],
        "modelPredicates": [{ "matchType": "EQUAL", "matchValue": "mixed" }]
    }))
    .unwrap();
    world.agm.put_route(&actor(), "mix", &edit, &Seen::Anything, false).await.unwrap();

    let error = world.agm.remove_provider(&actor(), "second", None, false).await.unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::Conflict, Code::ProviderInUse));
    assert!(error.message.contains("worker:alice") && error.message.contains("`mix`"), "{}", error.message);
    let view = world.agm.provider("second").unwrap();
    assert_eq!((view.agents, view.routes), (vec!["worker:alice".to_owned()], vec!["mix".to_owned(), "second-ai-route".to_owned()]));
    let owner = world.agm.remove_provider(&actor(), "first", None, false).await.unwrap_err();
    assert!(owner.message.contains("default route"), "{}", owner.message);

    world.agm.delete_route(&actor(), "mix", None, false).await.unwrap();
    world.run_on("worker:alice", "first", "gpt-4o").await;
    let plan = world.agm.remove_provider(&actor(), "second", None, true).await.unwrap();
    assert_eq!(
        names(&plan.changes),
        [(Noun::Provider, "second", ChangeKind::Removed), (Noun::Route, "second-ai-route", ChangeKind::Removed),]
    );
    world.agm.remove_provider(&actor(), "second", None, false).await.unwrap();
    assert_eq!(world.agm.provider("second").unwrap_err().code, Code::ProviderNotFound);
}

#[tokio::test]
async fn the_last_provider_goes_with_the_default_route() {
    let world = World::with(1).await;
    world.provider("only", "openai", 0).await;
    world.agm.remove_provider(&actor(), "only", None, false).await.unwrap();
    assert_eq!((world.agm.providers().len(), world.agm.routes().len()), (0, 0));
}

#[tokio::test]
async fn lists_of_models_are_kept_until_there_is_a_better_one() {
    let world = World::of(vec![script("one").key(KEY).models(["gpt-4o", "gpt-4o-mini"])]).await;
    world.provider("a", "openai", 0).await;
    assert_eq!(world.agm.provider("a").unwrap().models, None, "nothing is fetched unasked");
    let first = world.agm.provider_models("a", false).await.unwrap();
    assert_eq!((first.models.len(), first.offered), (2, true));
    let asked = world.vendors[0].request_count();
    assert_eq!(world.agm.provider_models("a", false).await.unwrap(), first);
    assert_eq!(world.vendors[0].request_count(), asked, "and not twice");

    world.vendors[0].push(Behaviour::NotJson);
    world.vendors[0].update(|s| *s = s.clone().then_on(agm_simvendor::On::Every, Behaviour::error(500)));
    let stale = world.agm.provider_models("a", true).await.unwrap();
    assert_eq!((stale.models, stale.stale.is_some()), (first.models, true), "a failure keeps the old list");

    world.vendors[0].update(|s| {
        s.queue.clear();
        *s = s.clone().model("gpt-5");
    });
    let test = TestRequest { provider: Some("a".into()), ..TestRequest::default() };
    assert!(world.agm.test_provider(&test).await.unwrap().success);
    assert_eq!(world.agm.provider("a").unwrap().models.unwrap().count, 3, "a test of a stored provider brings its list");
    assert_eq!(world.agm.provider_models("nobody", false).await.unwrap_err().code, Code::ProviderNotFound);
}

#[tokio::test]
async fn lists_are_fetched_unasked_where_agm_serves() {
    let of = |name: &str, model: &str| script(name).key(KEY).model(model);
    let world =
        World::of(vec![of("one", "gpt-4o"), of("two", "deepseek-chat").then_on(agm_simvendor::On::Every, Behaviour::error(500))]).await;
    world.provider("a", "openai", 0).await;
    world.agm.keep_lists();
    listed(&world, "a", 1).await;

    world.vendors[0].update(|s| *s = s.clone().model("gpt-5"));
    let change = KeyChange { replace: Some(vec![OTHER_KEY.into()]), force: true, ..KeyChange::default() };
    world.vendors[0].update(|s| *s = s.clone().key(OTHER_KEY));
    world.agm.rotate_key(&actor(), "a", change, None, false).await.unwrap();
    listed(&world, "a", 2).await;

    // A vendor that fails keeps nobody else waiting.
    world.provider("b", "deepseek", 1).await;
    world.vendors[1].wait_for_count(1).await;
    assert_eq!(world.agm.provider("b").unwrap().models, None);
    assert_eq!(world.agm.provider("a").unwrap().models.unwrap().count, 2);
}

/// Waits until a provider is shown with this many models.
async fn listed(world: &World, provider: &str, count: usize) {
    let (_, mut events) = world.agm.events().subscribe(None);
    let shown = async {
        while world.agm.provider(provider).unwrap().models.is_none_or(|models| models.count != count) {
            drop(tokio::time::timeout(std::time::Duration::from_millis(20), events.recv()).await);
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), shown).await.unwrap();
}

#[tokio::test]
async fn every_type_is_shown_and_those_not_served_say_why() {
    let world = World::with(1).await;
    let types = world.agm.provider_types();
    assert!(types.iter().any(|t| t.id == "deepseek" && t.standalone && t.base_url == "https://api.deepseek.com/v1"));
    let refused: Vec<_> = types.iter().filter(|t| !t.standalone).collect();
    assert!(refused.iter().all(|t| t.reason.as_deref().is_some_and(|why| !why.is_empty())));
    let bedrock = new_provider("b", "bedrock", KEY, &world.vendors[0]);
    let error = world.agm.add_provider(&actor(), &bedrock, false).await.unwrap_err();
    assert_eq!(error.code, Code::ProviderTypeUnsupported);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`agm provider types`")), "where those that are served are: {error}");
}
