#![allow(clippy::unwrap_used)]

use agm_domain::endpoint::resolve;
use agm_domain::name::ProviderName;
use agm_domain::provider::TokenFailoverConfig;

use super::*;

fn provider(keys: &[&str]) -> Provider {
    let mut provider = Provider::new(ProviderName::from("p"), "openai", keys.iter().map(|k| Secret::from(*k)).collect());
    provider.token_failover_config = Some(TokenFailoverConfig {
        enabled: Some(true),
        failure_threshold: Some(2),
        success_threshold: Some(2),
        health_check_model: Some("m".to_owned()),
        ..TokenFailoverConfig::default()
    });
    provider
}

fn tokens(provider: &Provider, before: Option<&Tokens>) -> Tokens {
    Tokens::new(provider, &resolve(provider).unwrap(), before)
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn picked(tokens: &Tokens) -> Vec<usize> {
    (0..12).map(|dice| tokens.pick(dice, None).unwrap().index).collect()
}

#[test]
fn failures_in_a_row_take_a_key_out_and_checks_bring_it_back() {
    let provider = provider(&["a", "b", "c"]);
    let tokens = tokens(&provider, None);
    let b = &tokens.list()[1];
    assert!(!tokens.note(b, 500, &now));
    assert!(!tokens.note(b, 200, &now), "a success between starts the count anew");
    assert!(!tokens.note(b, 429, &now));
    assert!(tokens.note(b, 401, &now));
    assert_eq!(b.state.health().out, Some((now(), 401)));
    assert!(!picked(&tokens).contains(&1));
    assert!(!tokens.checked(b, true));
    assert!(!tokens.checked(b, false), "a failure between starts the count anew");
    assert!(!tokens.checked(b, true));
    assert!(tokens.checked(b, true));
    assert!(picked(&tokens).contains(&1));
}

#[test]
fn when_all_are_out_any_is_used() {
    let provider = provider(&["a", "b"]);
    let tokens = tokens(&provider, None);
    for token in tokens.list() {
        tokens.note(token, 500, &now);
        tokens.note(token, 500, &now);
    }
    assert_eq!(picked(&tokens).iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
}

#[test]
fn the_state_follows_the_key_through_changes() {
    let before = tokens(&provider(&["a", "b"]), None);
    for _ in 0..2 {
        before.note(&before.list()[0], 500, &now);
    }
    let after = tokens(&provider(&["new", "b", "a"]), Some(&before));
    let out: Vec<bool> = after.list().iter().map(|t| t.state.is_out()).collect();
    assert_eq!(out, [false, false, true]);
}

#[test]
fn stateful_apis_stay_on_one_key() {
    let tokens = tokens(&provider(&["a", "b", "c"]), None);
    let sticky: Vec<usize> = (0..12).map(|dice| tokens.pick(dice, Some("worker-a")).unwrap().index).collect();
    assert!(sticky.iter().all(|index| *index == sticky[0]), "{sticky:?}");
    // FNV-1a of the published test vectors.
    assert_eq!((fnv1a(""), fnv1a("a"), fnv1a("foobar")), (0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968));
}

#[test]
fn status_patterns_are_those_of_higress() {
    for (pattern, status, expected) in
        [("4.*", "404", true), ("4.*", "500", false), ("429", "429", true), ("42", "429", false), ("5..", "503", true), (".*", "200", true)]
    {
        assert_eq!(matches(pattern, status), expected, "{pattern} {status}");
    }
}

#[test]
fn another_key_is_another_key() {
    let two = tokens(&provider(&["a", "b"]), None);
    assert!((0..8).all(|dice| two.pick_other(dice, &two.list()[0]).unwrap().index == 1));
    let one = tokens(&provider(&["a"]), None);
    assert!(one.pick_other(1, &one.list()[0]).is_none());
}
