//! One suite, three storages.

use agm_blob::{Blob, Error};
use bytes::Bytes;

macro_rules! on_every_storage {
    ($($test:ident),* $(,)?) => {
        mod on_dir {
            $(#[tokio::test] async fn $test() { super::$test(super::super::bed::dir().await.blob.clone()).await; })*
        }
        mod on_mem_s3 {
            $(#[tokio::test] async fn $test() {
                let bed = super::super::bed::mem_s3().await;
                super::$test(bed.blob.clone()).await;
            })*
        }
        mod on_real_s3 {
            $(#[tokio::test] async fn $test() {
                if let Some(bed) = super::super::bed::real_s3() {
                    super::$test(bed.blob.clone()).await;
                }
            })*
        }
    };
}

on_every_storage!(
    a_create_happens_once,
    an_update_needs_the_present_state,
    of_many_writers_one_wins,
    listings_are_sorted_whole_and_cut,
    folders_are_named_once,
    an_emptied_folder_can_go,
    deleting_twice_is_fine,
    escaping_names_are_refused,
    long_listings_come_whole,
    the_self_test_passes_and_cleans_up,
);

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn read(blob: &Blob, name: &str) -> Option<Bytes> {
    blob.get(name).await.unwrap().map(|object| object.bytes)
}

async fn a_create_happens_once(blob: Blob) {
    assert!(blob.get("a/b").await.unwrap().is_none());
    let tag = blob.put_new("a/b", text("one")).await.unwrap();
    let found = blob.get("a/b").await.unwrap().unwrap();
    assert_eq!((found.bytes, found.tag), (text("one"), tag));
    // The same bytes too: without a lost answer they are another's.
    for again in ["two", "one"] {
        let refused = blob.put_new("a/b", text(again)).await.unwrap_err();
        assert!(matches!(refused, Error::Exists { path } if path == "a/b"));
    }
    assert_eq!(read(&blob, "a/b").await.unwrap(), text("one"));
}

async fn an_update_needs_the_present_state(blob: Blob) {
    let first = blob.put_new("a", text("one")).await.unwrap();
    let second = blob.put_if("a", text("two"), &first).await.unwrap();
    let stale = blob.put_if("a", text("three"), &first).await.unwrap_err();
    assert!(matches!(stale, Error::Changed { path } if path == "a"));
    assert_eq!(read(&blob, "a").await.unwrap(), text("two"));

    blob.put("a", text("four")).await.unwrap();
    assert!(blob.put_if("a", text("five"), &second).await.is_err());
    blob.delete("a").await.unwrap();
    let gone = blob.put_if("a", text("six"), &second).await.unwrap_err();
    assert!(matches!(gone, Error::Changed { .. }));
    assert!(read(&blob, "a").await.is_none());
}

async fn of_many_writers_one_wins(blob: Blob) {
    let base = blob.put_new("raced", text("base")).await.unwrap();
    let mut creating = tokio::task::JoinSet::new();
    let mut updating = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let (blob, base) = (blob.clone(), base.clone());
        let other = blob.clone();
        creating.spawn(async move { other.put_new("fresh", text(&format!("c{writer}"))).await });
        updating.spawn(async move { blob.put_if("raced", text(&format!("u{writer}")), &base).await });
    }
    let created = creating.join_all().await;
    let updated = updating.join_all().await;
    assert_eq!(created.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(updated.iter().filter(|result| result.is_ok()).count(), 1);
    for lost in created.into_iter().filter_map(Result::err) {
        assert!(matches!(lost, Error::Exists { .. }), "{lost}");
    }
    for lost in updated.into_iter().filter_map(Result::err) {
        assert!(matches!(lost, Error::Changed { .. }), "{lost}");
    }
}

async fn listings_are_sorted_whole_and_cut(blob: Blob) {
    for name in ["x/2", "x/10", "x/deep/er/1", "x.json", "xy/1", "w/1"] {
        blob.put(name, text(name)).await.unwrap();
    }
    let list = async |folder, after| blob.list(folder, after).await.unwrap();
    assert_eq!(list("x", None).await, ["x/10", "x/2", "x/deep/er/1"]);
    assert_eq!(list("x", Some("x/10")).await, ["x/2", "x/deep/er/1"]);
    assert_eq!(list("x", Some("x/11")).await, ["x/2", "x/deep/er/1"]);
    assert_eq!(list("x/deep", None).await, ["x/deep/er/1"]);
    assert!(list("nothing", None).await.is_empty());
    let all = ["w/1", "x.json", "x/10", "x/2", "x/deep/er/1", "xy/1"];
    assert_eq!(list("", None).await, all);
}

async fn an_emptied_folder_can_go(blob: Blob) {
    blob.put("s/a/1", "x".into()).await.unwrap();
    blob.delete_empty_folder("s/a").await.unwrap();
    assert_eq!(blob.folders("s").await.unwrap(), ["a"], "it is not empty");
    blob.delete("s/a/1").await.unwrap();
    blob.delete_empty_folder("s/a").await.unwrap();
    blob.delete_empty_folder("s/a").await.unwrap();
    assert!(blob.folders("s").await.unwrap().is_empty());
    assert!(blob.delete_empty_folder("../s").await.is_err());
}

async fn folders_are_named_once(blob: Blob) {
    for name in ["s/b/1", "s/b/2", "s/a/deep/1", "s/file"] {
        blob.put(name, text(name)).await.unwrap();
    }
    assert_eq!(blob.folders("s").await.unwrap(), ["a", "b"]);
    assert_eq!(blob.folders("").await.unwrap(), ["s"]);
    assert!(blob.folders("s/b").await.unwrap().is_empty());
    assert!(blob.folders("nothing").await.unwrap().is_empty());
}

async fn deleting_twice_is_fine(blob: Blob) {
    blob.put("a/b", text("one")).await.unwrap();
    blob.delete("a/b").await.unwrap();
    blob.delete("a/b").await.unwrap();
    assert!(read(&blob, "a/b").await.is_none());
    assert!(read(&blob, "a/b/c").await.is_none());
}

async fn escaping_names_are_refused(blob: Blob) {
    for name in ["../a", "/a", "a/../../b", "a\0b", ""] {
        let refusals = [
            blob.get(name).await.err(),
            blob.put_new(name, text("x")).await.err(),
            blob.put(name, text("x")).await.err(),
            blob.delete(name).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::Name { .. })), "{name:?}");
        }
    }
    assert!(blob.list("../a", None).await.is_err());
    assert!(blob.folders("/a").await.is_err());
}

async fn long_listings_come_whole(blob: Blob) {
    let names: Vec<String> = (0..1101).map(|n| format!("many/{n:04}")).collect();
    for chunk in names.chunks(64) {
        let mut writes = tokio::task::JoinSet::new();
        for name in chunk {
            let (blob, name) = (blob.clone(), name.clone());
            writes.spawn(async move { blob.put(&name, text("x")).await.unwrap() });
        }
        writes.join_all().await;
    }
    assert_eq!(blob.list("many", None).await.unwrap(), names);
    let after = blob.list("many", Some("many/0999")).await.unwrap();
    assert_eq!(after, names[1000..]);
}

async fn the_self_test_passes_and_cleans_up(blob: Blob) {
    let result = blob.self_test("agm/self-test").await.unwrap();
    assert!(result.passed(), "{result}");
    assert!(blob.list("", None).await.unwrap().is_empty());
}
