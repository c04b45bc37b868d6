#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{open, seal};
use crate::keyring::Keyring;
use crate::{Error, MasterKey};

static KEYRING: LazyLock<Keyring> = LazyLock::new(keyring);

fn keyring() -> Keyring {
    let key = MasterKey::generate().unwrap();
    let id = key.id();
    Keyring::new([key], &id, &id).unwrap()
}

/// Any JSON whose member names need no escaping in a pointer; the empty name is one of them.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "sk-[a-z0-9]{12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Zß ]{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every kind of number, the extreme ones too.
fn any_number() -> impl Strategy<Value = Value> {
    let whole = prop_oneof![any::<u64>().prop_map(Value::from), any::<i64>().prop_map(Value::from)];
    let finite = any::<f64>().prop_filter("JSON has no other", |number| number.is_finite()).prop_map(Value::from);
    prop_oneof![whole, finite, Just(Value::from(-0.0)), Just(Value::from(1.0)), Just(Value::from(f64::MIN_POSITIVE))]
}

/// The pointers of every text, number and truth value in a document.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, &format!("{at}/{name}"), found);
            }
        }
        Value::Null => {}
    }
}

fn all_leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    leaves(value, "", &mut found);
    found
}

fn at(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

fn is_unreadable(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Unreadable { .. }))
}

proptest! {
    #[test]
    fn any_document_opens_as_it_was_sealed(document in any_json(), chosen in any::<u64>()) {
        let secrets: Vec<String> = all_leaves(&document)
            .into_iter()
            .enumerate()
            .filter(|(index, _)| chosen >> (index % 64) & 1 == 1)
            .map(|(_, pointer)| pointer)
            .collect();
        let mut stored = document.clone();
        let sealed = seal(&KEYRING, "kind", secrets.clone(), &mut stored).unwrap();
        prop_assert_eq!(&sealed, &secrets);
        for pointer in all_leaves(&document) {
            let kept = stored.pointer(&pointer) == document.pointer(&pointer);
            prop_assert_eq!(kept, !secrets.contains(&pointer), "{}", pointer);
        }
        // As it lies in the storage, byte for byte.
        let mut stored: Value = serde_json::from_slice(&serde_json::to_vec(&stored).unwrap()).unwrap();
        open(&KEYRING, "kind", &sealed, &mut stored).unwrap();
        for pointer in secrets {
            prop_assert_eq!(stored.pointer(&pointer), document.pointer(&pointer), "{}", pointer);
        }
    }

    #[test]
    fn a_number_and_its_text_are_not_taken_for_each_other(number in any_number()) {
        let document = json!({ "apiToken": number, "other": number.to_string() });
        let mut stored = document.clone();
        let both = vec!["/apiToken".to_owned(), "/other".to_owned()];
        let sealed = seal(&KEYRING, "kind", both, &mut stored).unwrap();
        prop_assert!(!stored.to_string().contains(&number.to_string()) || number.to_string().len() < 4, "{}", stored);
        open(&KEYRING, "kind", &sealed, &mut stored).unwrap();
        prop_assert_eq!(stored, document);
    }

    #[test]
    fn a_moved_secret_does_not_open(one in ".*", other in ".*", names in ("[a-z]{1,5}", "[A-Z]{1,5}")) {
        let (first, second) = (format!("/{}", names.0), format!("/{}", names.1));
        let mut stored = json!({ names.0: one, names.1: other });
        let sealed = seal(&KEYRING, "kind", vec![first.clone(), second.clone()], &mut stored).unwrap();

        let mut swapped = stored.clone();
        *swapped.pointer_mut(&first).unwrap() = at(&stored, &second).into();
        *swapped.pointer_mut(&second).unwrap() = at(&stored, &first).into();
        let moved = open(&KEYRING, "kind", &sealed, &mut swapped);
        prop_assert!(is_unreadable(&moved));

        let elsewhere = open(&KEYRING, "another kind", &sealed, &mut stored);
        prop_assert!(is_unreadable(&elsewhere));
    }

    #[test]
    fn a_damaged_secret_does_not_open(secret in ".*", byte in any::<prop::sample::Index>()) {
        let text = KEYRING.seal("place", secret.as_bytes()).unwrap();
        let mut bytes = text.into_bytes();
        let index = byte.index(bytes.len());
        bytes[index] ^= 1;
        // Only the padding bits of the last base64 digit say nothing, and then nothing is changed.
        if let Ok(damaged) = String::from_utf8(bytes)
            && let Ok(opened) = KEYRING.open("place", &damaged)
        {
            prop_assert_eq!(opened.as_slice(), secret.as_bytes());
        }
    }
}

#[test]
fn the_same_secret_is_never_sealed_the_same() {
    let (one, other) = (KEYRING.seal("place", b"key").unwrap(), KEYRING.seal("place", b"key").unwrap());
    assert_ne!(one, other);
    assert!(one.starts_with("enc:v1:") && !one.contains("key:"));
    assert_eq!(KEYRING.open("place", &one).unwrap().as_slice(), b"key");
}

#[test]
fn another_keyring_says_which_secret_it_cannot_open() {
    let sealed = KEYRING.seal("place", b"key").unwrap();
    let error = keyring().open("place", &sealed).unwrap_err().to_string();
    assert!(error.contains("`place`") && error.contains("does not know"), "{error}");
}

#[test]
fn what_is_no_single_value_is_not_stored_open() {
    let mut document = json!({"a": {"token": ["sk-1"]}, "none": null});
    let pointers = vec!["/none".to_owned(), "/missing".to_owned()];
    assert!(seal(&KEYRING, "kind", pointers, &mut document).unwrap().is_empty());
    for pointer in ["/a/token", "/a"] {
        let refused = seal(&KEYRING, "kind", vec![pointer.to_owned()], &mut document).unwrap_err();
        assert!(matches!(refused, Error::SecretNotSingle { pointer: named } if named == pointer));
    }
}

#[test]
fn a_place_named_twice_is_sealed_once() {
    let mut document = json!({"token": "sk-1"});
    let twice = vec!["/token".to_owned(), "/token".to_owned()];
    let sealed = seal(&KEYRING, "kind", twice, &mut document).unwrap();
    open(&KEYRING, "kind", &sealed, &mut document).unwrap();
    assert_eq!(document, json!({"token": "sk-1"}));
}
