//! Lost answers and a server that fails, at the store's level.

use agm_store::Error;

use crate::bed::{Bed, draft};

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_done_once() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    for lost in [1, 2, 4] {
        let parent = store.newest().await.unwrap().map_or(0, |newest| newest.number());
        bed.server().faults().drop_next_writes(lost);
        let appended = store.append(parent, draft("x")).await.unwrap();
        bed.server().faults().drop_next_writes(0);
        let read = bed.reader().await.newest().await.unwrap().unwrap();
        assert_eq!(read.head, appended.head);
    }
    assert_eq!(store.list(None, 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_append_that_stays_unanswered_is_said_to_be_uncertain() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    bed.server().faults().fail_next_writes(1000);
    let failed = store.append(1, draft("two")).await.unwrap_err();
    assert!(matches!(failed, Error::Uncertain { number: 2, .. }), "{failed}");
    bed.server().faults().fail_next_writes(0);
    assert_eq!(store.newest().await.unwrap().unwrap().number(), 1);
    store.append(1, draft("two")).await.unwrap();
}

#[tokio::test]
async fn an_append_that_was_never_sent_is_no_riddle() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    store.append(0, draft("one")).await.unwrap();
    bed.server().faults().fail_next(1000);
    let failed = store.append(1, draft("two")).await.unwrap_err();
    assert!(matches!(failed, Error::Blob(_)), "the listing before it failed: {failed}");
    bed.server().faults().fail_next(0);
    store.append(1, draft("two")).await.unwrap();
}

#[tokio::test]
async fn a_journal_entry_whose_answer_is_lost_is_written_once() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    bed.server().faults().drop_next_writes(4);
    store.journal_put("s", "1", serde_json::json!({"n": 1})).await.unwrap();
    assert_eq!(store.journal("s").await.unwrap().len(), 1);
}

#[tokio::test]
async fn heads_are_read_once() {
    let bed = Bed::mem_s3().await;
    let store = bed.store().await;
    for parent in 0..3 {
        store.append(parent, draft("x")).await.unwrap();
    }
    let reader = bed.reader().await;
    reader.list(None, 500).await.unwrap();
    let before = bed.server().requests();
    assert_eq!(reader.list(None, 500).await.unwrap().len(), 3);
    assert_eq!(bed.server().requests() - before, 1, "only the names are listed again");
    let before = bed.server().requests();
    reader.newest().await.unwrap();
    reader.newest().await.unwrap();
    assert_eq!(bed.server().requests() - before, 3, "a listing each, the document once");
}
