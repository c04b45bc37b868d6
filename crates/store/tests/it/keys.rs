//! Opening a store with the right key, the wrong one and none.

use std::os::unix::fs::PermissionsExt;

use agm_blob::Blob;
use agm_store::{Error, KeyFile, Leadership, MasterKey, Store};

use crate::bed::{Bed, PLANTED, draft};

#[tokio::test]
async fn the_wrong_key_is_one_clear_error() {
    let bed = Bed::dir().await;
    bed.store().await.append(0, draft("one")).await.unwrap();
    let mut config = bed.config();
    let other = MasterKey::generate().unwrap();
    config.master = vec![other.clone()];
    let refused = Store::open(config.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::WrongMasterKey { .. }));
    let said = refused.to_string();
    assert!(said.contains(&other.id()) && said.contains(&bed.master.id()), "{said}");
    config.master = Vec::new();
    let refused = Store::open(config).await.unwrap_err();
    assert!(matches!(refused, Error::NoMasterKey { .. }), "{refused}");
}

#[tokio::test]
async fn without_its_key_a_store_can_still_be_looked_at() {
    let bed = Bed::dir().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    drop(store);
    let mut config = bed.config();
    config.master = vec![MasterKey::generate().unwrap()];
    config.unreadable_secrets = true;
    let store = Store::open(config).await.unwrap();
    assert!(store.is_read_only() && store.active_key().is_none());
    let newest = store.newest().await.unwrap().unwrap();
    assert_eq!(newest.unreadable, ["/providers/0/key"]);
    assert_eq!(newest.document["providers"][0]["name"], "one");
    assert!(!newest.document.to_string().contains(PLANTED));
    assert_eq!(store.list(None, 10).await.unwrap().len(), 1);

    assert!(matches!(store.acquire(bed.hold("")).await, Err(Error::ReadOnly)));
    assert!(matches!(store.append(1, draft("x")).await, Err(Error::ReadOnly)));
    assert!(matches!(store.open_blob("a", "enc:v1:x:y"), Err(Error::ReadOnly)));
    assert_eq!(store.leadership(), Leadership::Reading { holder_url: None });

    let mut config = bed.config();
    config.unreadable_secrets = true;
    let store = Store::open(config).await.unwrap();
    assert!(!store.is_read_only(), "with the right key nothing is amiss");
}

#[tokio::test]
async fn a_new_store_needs_a_key() {
    let bed = Bed::mem_s3().await;
    let mut config = bed.config();
    config.master = Vec::new();
    let refused = Store::open(config).await.unwrap_err();
    assert!(matches!(refused, Error::MasterKeyNeeded), "{refused}");
    assert!(bed.server().objects().is_empty());
}

#[tokio::test]
async fn two_that_make_the_store_at_once_agree() {
    let bed = Bed::mem_s3().await;
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let config = bed.config();
        opening.spawn(async move { Store::open(config).await.map(|store| store.active_key()) });
    }
    for opened in opening.join_all().await {
        assert_eq!(opened.unwrap(), Some(bed.master.id()));
    }
}

#[tokio::test]
async fn a_key_file_is_made_for_a_new_directory_only() {
    let dir = tempfile::tempdir().unwrap();
    let file = KeyFile::new(dir.path().join("master.key"));
    let bucket = Bed::mem_s3().await;
    let refused = file.load_or_generate(&bucket.blob).await.unwrap_err();
    assert!(matches!(refused, Error::MasterKeyNeeded));

    let blob = Blob::dir(dir.path().join("store")).await.unwrap();
    let made = file.load_or_generate(&blob).await.unwrap();
    let permissions = std::fs::metadata(file.path()).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    let read = file.load_or_generate(&blob).await.unwrap();
    assert_eq!((read.len(), read[0].id()), (1, made[0].id()));

    let config = agm_store::StoreConfig::new(blob.clone(), made);
    Store::open(config).await.unwrap();
    std::fs::remove_file(file.path()).unwrap();
    let refused = file.load_or_generate(&blob).await.unwrap_err();
    assert!(matches!(refused, Error::KeyFileMissing { .. }), "{refused}");
}

#[test]
fn a_key_is_read_from_base64_and_never_shown() {
    let key = MasterKey::generate().unwrap();
    let text = key.to_base64();
    let padded = MasterKey::from_base64(&format!("  {}\n", text.as_str()), "env").unwrap();
    let bare = MasterKey::from_base64(text.trim_end_matches('='), "env").unwrap();
    assert_eq!((padded.id(), bare.id()), (key.id(), key.id()));
    assert!(!format!("{key:?}").contains(text.as_str()));
    for (wrong, why) in [("not base64!", "not base64"), ("c2hvcnQ=", "32 bytes"), ("", "32 bytes")] {
        let error = MasterKey::from_base64(wrong, "AGM_MASTER_KEY").unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("AGM_MASTER_KEY"), "{error}");
    }
}
