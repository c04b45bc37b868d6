//! Who acts on a bucket, told by a clock that the test moves.

use std::time::Duration;

use agm_store::{Error, Hold, LEASE_TTL, Leadership, Store};

use crate::bed::{Bed, draft};

const A: &str = "http://a:1";
const B: &str = "http://b:2";

fn lease(url: &str) -> Hold {
    Hold::Lease { url: url.to_owned() }
}

fn is_at(refusal: &Error, url: &str) -> bool {
    matches!(refusal, Error::NotLeader { holder_url: Some(holder) } if holder == url)
}

async fn two() -> (Bed, Store, Store) {
    let bed = Bed::mem_s3().await;
    let (a, b) = (bed.reader().await, bed.reader().await);
    a.acquire(lease(A)).await.unwrap();
    (bed, a, b)
}

#[tokio::test]
async fn the_second_reads_and_names_the_first() {
    let (_bed, a, b) = two().await;
    let refused = b.acquire(lease(B)).await.unwrap_err();
    assert!(is_at(&refused, A), "{refused}");
    let refused = b.append(0, draft("x")).await.unwrap_err();
    assert!(is_at(&refused, A), "{refused}");
    assert_eq!(b.leadership(), Leadership::Reading { holder_url: Some(A.to_owned()) });
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 });
    // Asking again changes nothing for the holder.
    assert_eq!(a.acquire(lease(A)).await.unwrap(), 1);
}

#[tokio::test]
async fn an_expired_lease_passes_on_and_its_holder_stops_before() {
    let (bed, a, b) = two().await;
    bed.advance(Duration::from_secs(10));
    a.renew().await.unwrap();
    bed.advance(Duration::from_secs(13));
    assert!(a.append(0, draft("x")).await.is_err(), "it stops before the others start");
    bed.advance(Duration::from_secs(3));
    assert!(b.acquire(lease(B)).await.is_err(), "clocks may differ");
    bed.advance(Duration::from_secs(1));
    assert_eq!(b.acquire(lease(B)).await.unwrap(), 2);

    let lost = a.renew().await.unwrap_err();
    assert!(is_at(&lost, B), "{lost}");
    assert!(is_at(&a.append(0, draft("x")).await.unwrap_err(), B));
    assert_eq!(b.append(0, draft("x")).await.unwrap().head.fencing, 2);
}

#[tokio::test]
async fn a_late_renewal_keeps_what_nobody_took() {
    let (bed, a, _b) = two().await;
    bed.advance(Duration::from_mins(1));
    assert_eq!(a.leadership(), Leadership::Reading { holder_url: None });
    a.renew().await.unwrap();
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 });
}

#[tokio::test]
async fn a_released_lease_is_free_at_once() {
    let (_bed, a, b) = two().await;
    a.release().await.unwrap();
    assert!(a.append(0, draft("x")).await.is_err());
    assert_eq!(b.acquire(lease(B)).await.unwrap(), 2);
    a.release().await.unwrap();
    b.renew().await.unwrap();
}

#[tokio::test]
async fn of_many_that_ask_at_once_one_acts() {
    let bed = Bed::mem_s3().await;
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = bed.reader().await;
        asking.spawn(async move { store.acquire(lease(&format!("http://{n}"))).await.is_ok() });
    }
    let acting = asking.join_all().await;
    assert_eq!(acting.into_iter().filter(|acts| *acts).count(), 1);
}

#[tokio::test]
async fn lost_answers_do_not_lose_the_lease() {
    let bed = Bed::mem_s3().await;
    let store = bed.reader().await;
    bed.server().faults().drop_next_writes(1);
    assert_eq!(store.acquire(lease(A)).await.unwrap(), 1);
    for _ in 0..2 {
        bed.advance(Duration::from_secs(5));
        bed.server().faults().drop_next_writes(1);
        store.renew().await.unwrap();
    }
    assert_eq!(store.leadership(), Leadership::Acting { fencing: 1 });
}

/// Every attempt of one write acts or meets what the first one wrote, and no answer arrives.
const EVERY_ATTEMPT: usize = 4;

#[tokio::test]
async fn a_renewal_that_was_never_answered_is_known_as_ours() {
    let (bed, a, b) = two().await;
    bed.advance(Duration::from_secs(5));
    bed.server().faults().drop_next_writes(EVERY_ATTEMPT);
    let failed = a.renew().await.unwrap_err();
    assert!(matches!(failed, Error::Blob(_)), "{failed}");
    bed.advance(Duration::from_secs(5));
    a.renew().await.unwrap();
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 });
    bed.advance(Duration::from_secs(9));
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 }, "it was renewed, not only recognised");
    assert!(is_at(&b.acquire(lease(B)).await.unwrap_err(), A));

    bed.server().faults().drop_next_writes(EVERY_ATTEMPT);
    assert!(a.renew().await.is_err());
    a.release().await.unwrap();
    assert_eq!(b.acquire(lease(B)).await.unwrap(), 2, "released at once, although the tag at hand was old");
}

#[tokio::test]
async fn a_lease_taken_without_an_answer_is_known_as_ours() {
    let bed = Bed::mem_s3().await;
    let a = bed.reader().await;
    bed.server().faults().drop_next_writes(EVERY_ATTEMPT);
    assert!(a.acquire(lease(A)).await.is_err());
    assert_eq!(a.acquire(lease(A)).await.unwrap(), 1);
    a.renew().await.unwrap();
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 });
}

#[tokio::test]
async fn an_unreachable_storage_leaves_the_lease_until_it_expires() {
    let (bed, a, _b) = two().await;
    bed.server().faults().fail_next(4);
    let failed = a.renew().await.unwrap_err();
    assert!(matches!(failed, Error::Blob(_)), "{failed}");
    assert_eq!(a.leadership(), Leadership::Acting { fencing: 1 });
    bed.advance(LEASE_TTL);
    assert_eq!(a.leadership(), Leadership::Reading { holder_url: None });
}

/// The holder's clock stood still, so it believes in its lease: the log itself refuses it.
#[tokio::test]
async fn a_stale_holder_cannot_lose_the_others_update() {
    let (bed, stale, _) = two().await;
    stale.append(0, draft("one")).await.unwrap();
    let mut config = bed.config();
    let later = config.clock.now() + LEASE_TTL + Duration::from_mins(1);
    config.clock = agm_store::Clock::new(move || later);
    let next = Store::open(config).await.unwrap();
    next.acquire(lease(B)).await.unwrap();
    next.append(1, draft("two")).await.unwrap();

    assert_eq!(stale.leadership(), Leadership::Acting { fencing: 1 });
    let refused = stale.append(1, draft("lost?")).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { parent: 1, newest: 2 }), "{refused}");
}

#[tokio::test]
async fn a_directory_is_held_by_its_lock_and_a_bucket_by_a_lease() {
    let dir = Bed::dir().await;
    let refused = dir.reader().await.acquire(lease(A)).await.unwrap_err();
    assert!(matches!(&refused, Error::WrongHold { .. }), "{refused}");
    let bucket = Bed::mem_s3().await;
    let refused = bucket.reader().await.acquire(dir.hold(A)).await.unwrap_err();
    assert!(matches!(refused, Error::WrongHold { .. }));
}
