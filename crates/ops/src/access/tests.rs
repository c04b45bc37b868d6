#![allow(clippy::unwrap_used, clippy::panic)]
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::Instant;

use super::password::{Hasher, is_weak};
use super::remembered::Remembered;
use super::throttle::Throttle;
use super::*;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

async fn fail(throttle: &Throttle, user: &str, client: IpAddr) -> Duration {
    let begun = Instant::now();
    throttle.attempt(user, client).await.unwrap().failed().await;
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn failures_are_answered_later_each_time_up_to_a_limit() {
    let throttle = Throttle::default();
    let mut last = Duration::ZERO;
    for _ in 0..12 {
        let took = fail(&throttle, "admin", CLIENT).await;
        assert!(took >= last && took <= Duration::from_millis(5100), "{took:?} after {last:?}");
        last = took;
    }
    assert!(last >= Duration::from_secs(5));
    // The same user from elsewhere, and another user from here: both are late too.
    assert!(fail(&throttle, "admin", ELSEWHERE).await >= Duration::from_secs(5));
    assert!(fail(&throttle, "root", CLIENT).await >= Duration::from_secs(5));
    // Neither: at once, nearly.
    assert!(fail(&throttle, "somebody", IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))).await < Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_success_or_time_lets_failures_be_forgotten() {
    let throttle = Throttle::default();
    for _ in 0..6 {
        fail(&throttle, "admin", CLIENT).await;
    }
    throttle.attempt("admin", CLIENT).await.unwrap().succeeded();
    assert!(fail(&throttle, "admin", CLIENT).await < Duration::from_millis(200));
    for _ in 0..6 {
        fail(&throttle, "admin", CLIENT).await;
    }
    tokio::time::advance(Duration::from_mins(16)).await;
    assert!(fail(&throttle, "admin", CLIENT).await < Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn guessing_in_parallel_gains_nothing() {
    let throttle = Arc::new(Throttle::default());
    for _ in 0..8 {
        fail(&throttle, "admin", CLIENT).await;
    }
    let begun = Instant::now();
    let guesses = (0..16).map(|_| {
        let throttle = throttle.clone();
        async move { fail(&throttle, "admin", CLIENT).await }
    });
    futures_util::future::join_all(guesses).await;
    // Four at a time, five seconds each.
    assert!(begun.elapsed() >= Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_keeps_the_turn() {
    let throttle = Throttle::default();
    for _ in 0..8 {
        fail(&throttle, "admin", CLIENT).await;
    }
    let begun = Instant::now();
    for _ in 0..8 {
        let failed = throttle.attempt("admin", CLIENT).await.unwrap().failed();
        // Polled once, then dropped, as with a client that does not wait.
        assert!(futures_util::FutureExt::now_or_never(failed).is_none());
    }
    assert!(begun.elapsed() >= Duration::from_secs(5), "four turns, then a wait: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_other_users_does_not_hold_up_a_login() {
    let throttle = Throttle::default();
    let mut held = Vec::new();
    for number in 0..200 {
        let failed = throttle.attempt(&format!("user{number}"), CLIENT).await.unwrap().failed();
        held.push(Box::pin(failed));
        assert!(futures_util::poll!(held.last_mut().unwrap()).is_pending());
    }
    let begun = Instant::now();
    throttle.attempt("admin", CLIENT).await.unwrap().succeeded();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

/// Guesses at once on the admin, from the address of the admin.
async fn flood(throttle: &Throttle, guesses: usize) -> Vec<Option<Duration>> {
    let guess = || async {
        let begun = Instant::now();
        throttle.attempt("admin", CLIENT).await.ok()?.failed().await;
        Some(begun.elapsed())
    };
    futures_util::future::join_all((0..guesses).map(|_| guess())).await
}

#[tokio::test(start_paused = true)]
async fn a_login_in_a_crowd_waits_and_is_let_in() {
    let throttle = Throttle::default();
    let right = async {
        // Behind all of them.
        tokio::task::yield_now().await;
        let begun = Instant::now();
        throttle.attempt("admin", CLIENT).await.unwrap().succeeded();
        begun.elapsed()
    };
    let (guesses, waited) = tokio::join!(flood(&throttle, 120), right);
    assert!(waited <= Duration::from_secs(21), "{waited:?}");
    assert!(waited >= Duration::from_secs(5), "guessing in a crowd is slow for everybody: {waited:?}");
    // The first four found nothing that had failed before.
    let late = guesses.iter().flatten().filter(|took| **took >= Duration::from_secs(5)).count();
    assert!(late > 100 && guesses.iter().all(Option::is_some), "{guesses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_without_end_is_sent_away_and_lets_a_later_login_in() {
    let throttle = Throttle::default();
    let begun = Instant::now();
    let answers = flood(&throttle, 1000).await;
    let judged = answers.iter().flatten().count();
    assert!((128..=256).contains(&judged), "{judged}");
    // Each of those who were judged late keeps its place until it is answered, so no more are judged in the same time.
    assert!(begun.elapsed() >= Duration::from_secs(25), "{:?}", begun.elapsed());
    let begun = Instant::now();
    throttle.attempt("admin", CLIENT).await.unwrap().succeeded();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_password_is_remembered_for_five_minutes() {
    let remembered = Remembered::new().unwrap();
    let (right, wrong) = (Secret::from("right"), Secret::from("wrong"));
    remembered.put("admin", &right);
    assert!(remembered.holds("admin", &right));
    assert!(!remembered.holds("admin", &wrong) && !remembered.holds("root", &right));
    tokio::time::advance(Duration::from_secs(301)).await;
    assert!(!remembered.holds("admin", &right));
}

#[tokio::test]
async fn a_hash_matches_its_password_only() {
    let hasher = Hasher::default();
    let hash = hasher.hash(Secret::from("a password")).await.unwrap();
    assert!(hash.starts_with("$argon2id$"));
    assert!(hasher.matches(Secret::from("a password"), hash.clone()).await.unwrap());
    assert!(!hasher.matches(Secret::from("A password"), hash).await.unwrap());
    assert!(hasher.matches(Secret::from("x"), "garbled".to_owned()).await.is_err());
}

#[test]
fn weak_passwords_are_those_that_are_tried_first() {
    for weak in ["", "admin", "1234567", "Password", "administrator", "Superuser"] {
        assert!(is_weak("superuser", &Secret::from(weak)), "{weak}");
    }
    for strong in ["a-password-for-tests", "correct horse", "8letters"] {
        assert!(!is_weak("superuser", &Secret::from(strong)), "{strong}");
    }
}

#[test]
fn made_passwords_can_be_read_aloud_and_differ() {
    let (one, two) = (random::password().unwrap(), random::password().unwrap());
    assert_ne!(one, two);
    assert!(one.expose().split('-').all(|group| group.len() == 5), "four groups of five");
    assert_eq!(one.expose().len(), 23);
}
