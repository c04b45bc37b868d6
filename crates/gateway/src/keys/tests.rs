#![allow(clippy::unwrap_used)]

use agm_domain::consumer::Credential;
use agm_domain::name::ConsumerName;
use agm_domain::secret::Secret;
use http::HeaderValue;
use serde_json::Map;

use super::*;

fn keys() -> Keys {
    let mut document = Document::default();
    let mut add = |name: &str, source: KeySource, key: Option<&str>, value: &str| {
        let mut consumer = Consumer::bearer(ConsumerName::from(name), Secret::from(value));
        consumer.credentials = vec![Credential {
            kind: "key-auth".to_owned(),
            source,
            key: key.map(str::to_owned),
            values: vec![Secret::from(value)],
            rest: Map::new(),
        }];
        document.consumers.insert(consumer.name.clone(), consumer);
    };
    add("bearer", KeySource::Bearer, None, "key-1");
    add("header", KeySource::Header, Some("X-My-Key"), "key-2");
    add("query", KeySource::Query, Some("api key"), "key-3+");
    add("whole", KeySource::Header, Some("Authorization"), "Token key-4");
    Keys::new(&document, &mut |_| Arc::default(), &mut Vec::new())
}

fn who(headers: &[(&'static str, &'static str)], query: &str) -> String {
    let keys = keys();
    let map = headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect();
    match keys.identify(&map, query) {
        Who::Known(index) => keys.caller(index).name.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_key_counts_where_its_credential_says() {
    assert_eq!(who(&[("authorization", "Bearer key-1")], ""), "bearer");
    assert_eq!(who(&[("authorization", "bearer  key-1")], ""), "bearer");
    assert_eq!(who(&[("x-api-key", "key-1")], ""), "bearer");
    assert_eq!(who(&[("x-my-key", "key-2")], ""), "header");
    assert_eq!(who(&[], "a=1&api+key=key-3%2b"), "query");
    assert_eq!(who(&[("authorization", "Token key-4")], ""), "whole");
}

#[test]
fn a_key_counts_nowhere_else() {
    assert_eq!(who(&[("authorization", "Bearer key-2")], ""), "Unknown");
    assert_eq!(who(&[("x-my-key", "key-1")], ""), "Unknown");
    assert_eq!(who(&[], "api+key=key-1"), "Unknown");
    assert_eq!(who(&[("authorization", "key-1")], ""), "Unknown");
    assert_eq!(who(&[("x-api-key", "")], ""), "Absent");
    assert_eq!(who(&[], ""), "Absent");
}

#[test]
fn the_first_known_key_counts() {
    assert_eq!(who(&[("authorization", "Bearer wrong"), ("x-my-key", "key-2")], ""), "header");
}

#[test]
fn keys_leave_the_query() {
    let names = ["api key".to_owned()];
    assert_eq!(without_keys("a=1&api+key=x&b=2&api%20key=y&c", &names), "a=1&b=2&c");
    assert_eq!(without_keys("a=%zz&b", &names), "a=%zz&b");
}
