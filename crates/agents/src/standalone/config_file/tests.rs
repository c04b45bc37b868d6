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
    let replaced = replace(&path, edit).unwrap();
    assert_eq!((replaced.before.text.as_str(), replaced.written), ("theirs 1", Written::Renamed));
    assert_eq!(ConfigFile::read(&path).unwrap().text, "theirs 1 and ours", "their change is kept");

    edits.set(0);
    others.set(usize::MAX);
    assert!(matches!(replace(&path, edit), Err(Error::Busy { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs 3");
}
