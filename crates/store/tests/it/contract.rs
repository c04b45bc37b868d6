//! One suite, three storages.

use std::time::Duration;

use agm_blob::Blob;
use agm_store::{Error, Leadership, Published, Store};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::bed::{Bed, PLANTED, document, draft};

const DAY: Duration = Duration::from_hours(24);

macro_rules! on_every_storage {
    ($($test:ident),* $(,)?) => {
        mod on_dir {
            use crate::bed::Bed;
            $(#[tokio::test] async fn $test() { super::$test(Bed::dir().await).await; })*
        }
        mod on_mem_s3 {
            use crate::bed::Bed;
            $(#[tokio::test] async fn $test() { super::$test(Bed::mem_s3().await).await; })*
        }
        mod on_real_s3 {
            use crate::bed::Bed;
            $(#[tokio::test] async fn $test() {
                if let Some(bed) = Bed::real_s3() { super::$test(bed).await; }
            })*
        }
    };
}

on_every_storage!(
    the_log_grows_from_its_newest,
    of_many_appends_on_one_parent_one_wins,
    a_chain_of_concurrent_appends_is_in_order,
    heads_come_newest_first_and_in_pages,
    another_process_reads_what_was_appended,
    reading_back_asks_the_storage,
    a_reader_changes_nothing,
    every_holder_has_a_greater_number,
    secrets_are_sealed_at_rest,
    a_secret_moved_in_the_storage_is_refused,
    equal_documents_have_equal_contents,
    retention_keeps_the_law,
    the_newest_cannot_be_removed,
    the_journal_is_only_written_once,
    ended_journals_go_unfinished_ones_stay,
    the_audit_log_is_paged_and_bounded,
    objects_change_only_from_what_was_read,
    assignments_are_published_as_given,
    a_newer_format_is_refused,
    a_broken_document_is_named,
    names_do_not_escape,
    the_storage_passes_the_self_test,
);

async fn grow(store: &Store, to: u64) {
    let from = store.newest().await.unwrap().map_or(0, |newest| newest.number());
    for number in from..to {
        store.append(number, draft(&format!("p{number}"))).await.unwrap();
    }
}

async fn numbers(store: &Store) -> Vec<u64> {
    let heads = store.list(None, 1000).await.unwrap();
    heads.into_iter().map(|head| head.number).collect()
}

async fn the_log_grows_from_its_newest(bed: Bed) {
    let store = bed.store().await;
    assert!(store.newest().await.unwrap().is_none());
    assert!(numbers(&store).await.is_empty());

    let first = store.append(0, draft("one")).await.unwrap();
    assert_eq!((first.number(), first.head.parent), (1, 0));
    let second = store.append(1, draft("two")).await.unwrap();
    assert_eq!(second.document, document("two"));
    assert_eq!(second.head.message, "add two");
    assert!(second.head.id > first.head.id);

    for parent in [0, 1, 7] {
        let refused = store.append(parent, draft("late")).await.unwrap_err();
        assert!(matches!(refused, Error::Conflict { newest: 2, .. }), "{refused}");
    }
    assert_eq!(store.read(1).await.unwrap().document, document("one"));
    let missing = store.read(3).await.unwrap_err();
    assert!(matches!(missing, Error::NoRevision { number: 3 }));
    assert_eq!(store.newest().await.unwrap().unwrap().head, second.head);
}

async fn of_many_appends_on_one_parent_one_wins(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 1).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let store = store.clone();
        writers.spawn(async move { store.append(1, draft(&format!("w{writer}"))).await });
    }
    let results = writers.join_all().await;
    let won: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.newest().await.unwrap().unwrap().head, won[0].head);
    for lost in results.into_iter().filter_map(Result::err) {
        assert!(matches!(lost, Error::Conflict { parent: 1, newest: 2 }), "{lost}");
    }
}

async fn a_chain_of_concurrent_appends_is_in_order(bed: Bed) {
    let store = bed.store().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        writers.spawn(async move {
            let mut done = 0;
            while done < 3 {
                let newest = store.newest().await.unwrap().map_or(0, |newest| newest.number());
                match store.append(newest, draft(&format!("w{writer}-{done}"))).await {
                    Ok(_) => done += 1,
                    Err(Error::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(numbers(&store).await, (1..=12).rev().collect::<Vec<u64>>());
    let mut names: Vec<String> = Vec::new();
    for number in 1..=12 {
        let document = &store.read(number).await.unwrap().document;
        names.push(document["providers"][0]["name"].as_str().unwrap().to_owned());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 12, "no append is lost");
}

async fn heads_come_newest_first_and_in_pages(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 7).await;
    let page = async |before, limit| {
        let heads = store.list(before, limit).await.unwrap();
        heads.into_iter().map(|head| head.number).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 3).await, [7, 6, 5]);
    assert_eq!(page(Some(5), 3).await, [4, 3, 2]);
    assert_eq!(page(Some(2), 3).await, [1]);
    assert!(page(Some(1), 3).await.is_empty());
    let fresh = bed.reader().await;
    assert_eq!(fresh.list(None, 100).await.unwrap(), store.list(None, 100).await.unwrap());
}

async fn another_process_reads_what_was_appended(bed: Bed) {
    let (store, reader) = (bed.store().await, bed.reader().await);
    assert!(reader.newest().await.unwrap().is_none());
    for number in 0..3 {
        let appended = store.append(number, draft("x")).await.unwrap();
        let read = reader.newest().await.unwrap().unwrap();
        assert_eq!((&read.head, &read.document), (&appended.head, &appended.document));
    }
}

async fn reading_back_asks_the_storage(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 1).await;
    let back = store.read_back(1).await.unwrap();
    assert_eq!((&back.head, &back.document), (&store.read(1).await.unwrap().head, &document("p0")));

    let path = "agm/revisions/00000000000000000001.json";
    let bytes = bed.blob.get(path).await.unwrap().unwrap().bytes;
    let altered = String::from_utf8_lossy(&bytes).replace("1.5", "2.5");
    bed.blob.put(path, altered.into()).await.unwrap();
    assert_eq!(store.read(1).await.unwrap().document["unknown"]["a"][0], 1.5, "from memory");
    assert_eq!(store.read_back(1).await.unwrap().document["unknown"]["a"][0], 2.5);
    bed.blob.delete(path).await.unwrap();
    assert!(matches!(store.read_back(1).await, Err(Error::NoRevision { number: 1 })));
}

async fn a_reader_changes_nothing(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 2).await;
    let reader = bed.reader().await;
    assert_eq!(reader.leadership(), Leadership::Reading { holder_url: None });
    let refusals = [
        reader.append(2, draft("x")).await.err(),
        reader.remove(1).await.err(),
        reader.pin(1, "l", "a").await.err(),
        reader.unpin(1).await.err(),
        reader.retain().await.err(),
        reader.journal_put("s", "1", json!({})).await.err(),
        reader.journal_trim(0, "end").await.err(),
        reader.audit(json!({})).await.err(),
        reader.object_put("o", json!({}), None).await.err(),
        reader.object_delete("o").await.err(),
        reader.publish("manager", Bytes::new()).await.err(),
        reader.unpublish("manager").await.err(),
        reader.rotate(&bed.master, "a").await.err(),
        reader.renew().await.err(),
    ];
    for (index, refusal) in refusals.into_iter().enumerate() {
        assert!(matches!(refusal, Some(Error::NotLeader { .. })), "change {index}");
    }
}

async fn every_holder_has_a_greater_number(bed: Bed) {
    let mut last = 0;
    for parent in 0..3 {
        let store = bed.store().await;
        let Leadership::Acting { fencing } = store.leadership() else {
            panic!("it acts");
        };
        assert!(fencing > last);
        last = fencing;
        assert_eq!(store.append(parent, draft("x")).await.unwrap().head.fencing, fencing);
        store.release().await.unwrap();
    }
}

async fn raw(blob: &Blob, name: &str) -> Value {
    let object = blob.get(name).await.unwrap().unwrap();
    serde_json::from_slice(&object.bytes).unwrap()
}

async fn secrets_are_sealed_at_rest(bed: Bed) {
    let store = bed.store().await;
    let appended = store.append(0, draft("one")).await.unwrap();
    let token = store.seal_blob("token#1", PLANTED.as_bytes()).unwrap();
    store.object_put("token", json!({ "sealed": token }), None).await.unwrap();
    for name in bed.blob.list("", None).await.unwrap() {
        let bytes = bed.blob.get(&name).await.unwrap().unwrap().bytes;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains(PLANTED), "{name}");
        assert!(!text.contains(bed.master.to_base64().as_str()), "{name}");
    }
    assert_eq!(store.open_blob("token#1", &token).unwrap().as_slice(), PLANTED.as_bytes());
    let elsewhere = store.open_blob("token#2", &token).unwrap_err();
    let shown = format!("{store:?} {appended:?} {:?} {elsewhere} {elsewhere:?} {:?}", draft("one"), bed.master);
    assert!(!shown.contains(PLANTED) && !shown.contains(bed.master.to_base64().as_str()), "{shown}");

    let stored = raw(&bed.blob, "agm/revisions/00000000000000000001.json").await;
    assert_eq!(stored["format"], 1);
    assert_eq!(stored["sealed"], json!(["/providers/0/key"]));
    assert_eq!(stored["document"]["unknown"], document("one")["unknown"]);
    assert!(stored["time"].as_str().unwrap().ends_with('Z'));
}

async fn a_secret_moved_in_the_storage_is_refused(bed: Bed) {
    let store = bed.store().await;
    let mut two = draft("one");
    let other = json!({"name": "b", "key": "sk-other"});
    two.document["providers"].as_array_mut().unwrap().push(other);
    store.append(0, two).await.unwrap();
    let name = "agm/revisions/00000000000000000001.json";
    let mut stored = raw(&bed.blob, name).await;
    stored["document"]["providers"][1]["key"] = stored["document"]["providers"][0]["key"].clone();
    bed.blob.put(name, stored.to_string().into()).await.unwrap();

    let refused = bed.reader().await.read(1).await.unwrap_err();
    assert!(matches!(&refused, Error::Unreadable { context, .. } if context == "revision#/providers/1/key"), "{refused}");
}

async fn equal_documents_have_equal_contents(bed: Bed) {
    let store = bed.store().await;
    let first = store.append(0, draft("one")).await.unwrap();
    let mut same = draft("one");
    same.document["version"] = json!(99);
    let second = store.append(1, same).await.unwrap();
    let other = store.append(2, draft("two")).await.unwrap();
    assert_eq!(first.head.content, second.head.content);
    assert_ne!(first.head.content, other.head.content);
    assert_eq!(store.content_of(&document("one")).unwrap(), first.head.content);
    assert_eq!(first.head.content.len(), 64);
}

async fn retention_keeps_the_law(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 2).await;
    store.pin(1, "before the move", "admin").await.unwrap();
    bed.advance(DAY);
    store.renew().await.unwrap();
    grow(&store, 4).await;
    bed.advance(DAY);
    store.renew().await.unwrap();
    grow(&store, 8).await;
    // Not one of ours, whatever it says.
    bed.blob.put("agm/pins/5.json", "{}".into()).await.unwrap();
    // Kept: the last three, the last of yesterday (4), the pinned one.
    assert_eq!(store.retain().await.unwrap(), [5, 3, 2]);
    assert_eq!(numbers(&store).await, [8, 7, 6, 4, 1]);
    assert!(store.retain().await.unwrap().is_empty());

    let pins = store.pins().await.unwrap();
    assert_eq!((pins.len(), pins[0].number, pins[0].label.as_str()), (1, 1, "before the move"));
    assert!(store.unpin(1).await.unwrap());
    assert!(!store.unpin(1).await.unwrap());
    assert_eq!(store.retain().await.unwrap(), [1]);
    let gone = store.pin(1, "late", "admin").await.unwrap_err();
    assert!(matches!(gone, Error::NoRevision { number: 1 }));
    assert!(store.pins().await.unwrap().is_empty());

    grow(&store, 32).await;
    assert!(numbers(&store).await.len() < 20, "appending removes what has had its time");
    let conflict = store.append(1, draft("a slot that is free again")).await.unwrap_err();
    assert!(matches!(conflict, Error::Conflict { newest: 32, .. }));
}

async fn the_newest_cannot_be_removed(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 3).await;
    assert!(matches!(store.remove(3).await, Err(Error::NewestRevision { number: 3 })));
    for missing in [0, 4] {
        assert!(matches!(store.remove(missing).await, Err(Error::NoRevision { .. })));
    }
    store.pin(2, "x", "a").await.unwrap();
    store.remove(2).await.unwrap();
    assert_eq!(numbers(&store).await, [3, 1]);
    assert!(store.pins().await.unwrap().is_empty());
    assert!(matches!(store.read(2).await, Err(Error::NoRevision { .. })));
}

async fn the_journal_is_only_written_once(bed: Bed) {
    let store = bed.store().await;
    for (id, name) in [("b", "02-probe"), ("b", "01-route"), ("a", "01-route"), ("c", "end")] {
        store.journal_put(id, name, json!({"step": name})).await.unwrap();
    }
    store.journal_put("b", "01-route", json!({"step": "01-route"})).await.unwrap();
    let other = store.journal_put("b", "01-route", json!({"step": "x"})).await.unwrap_err();
    assert!(matches!(other, Error::JournalTaken { .. }));
    let entries = store.journal("b").await.unwrap();
    let wanted = ["01-route", "02-probe"].map(|name| (name.to_owned(), json!({"step": name})));
    assert_eq!(entries, wanted);
    assert!(store.journal("none").await.unwrap().is_empty());
    assert_eq!(store.journal_ids(None, 10).await.unwrap(), ["c", "b", "a"]);
    assert_eq!(store.journal_ids(Some("c"), 1).await.unwrap(), ["b"]);
}

async fn ended_journals_go_unfinished_ones_stay(bed: Bed) {
    let store = bed.store().await;
    for id in ["1", "2", "3", "4", "5"] {
        store.journal_put(id, "begin", json!({})).await.unwrap();
        store.journal_put(id, "undo", json!({})).await.unwrap();
        if id != "2" {
            store.journal_put(id, "end", json!({})).await.unwrap();
        }
    }
    assert_eq!(store.journal_unended("end").await.unwrap(), ["2"]);
    store.journal_put("2.1", "begin", json!({})).await.unwrap();
    assert_eq!(store.journal_unended("end").await.unwrap(), ["2.1", "2"], "the newest first");
    store.journal_put("2.1", "end", json!({})).await.unwrap();
    assert_eq!(store.journal_trim(6, "end").await.unwrap(), 0);
    bed.blob.delete("agm/switches/2.1/begin.json").await.unwrap();
    bed.blob.delete("agm/switches/2.1/end.json").await.unwrap();
    bed.blob.delete_empty_folder("agm/switches/2.1").await.unwrap();

    assert_eq!(store.journal_trim(5, "end").await.unwrap(), 0);
    assert_eq!(store.journal_trim(2, "end").await.unwrap(), 2);
    assert_eq!(store.journal_ids(None, 10).await.unwrap(), ["5", "4", "2"], "no empty folder is left either");
    assert_eq!(store.journal("2").await.unwrap().len(), 2);
    assert_eq!(store.journal_trim(0, "end").await.unwrap(), 2);
    assert_eq!(store.journal_ids(None, 10).await.unwrap(), ["2"]);
    store.journal_put("6", "begin", json!({})).await.unwrap();
}

async fn the_audit_log_is_paged_and_bounded(bed: Bed) {
    let mut config = bed.config();
    config.audit_kept = 3;
    let store = Store::open(config).await.unwrap();
    store.acquire(bed.hold("http://acting:1")).await.unwrap();
    for n in 0..5 {
        store.audit(json!({ "n": n })).await.unwrap();
    }
    let page = store.audit_list(None, 2).await.unwrap();
    assert_eq!((&page[0].entry, &page[1].entry), (&json!({"n": 4}), &json!({"n": 3})));
    let rest = store.audit_list(Some(page[1].id), 10).await.unwrap();
    assert_eq!(rest.len(), 3);
    assert_eq!(store.audit_trim().await.unwrap(), 2);
    let left = store.audit_list(None, 10).await.unwrap();
    assert_eq!(left.last().unwrap().entry, json!({"n": 2}));
}

async fn objects_change_only_from_what_was_read(bed: Bed) {
    let store = bed.store().await;
    assert!(store.object_get("tokens/a").await.unwrap().is_none());
    let first = store.object_put("tokens/a", json!({"n": 1}), None).await.unwrap();
    assert_eq!(store.object_get("tokens/a").await.unwrap().unwrap(), (json!({"n": 1}), first.clone()));
    let second = store.object_put("tokens/a", json!({"n": 2}), Some(&first)).await.unwrap();
    for expected in [None, Some(&first)] {
        let refused = store.object_put("tokens/a", json!({"n": 3}), expected).await.unwrap_err();
        assert!(matches!(refused, Error::Changed { name } if name == "tokens/a"));
    }
    store.object_put("settings", json!(null), None).await.unwrap();
    assert_eq!(store.object_names("").await.unwrap(), ["settings", "tokens/a"]);
    assert_eq!(store.object_names("tokens").await.unwrap(), ["tokens/a"]);
    assert_eq!(store.object_get("settings").await.unwrap().unwrap().0, json!(null));
    store.object_delete("tokens/a").await.unwrap();
    let gone = store.object_put("tokens/a", json!({}), Some(&second)).await;
    assert!(matches!(gone, Err(Error::Changed { .. })));
}

async fn assignments_are_published_as_given(bed: Bed) {
    let store = bed.store().await;
    let bytes = Bytes::from_static(b"{\n  \"provider\": \"qwen\"\n}\n");
    assert!(store.published("manager").await.unwrap().is_none());
    assert_eq!(store.publish("manager", bytes.clone()).await.unwrap(), Published::Written);
    assert_eq!(store.publish("manager", bytes.clone()).await.unwrap(), Published::Unchanged);
    let object = bed.blob.get("agents/manager/model.json").await.unwrap().unwrap();
    assert_eq!(object.bytes, bytes);
    bed.blob.put("agents/manager/model.json", "stale".into()).await.unwrap();
    assert_eq!(store.publish("manager", bytes.clone()).await.unwrap(), Published::Written);
    assert_eq!(store.published("manager").await.unwrap().unwrap(), bytes);
    store.unpublish("manager").await.unwrap();
    assert!(store.published("manager").await.unwrap().is_none());
}

async fn a_newer_format_is_refused(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 1).await;
    let name = "agm/revisions/00000000000000000001.json";
    let mut stored = raw(&bed.blob, name).await;
    stored["format"] = json!(2);
    stored["agm"] = json!("9.1.0");
    bed.blob.put(name, stored.to_string().into()).await.unwrap();
    let refused = bed.reader().await.newest().await.unwrap_err();
    assert!(matches!(&refused, Error::NewerFormat { found: 2, supported: 1, .. }));
    assert!(refused.to_string().contains("written by agm 9.1.0"), "{refused}");

    let mut format = raw(&bed.blob, "agm/format.json").await;
    format["format"] = json!(2);
    bed.blob.put("agm/format.json", format.to_string().into()).await.unwrap();
    let refused = Store::open(bed.config()).await.unwrap_err();
    assert!(matches!(refused, Error::NewerFormat { .. }), "{refused}");
}

async fn a_broken_document_is_named(bed: Bed) {
    let store = bed.store().await;
    grow(&store, 1).await;
    let names = ["agm/revisions/00000000000000000002.json", "agm/revisions/00000000000000000003.json"];
    bed.blob.put(names[0], "{\"format\": 1, \"numb".into()).await.unwrap();
    let broken = store.newest().await.unwrap_err();
    assert!(matches!(&broken, Error::Corrupt { path, .. } if path == names[0]), "{broken}");
    let first = bed.blob.get("agm/revisions/00000000000000000001.json").await.unwrap().unwrap();
    bed.blob.put(names[1], first.bytes).await.unwrap();
    let misplaced = store.read(3).await.unwrap_err();
    assert!(matches!(&misplaced, Error::Corrupt { path, .. } if path == names[1]), "{misplaced}");
    bed.blob.put(names[0], "{}".into()).await.unwrap();
    assert!(matches!(store.read(2).await, Err(Error::Corrupt { .. })));
    assert_eq!(store.read(1).await.unwrap().document, document("p0"));
}

async fn names_do_not_escape(bed: Bed) {
    let store = bed.store().await;
    for name in ["..", "../x", "a/b", "", "a\0b"] {
        let refusals = [
            store.publish(name, Bytes::new()).await.err(),
            store.journal_put(name, "x", json!({})).await.err(),
            store.published(name).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::Blob(agm_blob::Error::Name { .. }))), "{name:?}");
        }
    }
    assert!(store.object_put("../format", json!({}), None).await.is_err());
    assert!(store.object_get("a/../../format").await.is_err());
    for name in ["../../format", "a/b", ""] {
        assert!(store.journal_put("a", name, json!({})).await.is_err(), "{name:?}");
    }
}

async fn the_storage_passes_the_self_test(bed: Bed) {
    let result = bed.blob.self_test("agm/self-test").await.unwrap();
    assert!(result.passed(), "{result}");
}
