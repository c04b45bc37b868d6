use std::fs;

use agm_testkit::dir::DataDir;
use agm_testkit::secrets::{Form, PlantedKey, assert_absent};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

#[test]
fn every_form_is_found_inside_of_something_longer() {
    let key = PlantedKey::new("sk-Aa1/b+c~planted~key~0123456789");
    let value = key.value();
    let hex = value.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let cases = [
        (format!("key={value};"), Form::Plain),
        (format!("key={hex};"), Form::Hex),
        (hex.to_uppercase(), Form::Hex),
        (value.chars().rev().collect(), Form::Reversed),
        ("x=sk-Aa1%2Fb%2Bc~planted~key~0123456789&".to_owned(), Form::UrlEncoded),
        ("x=sk-Aa1%2fb%2bc~planted~key~0123456789&".to_lowercase(), Form::UrlEncoded),
    ];
    for (haystack, form) in cases {
        assert_eq!(key.find_in(haystack.as_bytes()), Some(form), "{form:?}");
    }
    for before in ["", "a", "ab", "abc", "user:"] {
        for after in ["", "z", "zz", "zzz"] {
            let text = format!("{before}{value}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                assert_eq!(key.find_in(encoded.as_bytes()), Some(Form::Base64), "{before} {after}");
            }
        }
    }
}

#[test]
fn what_is_not_the_key_is_not_found() {
    let key = PlantedKey::new("sk-planted-key-0123456789");
    for haystack in ["", "sk-planted", "sk-planted-key-012345678", "sk-…6789", "ssk-planted-key-01234567X9"] {
        assert_eq!(key.find_in(haystack.as_bytes()), None, "{haystack}");
    }
    assert_eq!(key.find_in(b"sk-sk-planted-key-0123456789"), Some(Form::Plain));
}

#[test]
fn generated_keys_differ_and_do_not_show_themselves() {
    let (one, other) = (PlantedKey::generate("sk-"), PlantedKey::generate("sk-"));
    assert_ne!(one.value(), other.value());
    assert!(one.value().starts_with("sk-") && one.value().len() == 43);
    assert!(!format!("{one:?}").contains(&one.value()[3..]));
    one.assert_absent("the other", other.value());
}

#[test]
fn a_found_key_fails_the_test_without_being_told() {
    let key = PlantedKey::generate("sk-");
    let haystack = format!("log: {}", key.value());
    let keys = [key.clone()];
    let failed = std::panic::catch_unwind(|| assert_absent(&keys, [("an empty one", &b""[..]), ("the log", haystack.as_bytes())]));
    let failed = failed.unwrap_err();
    let message = failed.downcast_ref::<String>().unwrap();
    assert!(message.contains("the log") && message.contains("Plain"), "{message}");
    assert!(!message.contains(key.value()));
}

#[test]
fn a_sweep_reads_names_and_contents_and_skips_what_may() {
    let key = PlantedKey::generate("sk-");
    let dir = DataDir::new("sweep").unwrap();
    for sub in ["a/b", "sealed"] {
        fs::create_dir_all(dir.join(sub)).unwrap();
    }
    fs::write(dir.join("a/clean.txt"), "nothing").unwrap();
    fs::write(dir.join("a/b/leak.bin"), [b"\0\xff", key.value().as_bytes(), b"\n"].concat()).unwrap();
    fs::write(dir.join(format!("a/{}.json", key.value())), "").unwrap();
    fs::write(dir.join("sealed/key"), key.value()).unwrap();
    let sealed = dir.join("sealed");
    let mut leaks = key.sweep_dir(dir.path(), &[&sealed]).unwrap();
    leaks.sort_by_key(|leak| leak.path.extension().map(ToOwned::to_owned));
    assert_eq!(leaks.len(), 2, "{leaks:?}");
    assert_eq!((leaks[0].path.clone(), leaks[0].form), (dir.join("a/b/leak.bin"), Form::Plain));
    assert_eq!(key.sweep_dir(dir.path(), &[]).unwrap().len(), 3);
}
