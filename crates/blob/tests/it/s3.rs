//! What S3 adds: lost answers, servers that ignore conditions, refusals.

use std::time::Instant;

use agm_blob::{Blob, Error, Lack};
use agm_testkit::s3::MemS3;
use bytes::Bytes;

use crate::bed::config_of;

const SECRET: &str = "planted-secret-key-7f3a";

async fn start() -> (MemS3, Blob) {
    let server = MemS3::start().await.unwrap();
    let blob = Blob::s3(&config_of(&server)).unwrap();
    (server, blob)
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn keys_carry_the_prefix() {
    let (server, blob) = start().await;
    blob.put("agm/x", text("one")).await.unwrap();
    let keys: Vec<String> = server.objects().into_keys().collect();
    assert_eq!(keys, ["team/a/agm/x"]);
    assert_eq!(blob.list("", None).await.unwrap(), ["agm/x"]);
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let (server, blob) = start().await;
    server.faults().fail_next(2);
    let tag = blob.put_new("a", text("one")).await.unwrap();
    server.faults().fail_next(2);
    blob.put_if("a", text("two"), &tag).await.unwrap();
    server.faults().fail_next(1);
    assert_eq!(blob.get("a").await.unwrap().unwrap().bytes, text("two"));
    server.faults().fail_next(1);
    assert_eq!(blob.list("", None).await.unwrap(), ["a"]);
    server.faults().fail_next(1);
    blob.delete("a").await.unwrap();
    assert!(server.objects().is_empty());
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_meets_itself() {
    let (server, blob) = start().await;
    server.faults().drop_next_writes(1);
    let tag = blob.put_new("a", text("mine")).await.unwrap();
    assert_eq!(blob.get("a").await.unwrap().unwrap().tag, tag);
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_meets_itself() {
    let (server, blob) = start().await;
    let first = blob.put_new("a", text("one")).await.unwrap();
    server.faults().drop_next_writes(1);
    let second = blob.put_if("a", text("two"), &first).await.unwrap();
    assert_eq!(blob.get("a").await.unwrap().unwrap().tag, second);
}

#[tokio::test]
async fn a_lost_answer_does_not_make_anothers_object_ours() {
    let (server, blob) = start().await;
    blob.put_new("a", text("theirs")).await.unwrap();
    server.faults().fail_next(1);
    let refused = blob.put_new("a", text("mine")).await.unwrap_err();
    assert!(matches!(refused, Error::Exists { .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_stays_down_is_unavailable() {
    let (server, blob) = start().await;
    server.faults().fail_next(100);
    let failed = blob.put_new("a", text("one")).await.unwrap_err();
    assert!(failed.is_ambiguous(), "{failed}");

    let mut config = config_of(&server);
    config.endpoint = Some("http://127.0.0.1:1".to_owned());
    let started = Instant::now();
    let failed = Blob::s3(&config).unwrap().get("a").await.unwrap_err();
    assert!(matches!(failed, Error::Unavailable { .. }), "{failed}");
    assert!(started.elapsed().as_secs() < 15);
}

#[tokio::test]
async fn a_server_that_ignores_conditions_fails_the_self_test() {
    let (server, blob) = start().await;
    server.faults().ignore_conditions(true);
    let result = blob.self_test("agm/self-test").await.unwrap();
    assert_eq!(result.lacks, [Lack::CreateIfAbsent, Lack::UpdateIfUnchanged]);
    let said = result.to_string();
    assert!(said.contains("If-None-Match") && said.contains("If-Match"));
    assert!(server.objects().is_empty(), "the self-test cleans up");
}

#[tokio::test]
async fn wrong_credentials_are_refused_at_once_and_never_shown() {
    let server = MemS3::start().await.unwrap();
    let mut config = config_of(&server);
    config.secret_key = SECRET.into();
    config.session_token = Some(SECRET.into());
    let blob = Blob::s3(&config).unwrap();
    let refused = blob.get("a").await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    assert_eq!(server.requests(), 1, "no use in asking again");
    let shown = format!("{config:?} {blob:?} {} {refused} {refused:?}", blob.describe());
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let server = MemS3::start().await.unwrap();
    let mut config = config_of(&server);
    config.bucket = String::new();
    assert!(matches!(Blob::s3(&config), Err(Error::Settings { .. })));
    let mut config = config_of(&server);
    config.prefix = "a/../b".to_owned();
    assert!(matches!(Blob::s3(&config), Err(Error::Settings { .. })));
    let mut config = config_of(&server);
    config.endpoint = Some(format!("http://user:{SECRET}@127.0.0.1:1"));
    let refused = Blob::s3(&config).unwrap_err();
    assert!(matches!(refused, Error::Settings { .. }));
    assert!(!format!("{refused} {refused:?}").contains(SECRET));
}
