use std::fs;

use agm_testkit::dir::DataDir;

#[test]
fn it_shows_small_texts_and_goes_away() {
    let dir = DataDir::new("shown").unwrap();
    fs::create_dir(dir.join("sub")).unwrap();
    fs::write(dir.join("sub/a.json"), "{\n  \"a\": 1\n}").unwrap();
    fs::write(dir.join("big.log"), "x".repeat(5000)).unwrap();
    fs::write(dir.join("blob"), b"\xff\xfe").unwrap();
    let path = dir.path().to_owned();
    assert_eq!(
        dir.dump(),
        "data directory `shown`:\nbig.log  5000 bytes\nblob  2 bytes\nsub/\nsub/a.json  12 bytes\n    {\n      \"a\": 1\n    }\n"
    );
    drop(dir);
    assert!(!path.exists());
}

#[test]
fn two_with_one_label_are_two() {
    let (one, other) = (DataDir::new("same").unwrap(), DataDir::new("same").unwrap());
    assert_ne!(one.path(), other.path());
    assert_eq!(one.path().file_name().unwrap().to_str().unwrap().split('-').next(), Some("same"));
}
