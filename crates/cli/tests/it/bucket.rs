//! `agm up` on a bucket instead of a directory.

use agm_testkit::s3::MemS3;

use crate::bed::{FREE, KEY, Place, vendor};

/// 32 bytes.
const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn place(s3: &MemS3) -> Place {
    Place::new()
        .env("AGM_STORE", "s3")
        .env("AGM_S3_ENDPOINT", s3.endpoint())
        .env("AGM_S3_BUCKET", s3.bucket())
        .env("AGM_S3_PREFIX", "team")
        .env("AGM_S3_ACCESS_KEY", s3.access_key())
        .env("AGM_S3_SECRET_KEY", s3.secret_key())
}

#[tokio::test]
async fn one_acts_the_other_watches_and_the_state_survives_both() {
    let s3 = MemS3::start().await.unwrap();
    let done = place(&s3).run(&[["up"].as_slice(), &FREE].concat()).await.exits(1);
    assert!(done.stderr.contains("AGM_MASTER_KEY"), "{done:#?}");

    let agm = place(&s3).env("AGM_MASTER_KEY", MASTER).up().await;
    let qwen = vendor("qwen", agm_simvendor::Flavour::Qwen).await;
    agm.add("qwen", &qwen.url()).await.exits(0);
    agm.run(&["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);
    assert!(s3.objects().keys().any(|name| name == "team/agents/manager/model.json"), "{:?}", s3.objects().keys());
    let leaks = s3.objects().into_iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(KEY)).count();
    assert_eq!(leaks, 0);

    let second = place(&s3).env("AGM_MASTER_KEY", MASTER).up().await;
    assert!(
        second.process.output().iter().any(|line| line.text.contains("another agm acts on this store")),
        "{:?}",
        second.process.output()
    );
    second.run(&["provider", "list"]).await.exits(0).prints("qwen");
    second.run(&["agent", "add", "alice"]).await.exits(5).says("NOT_LEADER");
    second.stop().await;
    agm.stop().await;

    let third = place(&s3).env("AGM_MASTER_KEY", MASTER).up().await;
    third.run(&["get-assignment", "manager"]).await.exits(0).prints("qwen3.5-plus");
    third.stop().await;
}
