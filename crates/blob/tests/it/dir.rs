//! What a directory adds: crash leftovers, modes, foreign files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use agm_blob::{Blob, Error};
use bytes::Bytes;

#[tokio::test]
async fn leftovers_of_a_killed_writer_are_hidden_and_swept() {
    let dir = tempfile::tempdir().unwrap();
    let (old, young) = (dir.path().join("a/.agm-tmp-old"), dir.path().join(".agm-tmp-young"));
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::write(&old, "half").unwrap();
    fs::write(&young, "half").unwrap();
    let yesterday = SystemTime::now() - Duration::from_hours(24);
    let aged = fs::File::options().write(true).open(&old).unwrap();
    aged.set_modified(yesterday).unwrap();

    let Blob::Dir(opened) = Blob::dir(dir.path()).await.unwrap() else { unreachable!() };
    assert!(!old.exists(), "its writer is long gone");
    assert!(young.exists(), "its writer may be writing");
    let blob = Blob::Dir(opened.clone());
    assert!(blob.list("", None).await.unwrap().is_empty());

    opened.sweep().await.unwrap();
    assert!(!young.exists());
}

#[tokio::test]
async fn what_we_make_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("made/here");
    let blob = Blob::dir(&root).await.unwrap();
    blob.put_new("f", Bytes::from_static(b"x")).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("f")), 0o600);
    assert!(blob.describe().contains("made/here"));
}

#[tokio::test]
async fn a_file_in_the_way_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "x").unwrap();
    let blob = Blob::dir(dir.path()).await.unwrap();
    let error = blob.put_new("file/below", Bytes::new()).await.unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(Blob::dir(dir.path().join("file")).await.is_err());
}

#[tokio::test]
async fn writing_leaves_no_temporary_file() {
    let dir = tempfile::tempdir().unwrap();
    let blob = Blob::dir(dir.path()).await.unwrap();
    let bytes = Bytes::from_static(b"x");
    blob.put_new("f", bytes.clone()).await.unwrap();
    blob.put_new("f", bytes.clone()).await.unwrap_err();
    blob.put("f", bytes).await.unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
