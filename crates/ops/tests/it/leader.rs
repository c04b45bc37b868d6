//! Two processes on one bucket: one acts, the other reads and says where to go.

use std::time::Duration;

use agm_blob::S3Config;
use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_domain::switch::SwitchState;
use agm_ops::{Agm, NewAgent, Settings, Storage};
use agm_testkit::dir::DataDir;
use agm_testkit::s3::MemS3;
use jiff::SignedDuration;

use crate::switches::request;
use crate::world::{KEY, actor, new_provider, script, settings};

/// base64 of 32 bytes.
const MASTER: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn on_bucket(dir: &DataDir, s3: &MemS3, url: &str) -> Settings {
    let config = S3Config {
        endpoint: Some(s3.endpoint().to_owned()),
        region: "us-east-1".to_owned(),
        bucket: s3.bucket().to_owned(),
        prefix: "team".to_owned(),
        access_key: s3.access_key().to_owned(),
        secret_key: s3.secret_key().to_owned().into(),
        session_token: None,
        path_style: true,
        extra_ca_pem: None,
    };
    let base = settings(dir);
    Settings { storage: Storage::S3(Box::new(config)), master_key: Some(Secret::from(MASTER)), management_url: url.to_owned(), ..base }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_acts_the_other_reads_and_takes_over() {
    let s3 = MemS3::start().await.unwrap();
    let vendor = agm_simvendor::Vendor::start(script("one").key(KEY)).await.unwrap();
    let (first_dir, second_dir) = (DataDir::new("first").unwrap(), DataDir::new("second").unwrap());
    let first = Agm::start(on_bucket(&first_dir, &s3, "http://first.example")).await.unwrap();
    first.add_provider(&actor(), &new_provider("alpha", "qwen", KEY, &vendor), false).await.unwrap();
    let second = Agm::start(on_bucket(&second_dir, &s3, "http://second.example")).await.unwrap();
    assert!(first.is_acting() && !second.is_acting());

    // The second reads everything, secrets included: its gateway serves.
    assert_eq!(second.current().head, first.current().head);
    assert!(second.probe(&"manager".into(), "m", false).await.success);
    let refused = second.add_agent(&actor(), NewAgent { name: "alice".to_owned(), ..NewAgent::default() }, false).await.unwrap_err();
    assert_eq!((refused.code, &refused.details["leader"]), (Code::NotLeader, &"http://first.example".into()));
    assert_eq!(second.start_switch(&actor(), request("manager", "alpha", "m")).await.unwrap_err().code, Code::NotLeader);

    // What the first changes, the second serves a moment later.
    first.add_agent(&actor(), NewAgent { name: "alice".to_owned(), ..NewAgent::default() }, false).await.unwrap();
    let mut events = second.events().subscribe(None).1;
    while second.current().head != first.current().head {
        tokio::time::timeout(Duration::from_secs(20), events.recv()).await.expect("the second never saw the change").unwrap();
    }

    // When the first stops, the second takes over and goes on with the same log.
    first.shutdown(Duration::from_secs(5)).await;
    let begun = std::time::Instant::now();
    let taken = loop {
        match second.add_agent(&actor(), NewAgent { name: "bob".to_owned(), ..NewAgent::default() }, false).await {
            Ok(added) => break added,
            Err(error) => assert!([Code::NotLeader, Code::InProgress].contains(&error.code), "{error}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "nobody took over");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(taken.agent.id, "worker:bob");
    assert_eq!(second.agents().len(), 3);
    second.shutdown(Duration::from_secs(5)).await;
}

/// What of a bucket has to be asked for at a start does not grow with the switches that ended.
#[tokio::test(flavor = "multi_thread")]
async fn looking_for_what_was_cut_off_reads_no_journal_that_ended() {
    let s3 = MemS3::start().await.unwrap();
    let dir = DataDir::new("many").unwrap();
    let agm = Agm::start(on_bucket(&dir, &s3, "http://first.example")).await.unwrap();
    for number in 0..200 {
        agm.store().journal_put(&format!("{number:03}"), "end", serde_json::json!({})).await.unwrap();
    }
    agm.shutdown(Duration::from_secs(5)).await;
    drop(agm);
    let asked = s3.requests();
    let agm = Agm::start(on_bucket(&dir, &s3, "http://first.example")).await.unwrap();
    let asked = s3.requests() - asked;
    assert!(asked < 60, "{asked} requests");
    agm.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_is_kept_while_recovery_takes_its_time() {
    let s3 = MemS3::start().await.unwrap();
    let vendor = agm_simvendor::Vendor::start(script("one").key(KEY)).await.unwrap();
    let dir = DataDir::new("slow").unwrap();
    let settings = || on_bucket(&dir, &s3, "http://first.example");
    let agm = Agm::start(settings()).await.unwrap();
    agm.add_provider(&actor(), &new_provider("alpha", "qwen", KEY, &vendor), false).await.unwrap();
    let id = agm.start_switch(&actor(), request("manager", "alpha", "m")).await.unwrap();
    agm.wait_for_switch(&id, Duration::from_secs(20)).await.unwrap();
    agm.shutdown(Duration::from_secs(5)).await;
    drop(agm);
    let Storage::S3(config) = settings().storage else { unreachable!() };
    let blob = agm_blob::Blob::s3(&config).unwrap();
    blob.delete(&format!("agm/switches/{id}/end.json")).await.unwrap();

    s3.faults().latency(Duration::from_millis(500));
    let agm = Agm::start(settings()).await.unwrap();
    s3.faults().latency(Duration::ZERO);
    assert_eq!(agm.switch(&id).await.unwrap().state, SwitchState::Done);
    let (path, lease) = s3.objects().into_iter().find(|(path, _)| path.ends_with("agm/lease.json")).unwrap();
    let lease: serde_json::Value = serde_json::from_slice(&lease).unwrap();
    let renewed: jiff::Timestamp = lease["renewed"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(renewed);
    assert!(agm.is_acting() && age < SignedDuration::from_secs(8), "{path} was renewed {age:#} ago");
    agm.add_agent(&actor(), NewAgent { name: "alice".to_owned(), ..NewAgent::default() }, false).await.unwrap();
    agm.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_ignores_conditions_is_refused() {
    let s3 = MemS3::start().await.unwrap();
    s3.faults().ignore_conditions(true);
    let dir = DataDir::new("refused").unwrap();
    let Err(error) = Agm::start(on_bucket(&dir, &s3, "http://first.example")).await else { panic!("it started") };
    assert_eq!(error.code, Code::StoreFailed, "{error}");
    assert!(error.to_string().contains("cannot hold the revision log"), "{error}");
    assert!(!error.to_string().contains(s3.secret_key()));
}
