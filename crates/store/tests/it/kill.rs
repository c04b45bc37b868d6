//! A process killed at any moment: what it acknowledged is there, and the store reads.
//!
//! `AGM_KILL_SEED` and `AGM_KILL_COUNT` choose the moments and their number.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agm_blob::Blob;
use agm_blob::lock::DirLock;
use agm_store::{Hold, KeyFile, Store, StoreConfig};
use bytes::Bytes;
use serde_json::json;

use crate::bed::{document, draft};

const CHILD: &str = "AGM_KILL_CHILD";

async fn open(dir: &Path) -> Store {
    let blob = Blob::dir(dir.join("store")).await.unwrap();
    let file = KeyFile::new(dir.join("master.key"));
    let master = file.load_or_generate(&blob).await.unwrap();
    let config = StoreConfig { secret_paths: |_| vec!["/providers/0/key".to_owned()], ..StoreConfig::new(blob, master) };
    Store::open(config).await.unwrap()
}

/// The process that is killed. It acknowledges every write on its output.
async fn write_until_killed(dir: &Path) {
    let lock = DirLock::acquire(dir).unwrap();
    let store = open(dir).await;
    let fencing = store.acquire(Hold::Lock(lock)).await.unwrap();
    let acknowledge = |what: &str, number: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "ack {what} {number}").unwrap();
        out.flush().unwrap();
    };
    acknowledge("fencing", fencing);
    let mut number = store.newest().await.unwrap().map_or(0, |newest| newest.number());
    loop {
        let name = format!("p{}", number + 1);
        let text = (number + 1).to_string();
        store.journal_put(&format!("{:020}", number + 1), "begun", json!({ "n": number + 1 })).await.unwrap();
        acknowledge("journal", number + 1);
        number = store.append(number, draft(&name)).await.unwrap().number();
        acknowledge("revision", number);
        store.publish("manager", Bytes::from(text)).await.unwrap();
        acknowledge("published", number);
    }
}

/// What one child acknowledged before it was killed.
#[derive(Default)]
struct Acknowledged {
    fencing: u64,
    journals: BTreeSet<u64>,
    revisions: BTreeSet<u64>,
    published: u64,
}

impl Acknowledged {
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        if words.next() != Some("ack") {
            return;
        }
        let (Some(what), Some(number)) = (words.next(), words.next()) else {
            return;
        };
        // The last line may be cut off by the kill.
        let Ok(number) = number.parse() else {
            return;
        };
        match what {
            "fencing" => self.fencing = number,
            "journal" => drop(self.journals.insert(number)),
            "revision" => drop(self.revisions.insert(number)),
            "published" => self.published = number,
            other => panic!("unknown acknowledgement {other}"),
        }
    }
}

/// Lets a child write until it has acknowledged `after` times and a moment more, and kills it.
fn run_and_kill(dir: &Path, after: u64, moment: Duration) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::what_was_acknowledged_survives", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Acknowledged::default();
    let mut seen = 0;
    while seen < after {
        let line = lines.next().expect("the child stopped by itself").unwrap();
        seen += u64::from(line.starts_with("ack "));
        acknowledged.take(&line);
    }
    let killing = Instant::now();
    while killing.elapsed() < moment {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        acknowledged.take(&line.unwrap());
    }
    acknowledged
}

/// Whether the kill came between the beginning of a write and its acknowledgement: it left a temporary file, or more than was acknowledged.
async fn hit_a_write(dir: &Path, acknowledged: &Acknowledged) -> bool {
    let store = open(dir).await;
    let newest = store.newest().await.unwrap().map_or(0, |newest| newest.number());
    let published = store.published("manager").await.unwrap();
    let published: u64 = published.map_or(0, |text| std::str::from_utf8(&text).unwrap().parse().unwrap());
    let journal = store.journal_ids(None, 1).await.unwrap().first().map_or(0, |id| id.parse().unwrap());
    let more = acknowledged.revisions.last().is_some_and(|last| newest > *last)
        || acknowledged.journals.last().is_some_and(|last| journal > *last)
        || (acknowledged.published > 0 && published > acknowledged.published);
    more || !leftovers(dir).is_empty()
}

fn leftovers(dir: &Path) -> Vec<u8> {
    Command::new("find").arg(dir.join("store")).args(["-name", ".agm-tmp-*"]).output().unwrap().stdout
}

async fn check(dir: &Path, acknowledged: &Acknowledged) {
    let lock = DirLock::acquire(dir).expect("a killed process holds nothing");
    let store = open(dir).await;
    let fencing = store.acquire(Hold::Lock(lock)).await.unwrap();
    assert!(fencing > acknowledged.fencing);

    let newest = store.newest().await.unwrap().map_or(0, |newest| newest.number());
    assert!(acknowledged.revisions.last().is_none_or(|last| *last <= newest));
    let heads = store.list(None, 10_000).await.unwrap();
    let numbers: Vec<u64> = heads.iter().map(|head| head.number).collect();
    assert_eq!(numbers, (1..=newest).rev().collect::<Vec<_>>(), "no gap, nothing lost");
    for number in 1..=newest {
        assert_eq!(store.read(number).await.unwrap().document, document(&format!("p{number}")));
    }
    for number in &acknowledged.journals {
        let entries = store.journal(&format!("{number:020}")).await.unwrap();
        assert_eq!(entries, [("begun".to_owned(), json!({ "n": number }))]);
    }
    if let Some(published) = store.published("manager").await.unwrap() {
        let published: u64 = std::str::from_utf8(&published).unwrap().parse().unwrap();
        assert!((acknowledged.published..=newest).contains(&published));
    }
    assert!(leftovers(dir).is_empty(), "the lock's holder has swept");
}

fn env_number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
async fn what_was_acknowledged_survives() {
    // It starts itself again as the process that is killed.
    if let Some(dir) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&dir)).await;
    }
    let seed = env_number("AGM_KILL_SEED", 1);
    let count = env_number("AGM_KILL_COUNT", 10);
    println!("AGM_KILL_SEED={seed} AGM_KILL_COUNT={count}");
    // A multiplicative generator is random enough to choose moments.
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut kills, mut hits) = (0, 0);
    // About one in five comes in the midst of a write; without any, nothing was tried.
    while kills < count || (hits == 0 && kills < 10 * count) {
        kills += 1;
        let (after, moment) = (random(12), Duration::from_micros(random(4000)));
        let acknowledged = run_and_kill(dir.path(), after, moment);
        hits += u64::from(hit_a_write(dir.path(), &acknowledged).await);
        check(dir.path(), &acknowledged).await;
    }
    println!("{hits} of {kills} kills hit a write");
    assert!(hits > 0, "none of {kills} kills hit a write");
}
