//! One holder per directory.

use agm_blob::Error;
use agm_blob::lock::{DirLock, Holder};

#[test]
fn the_second_holder_is_told_who_the_first_is() {
    let dir = tempfile::tempdir().unwrap();
    let held = DirLock::acquire(dir.path()).unwrap();
    let refused = DirLock::acquire(dir.path()).unwrap_err();
    let pid = std::process::id();
    assert!(matches!(&refused, Error::Locked { pid: Some(holder), .. } if *holder == pid), "{refused:?}");
    assert!(refused.to_string().contains(&format!("process {pid}")));
    assert_eq!(held.path(), dir.path().join("run/lock"));

    drop(held);
    DirLock::acquire(dir.path()).unwrap();
}

#[test]
fn a_stale_pid_does_not_hold() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("run")).unwrap();
    std::fs::write(dir.path().join("run/lock"), "99999999\n").unwrap();
    let held = DirLock::acquire(dir.path()).unwrap();
    let written = std::fs::read_to_string(held.path()).unwrap();
    assert_eq!(written.trim(), std::process::id().to_string());
}

#[test]
fn asking_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(DirLock::holder(dir.path()).unwrap(), Holder::Nobody);
    assert!(!dir.path().join("run").exists());

    let held = DirLock::acquire(dir.path()).unwrap();
    assert_eq!(DirLock::holder(dir.path()).unwrap(), Holder::Process(Some(std::process::id())));
    drop(held);
    let lock = dir.path().join("run/lock");
    assert_eq!(std::fs::read(&lock).unwrap(), b"", "who has let go is not named any more");

    // One that was killed: its id stays, the lock is free.
    std::fs::write(&lock, "99999999\n").unwrap();
    assert_eq!(DirLock::holder(dir.path()).unwrap(), Holder::Nobody);
    assert_eq!(std::fs::read(&lock).unwrap(), b"99999999\n");
}

#[test]
fn two_who_ask_do_not_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    drop(DirLock::acquire(dir.path()).unwrap());
    let asking = std::fs::File::open(dir.path().join("run/lock")).unwrap();
    asking.try_lock_shared().unwrap();
    assert_eq!(DirLock::holder(dir.path()).unwrap(), Holder::Nobody);
}
