//! Changing the master key, finished or cut off.

use agm_store::{Error, KeyFile, MasterKey, Store};

use crate::bed::{Bed, PLANTED, document, draft};

async fn open(bed: &Bed, keys: &[&MasterKey]) -> Result<Store, Error> {
    let mut config = bed.config();
    config.master = keys.iter().copied().cloned().collect();
    Store::open(config).await
}

#[tokio::test]
async fn after_a_rotation_one_key_opens_everything() {
    for bed in [Bed::dir().await, Bed::mem_s3().await] {
        let store = bed.store().await;
        let first = store.append(0, draft("one")).await.unwrap();
        store.append(1, draft("two")).await.unwrap();
        let token = store.seal_blob("token", PLANTED.as_bytes()).unwrap();

        let next = MasterKey::generate().unwrap();
        let appended = store.rotate(&next, "admin").await.unwrap().unwrap();
        assert_eq!((appended.number(), &appended.document), (3, &document("two")));
        assert!(appended.head.message.contains(&next.id()));
        assert_eq!(store.active_key(), Some(next.id()));
        assert!(store.rotate(&next, "admin").await.unwrap().is_none(), "it is done");

        let third = MasterKey::generate().unwrap();
        store.rotate(&third, "admin").await.unwrap().unwrap();
        store.release().await.unwrap();
        for retired in [&bed.master, &next] {
            let refused = open(&bed, &[retired]).await.unwrap_err();
            assert!(matches!(refused, Error::RetiredMasterKey { .. }), "{refused}");
        }
        let store = open(&bed, &[&third]).await.unwrap();
        assert_eq!(store.read(1).await.unwrap().document, document("one"));
        assert_eq!(store.newest().await.unwrap().unwrap().document, document("two"));
        assert_eq!(store.open_blob("token", &token).unwrap().as_slice(), PLANTED.as_bytes());
        assert_eq!(store.content_of(&document("one")).unwrap(), first.head.content, "hashes outlive rotations");

        let sealed = bed.blob.get("agm/revisions/00000000000000000004.json").await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&sealed.bytes).contains(&format!("enc:v1:{}:", third.id())));
        let format = bed.blob.get("agm/format.json").await.unwrap().unwrap();
        for key in [&bed.master, &next, &third] {
            assert!(!String::from_utf8_lossy(&format.bytes).contains(key.to_base64().as_str()));
        }
    }
}

#[tokio::test]
async fn a_rotation_of_an_empty_store_appends_nothing() {
    let bed = Bed::dir().await;
    let store = bed.store().await;
    let next = MasterKey::generate().unwrap();
    assert!(store.rotate(&next, "admin").await.unwrap().is_none());
    assert!(store.newest().await.unwrap().is_none());
}

#[tokio::test]
async fn rotating_back_works() {
    let bed = Bed::dir().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    store.rotate(&MasterKey::generate().unwrap(), "admin").await.unwrap();
    store.rotate(&bed.master, "admin").await.unwrap().unwrap();
    let store = open(&bed, &[&bed.master]).await.unwrap();
    assert_eq!(store.read(2).await.unwrap().document, document("one"));
}

/// Cut off before, between and after the steps: one of the two files always opens the store.
#[tokio::test]
async fn a_rotation_cut_off_leaves_a_key_that_opens() {
    for reached in ["staged", "rotated", "settled"] {
        let bed = Bed::dir().await;
        let keys = tempfile::tempdir().unwrap();
        let file = KeyFile::new(keys.path().join("master.key"));
        std::fs::write(file.path(), bed.master.to_base64().as_str()).unwrap();
        let store = bed.store().await;
        store.append(0, draft("one")).await.unwrap();

        let next = MasterKey::generate().unwrap();
        file.stage(&next).unwrap();
        if reached != "staged" {
            store.rotate(&next, "admin").await.unwrap();
        }
        if reached == "settled" {
            file.settle(&store).await.unwrap();
        }
        drop(store);

        let candidates = file.load().unwrap();
        let store = open(&bed, &candidates.iter().collect::<Vec<_>>()).await.unwrap();
        assert_eq!(store.newest().await.unwrap().unwrap().document, document("one"));
        file.settle(&store).await.unwrap();
        let left = file.load().unwrap();
        assert_eq!(left.len(), 1, "{reached}");
        let wanted = if reached == "staged" { bed.master.id() } else { next.id() };
        assert_eq!(left[0].id(), wanted, "{reached}");
    }
}

/// The format was written, the newest revision not yet: repeating the rotation finishes it.
#[tokio::test]
async fn repeating_a_rotation_finishes_it() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    let before = bed.blob.get("agm/revisions/00000000000000000001.json").await.unwrap().unwrap();
    let next = MasterKey::generate().unwrap();
    store.rotate(&next, "admin").await.unwrap();
    bed.blob.delete("agm/revisions/00000000000000000002.json").await.unwrap();
    store.release().await.unwrap();

    let store = open(&bed, &[&next]).await.unwrap();
    store.acquire(bed.hold("http://acting:1")).await.unwrap();
    assert_eq!(store.rotate(&next, "admin").await.unwrap().unwrap().number(), 2);
    let after = bed.blob.get("agm/revisions/00000000000000000001.json").await.unwrap().unwrap();
    assert_eq!(before.bytes, after.bytes, "old revisions are never touched");
}

/// Every attempt of one write acts or meets what the first one wrote, and no answer arrives.
const EVERY_ATTEMPT: usize = 4;

fn key_file(bed: &Bed) -> (tempfile::TempDir, KeyFile) {
    let keys = tempfile::tempdir().unwrap();
    let file = KeyFile::new(keys.path().join("master.key"));
    std::fs::write(file.path(), bed.master.to_base64().as_str()).unwrap();
    (keys, file)
}

fn ids(keys: &[MasterKey]) -> Vec<String> {
    keys.iter().map(MasterKey::id).collect()
}

/// The format names the new key, sealing anew failed, and the operator repeats with another key: the first one is not lost.
#[tokio::test]
async fn a_repeated_rotation_never_takes_the_key_that_opens() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    let (_keys, file) = key_file(&bed);
    let (second, third) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    file.stage(&second).unwrap();
    store.rotate(&second, "admin").await.unwrap();

    file.stage(&third).unwrap();
    file.stage(&third).unwrap();
    let candidates = file.load().unwrap();
    assert_eq!(ids(&candidates), [bed.master.id(), second.id(), third.id()]);
    open(&bed, &candidates.iter().collect::<Vec<_>>()).await.unwrap();

    store.rotate(&third, "admin").await.unwrap();
    file.settle(&store).await.unwrap();
    assert_eq!(ids(&file.load().unwrap()), [third.id()]);
    open(&bed, &[&third]).await.unwrap();
}

/// The storage is ahead of what this process knows, as after a rotation whose answer was lost.
#[tokio::test]
async fn a_rotation_without_an_answer_is_settled_by_what_the_storage_says() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    let (_keys, file) = key_file(&bed);
    let (next, other) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    file.stage(&next).unwrap();
    let elsewhere = bed.reader().await;
    store.release().await.unwrap();
    elsewhere.acquire(bed.hold("http://other:1")).await.unwrap();
    elsewhere.rotate(&next, "admin").await.unwrap();
    elsewhere.release().await.unwrap();
    store.acquire(bed.hold("http://acting:1")).await.unwrap();
    assert_eq!(store.active_key(), Some(bed.master.id()));

    let refused = store.rotate(&other, "admin").await.unwrap_err();
    assert!(matches!(&refused, Error::RotationUnanswered { active, .. } if *active == next.id()), "{refused}");
    file.settle(&store).await.unwrap();
    assert_eq!(ids(&file.load().unwrap()), [next.id()], "not by what this process believes");
    store.rotate(&next, "admin").await.unwrap();
    assert_eq!(store.active_key(), Some(next.id()), "its own key leads on");
    let store = open(&bed, &[&next]).await.unwrap();
    assert_eq!(store.read(1).await.unwrap().document, document("one"));
}

#[tokio::test]
async fn a_rotation_whose_answers_are_lost_is_done_once() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    bed.server().faults().drop_next_writes(EVERY_ATTEMPT);
    let next = MasterKey::generate().unwrap();
    assert_eq!(store.rotate(&next, "admin").await.unwrap().unwrap().number(), 2);
    assert_eq!(store.active_key(), Some(next.id()));
}

#[tokio::test]
async fn keys_that_do_not_open_the_store_are_left_where_they_are() {
    let (bed, other) = (Bed::dir().await, Bed::dir().await);
    let store = bed.store().await;
    let (_keys, file) = key_file(&other);
    file.stage(&MasterKey::generate().unwrap()).unwrap();
    let before = ids(&file.load().unwrap());
    file.settle(&store).await.unwrap();
    assert_eq!(ids(&file.load().unwrap()), before);
}
