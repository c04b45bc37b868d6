#![allow(clippy::unwrap_used)]

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use super::{BACKUP_SUFFIX, Replaced, backup_of, replace, replace_with, restore};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_new_file_is_ours_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new");
    assert_eq!(replace(&path, b"one").unwrap(), Replaced::Renamed);
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(names(dir.path()), ["new"]);
}

#[test]
fn mode_and_owner_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if root {
        std::os::unix::fs::chown(&path, Some(1234), Some(1235)).unwrap();
    }
    let before = fs::metadata(&path).unwrap();
    assert_eq!(replace(&path, b"new").unwrap(), Replaced::Renamed);
    let after = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    assert_ne!(after.ino(), before.ino(), "a new file took the name");
}

#[test]
fn of_a_link_the_target_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    let target = dir.path().join("real/config");
    fs::write(&target, "old").unwrap();
    symlink("real/config", dir.path().join("middle")).unwrap();
    let link = dir.path().join("link");
    symlink("middle", &link).unwrap();

    replace(&link, b"new").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("middle"));
    assert_eq!(names(&dir.path().join("real")), ["config"]);

    let endless = dir.path().join("endless");
    symlink("endless", &endless).unwrap();
    assert!(replace(&endless, b"new").is_err());
}

#[test]
fn a_directory_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let error = replace(dir.path(), b"new").unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn a_refused_rename_falls_back_to_a_backup_and_writing_in_place() {
    for kind in [io::ErrorKind::ResourceBusy, io::ErrorKind::CrossesDevices, io::ErrorKind::PermissionDenied] {
        let refuse: super::Rename = match kind {
            io::ErrorKind::ResourceBusy => |_, _| Err(io::ErrorKind::ResourceBusy.into()),
            io::ErrorKind::CrossesDevices => |_, _| Err(io::ErrorKind::CrossesDevices.into()),
            _ => |_, _| Err(io::ErrorKind::PermissionDenied.into()),
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(&path, "the longer old content").unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let backup = dir.path().join(format!("config{BACKUP_SUFFIX}"));

        let replaced = replace_with(&path, b"new", refuse).unwrap();
        let wanted = Replaced::InPlace { backup: Some(backup.clone()) };
        assert_eq!(replaced, wanted);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert_eq!(fs::read(&backup).unwrap(), b"the longer old content");
        assert_eq!(names(dir.path()).len(), 2, "no temporary file stays");
    }
}

#[test]
fn any_other_refusal_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    fs::write(&path, "old").unwrap();
    let full: super::Rename = |_, _| Err(io::ErrorKind::StorageFull.into());
    assert!(replace_with(&path, b"new", full).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["config"]);
}

/// Unmounts even when an assertion fails.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0).status();
        assert!(unmounted.unwrap().success() || std::thread::panicking());
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn a_bind_mounted_file_is_written_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let (source, path) = (dir.path().join("source"), dir.path().join("mounted"));
    fs::write(&source, "old").unwrap();
    fs::write(&path, "").unwrap();
    let mounted = Command::new("mount").args(["--bind".as_ref(), source.as_os_str(), path.as_os_str()]).output();
    match mounted {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr);
            eprintln!("skipped: no bind mount here: {}", reason.trim());
            return;
        }
        Err(error) => {
            eprintln!("skipped: no mount command here: {error}");
            return;
        }
    }
    let _mounted = Mounted(&path);

    let replaced = replace(&path, b"new").unwrap();
    let backup = dir.path().join(format!("mounted{BACKUP_SUFFIX}"));
    let wanted = Replaced::InPlace { backup: Some(backup.clone()) };
    assert_eq!(replaced, wanted);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&source).unwrap(), b"new");
    assert_eq!(fs::read(&backup).unwrap(), b"old");
}

#[test]
fn a_backup_is_found_and_written_back_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("config"), dir.path().join("link"));
    fs::write(&file, b"half of the new cont").unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(backup_of(&link), None);
    assert!(restore(&link).is_err());
    let backup = dir.path().join(format!("config{BACKUP_SUFFIX}"));
    fs::write(&backup, b"old").unwrap();
    assert_eq!(backup_of(&link), Some(backup.clone()));
    restore(&link).unwrap();
    assert_eq!((fs::read(&file).unwrap(), fs::read(&backup).unwrap()), (b"old".to_vec(), b"old".to_vec()));
}
