//! The default route given to another provider: tried before, journalled, and put back when it fails or a crash cuts it off.

use std::path::Path;
use std::time::Duration;

use agm_domain::code::Code;
use agm_ops::{Agm, Seen};
use agm_simvendor::{Behaviour, On};
use agm_testkit::dir::DataDir;
use serde_json::json;

use crate::routes::{ask, edit, two};
use crate::world::{World, actor, settings_at};

#[tokio::test]
async fn the_default_is_given_away_and_nobody_moves() {
    let world = two().await;
    world.run_on("manager", "first", "gpt-4o").await;
    let plan = world.agm.set_default(&actor(), "second", None, true).await.unwrap();
    assert_eq!((plan.former.as_deref(), plan.revision), (Some("first"), None));
    let set = world.agm.set_default(&actor(), "second", None, false).await.unwrap();
    assert_eq!(set.changes.len(), plan.changes.len());
    assert!(set.preflight.unwrap().success);
    let probed: Vec<_> = set.probes.iter().map(|p| (p.success, p.provider.as_deref(), p.route.as_deref())).collect();
    assert_eq!(probed, [(true, Some("second"), Some("default-ai-route")); 2], "once, and once streaming");
    assert!(set.probes[1].first_token_ms.is_some());
    assert!(world.agm.provider("second").unwrap().is_default);
    assert_eq!(world.agm.explain(&ask("gpt-4o", None)).unwrap().upstreams[0].provider, "first");
    assert_eq!(world.agm.explain(&ask("deepseek-chat", None)).unwrap().upstreams[0].provider, "second");
    let again = world.agm.set_default(&actor(), "second", None, false).await.unwrap();
    assert_eq!((again.changes.len(), again.revision), (0, None));
    assert_eq!(world.agm.set_default(&actor(), "nobody", None, false).await.unwrap_err().code, Code::ProviderNotFound);
}

#[tokio::test]
async fn a_default_is_given_away_only_as_it_was_seen() {
    let world = two().await;
    let tag = world.agm.route("default-ai-route").unwrap().etag;
    let error = world.agm.set_default(&actor(), "second", Some("stale"), true).await.unwrap_err();
    assert_eq!(error.code, Code::VersionConflict);
    // Somebody edits it while the vendor is asked.
    let seen = world.vendors[1].request_count();
    world.vendors[1].push(Behaviour::SlowFirstByte(Duration::from_millis(500)));
    let meanwhile = async {
        world.vendors[1].wait_for_count(seen + 1).await;
        let edit = edit(json!({ "upstreams": [{ "provider": "first", "weight": 100, "modelMapping": { "x": "y" } }] }));
        world.agm.put_route(&actor(), "default-ai-route", &edit, &Seen::Anything, false).await.unwrap();
    };
    let someone = actor();
    let (set, ()) = tokio::join!(world.agm.set_default(&someone, "second", Some(&tag), false), meanwhile);
    assert_eq!(set.unwrap_err().code, Code::VersionConflict);
    assert!(world.agm.provider("first").unwrap().is_default);
    let tag = world.agm.route("default-ai-route").unwrap().etag;
    world.agm.set_default(&actor(), "second", Some(&tag), false).await.unwrap();
}

#[tokio::test]
async fn a_default_that_does_not_answer_is_never_one() {
    let world = two().await;
    let before = world.agm.current();
    // The vendor refuses the preflight: nothing was written.
    world.vendors[1].push_on(On::Inference, Behaviour::error(401));
    let error = world.agm.set_default(&actor(), "second", None, false).await.unwrap_err();
    assert_eq!(error.code, Code::ModelNotReachable);
    assert_eq!(world.revision(), before.head.number);
    // It refuses through the gateway, or only to stream: no revision has it as the default.
    let faults = [vec![Behaviour::error(401)], vec![Behaviour::Answer, Behaviour::CutStream { after_frames: 0 }]];
    for fault in faults {
        world.vendors[1].push_on(On::Inference, Behaviour::Answer);
        for behaviour in fault {
            world.vendors[1].push_on(On::Inference, behaviour);
        }
        let error = world.agm.set_default(&actor(), "second", None, false).await.unwrap_err();
        assert!(error.message.contains("was not changed"), "{error}");
        let after = world.agm.current();
        assert_eq!(agm_domain::diff::diff(&before.document, &after.document), []);
        for number in before.head.number..=after.head.number {
            let revision = world.agm.store().read(number).await.unwrap();
            assert_eq!(revision.document["routes"]["default-ai-route"]["upstreams"][0]["provider"], "first", "revision {number}");
        }
    }
}

#[tokio::test]
async fn a_default_that_fails_once_it_is_one_is_put_back() {
    let world = two().await;
    let before = world.agm.current();
    // Preflight, the temporary route, and that streaming, pass.
    world.vendors[1].update(|s| {
        let passing = (0..3).fold(s.clone(), |s, _| s.then_on(On::Inference, Behaviour::Answer));
        *s = passing.always_on(On::Inference, Behaviour::error(401));
    });
    let error = world.agm.set_default(&actor(), "second", None, false).await.unwrap_err();
    assert!(error.message.contains("put back"), "{error}");
    assert_eq!(error.details["cause"], json!(Code::VendorKeyRefused));
    let after = world.agm.current();
    assert_eq!(agm_domain::diff::diff(&before.document, &after.document), []);
    assert_eq!(after.head.content, before.head.content, "byte for byte, but for the counters");
}

#[tokio::test]
async fn a_default_for_which_somebody_else_answers_is_never_one() {
    let world = two().await;
    // An installer's route, which comes before every other one because its path is longer.
    let stored = json!({
        "name": "installer", "upstreams": [{ "provider": "first", "weight": 100 }],
        "pathPredicate": { "matchType": "PRE", "matchValue": "/v1/chat/completions" },
        "modelPredicates": [{ "matchType": "REGULAR", "matchValue": "agm-probe-.*" }]
    });
    let route: agm_domain::route::AiRoute = serde_json::from_value(stored).unwrap();
    world.elsewhere(|document| drop(document.routes.insert(route.name.clone(), route))).await;
    let error = world.agm.set_default(&actor(), "second", None, false).await.unwrap_err();
    assert!(error.message.contains("answered by `first` instead of `second`"), "{error}");
    assert!(world.agm.provider("first").unwrap().is_default);
    assert!(!world.agm.routes().iter().any(|route| route.name.starts_with("agm-probe-")));
}

/// The data directory as a crash at this moment would leave it.
fn as_after_a_crash(dir: &Path) -> DataDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let twin = DataDir::new("twin").unwrap();
    copy(dir, twin.path());
    twin
}

/// Gives the default away while the vendor goes silent after so many answers, and crashes there.
async fn cut_off_after(world: &World, answers: u64) -> DataDir {
    let seen = world.vendors[1].request_count();
    world.vendors[1].update(|s| {
        let passing = (0..answers).fold(s.clone(), |s, _| s.then_on(On::Inference, Behaviour::Answer));
        *s = passing.always_on(On::Inference, Behaviour::Hang);
    });
    let someone = actor();
    tokio::select! {
        given = world.agm.set_default(&someone, "second", None, false) => panic!("it was not cut off: {given:?}"),
        () = world.vendors[1].wait_for_count(seen + answers + 1) => {}
    }
    as_after_a_crash(world.dir.path())
}

#[tokio::test]
async fn a_default_that_a_crash_cut_off_before_it_was_proven_is_put_back() {
    // The preflight, one request on the temporary route and a streaming one; then one on the default route.
    for answers in [4, 3, 2, 1] {
        let world = two().await;
        let before = world.agm.current();
        let twin = cut_off_after(&world, answers).await;
        let after = Agm::start(settings_at(twin.path())).await.unwrap();
        assert_eq!(agm_domain::diff::diff(&before.document, &after.current().document), [], "after {answers} answers");
        assert_eq!(after.current().head.content, before.head.content, "after {answers} answers");
        assert!(after.provider("first").unwrap().is_default);
        // A start later there is nothing left to do.
        let told = after.audit_log(None, 10).await.unwrap();
        assert!(told.iter().any(|entry| entry.action == "route.set-default" && entry.details["state"] == "rolled-back"), "{told:?}");
        let revision = after.current().head.number;
        after.shutdown(Duration::from_secs(1)).await;
        let again = Agm::start(settings_at(twin.path())).await.unwrap();
        assert_eq!(again.current().head.number, revision);
    }
}
