use std::cell::Cell;
use std::fs;

use super::{ConfigFile, Error, Written, replace};

#[test]
fn somebody_else_writes_while_we_edit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    fs::write(&path, "0").unwrap();
    let (edits, others) = (Cell::new(0), Cell::new(1));
    let edit = |text: &str| {
        edits.set(edits.get() + 1);
        if edits.get() <= others.get() {
            fs::write(&path, format!("theirs {}", edits.get())).unwrap();
        }
        Ok((format!("{text} and ours"), ()))
    };
    let replaced = replace(&path, None, edit).unwrap();
    assert_eq!((replaced.before.text.as_str(), replaced.written), ("theirs 1", Written::Renamed));
    assert_eq!(ConfigFile::read(&path).unwrap().text, "theirs 1 and ours", "their change is kept");

    edits.set(0);
    others.set(usize::MAX);
    assert!(matches!(replace(&path, None, edit), Err(Error::Busy { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs 3");
}

#[test]
fn an_edit_worked_out_for_another_file_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    fs::write(&path, "0").unwrap();
    let seen = ConfigFile::read(&path).unwrap().hash;
    let edit = |text: &str| Ok((text.replace('0', "ours"), ()));

    fs::write(&path, "00").unwrap();
    assert!(matches!(replace(&path, Some(&seen), edit), Err(Error::Changed { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "00");

    fs::write(&path, "0").unwrap();
    let meanwhile = |text: &str| {
        fs::write(&path, "theirs 0").unwrap();
        edit(text)
    };
    assert!(matches!(replace(&path, Some(&seen), meanwhile), Err(Error::Changed { .. })), "also between reading and writing");
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs 0");

    fs::write(&path, "0").unwrap();
    assert_eq!(replace(&path, Some(&seen), edit).unwrap().written, Written::Renamed);
    assert_eq!(replace(&path, Some(&seen), edit).unwrap().written, Written::Unchanged, "repeated after a crash, it is done already");
}
