//! `--dry-run`: says what would happen, and writes nothing.

use std::path::Path;

use crate::bed::{Agm, Done, FREE, Place, files};

/// Everything that is kept, byte for byte.
struct Kept(Vec<(std::path::PathBuf, Vec<u8>)>);

impl Kept {
    fn of(data: &Path) -> Self {
        let mut kept = files(data, "agm");
        kept.extend(files(data, "agents"));
        let key = data.join("master.key");
        kept.push((key.clone(), std::fs::read(key).unwrap()));
        // Written by itself, from time to time.
        kept.retain(|(path, _)| !path.ends_with("agm/objects/evidence.json"));
        Self(kept)
    }

    #[track_caller]
    fn is_still(&self, data: &Path, what: &str) {
        let now = Self::of(data);
        let names = |kept: &Self| kept.0.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(self), names(&now), "{what}");
        assert!(self.0 == now.0, "{what}: a file differs");
    }
}

/// Runs it with `--dry-run`, as a table and as JSON, and compares what is kept.
async fn plans(agm: &Agm, args: &[&str], input: &str) -> (Done, serde_json::Value) {
    let before = Kept::of(&agm.place.data());
    let table = agm.run_with(&[args, &["--dry-run"]].concat(), input).await.exits(0);
    let json = agm.run_with(&[args, &["--dry-run", "-o", "json"]].concat(), input).await.exits(0).json();
    before.is_still(&agm.place.data(), &args.join(" "));
    (table, json)
}

#[tokio::test]
async fn agents_and_their_keys() {
    let agm = Agm::up().await;
    let _vendors = agm.with_vendors().await;
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    let file = agm.place.dir.join("openclaw.json");
    std::fs::write(&file, "{}\n").unwrap();
    let path = file.to_str().unwrap();

    let (table, json) = plans(&agm, &["agent", "set", "worker:alice", "--config", path], "").await;
    table.prints("would keep the model of worker:alice").prints("~ agent/worker:alice").prints(path);
    assert_eq!(json["agent"]["configFile"]["path"], path);
    assert_eq!(agm.json(&["agent", "show", "worker:alice"]).await.get("configFile"), None);
    let (table, _) = plans(&agm, &["agent", "add", "manager", "--config", path], "").await;
    table.prints("would keep the model of manager");
    agm.run(&["agent", "set", "worker:alice", "--config", path]).await.exits(0).prints("agm keeps the model");
    plans(&agm, &["agent", "set", "worker:alice", "--no-config"], "").await.0.prints("would keep no file");
    agm.run(&["set-model", "--target", "worker:alice", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);

    let key = agm.run(&["agent", "key", "worker:alice"]).await.exits(0).stdout;
    let content = std::fs::read(&file).unwrap();
    let (table, json) = plans(&agm, &["agent", "key", "worker:alice", "--rotate"], "").await;
    table.prints("would get a new gateway key").prints("~ consumer/worker-alice").prints("1 places of");
    // The present one's mask, and nothing of one that does not exist.
    let member = &json["changes"][0]["members"][0];
    assert_eq!((&member["before"], &member["after"]), (&json["agent"]["key"], &"…".into()), "{json}");
    assert!(!json.to_string().contains(key.trim()));
    assert_eq!(std::fs::read(&file).unwrap(), content);
    assert_eq!(agm.run(&["agent", "key", "worker:alice"]).await.exits(0).stdout, key);
    // No key, no plan of it: it would be another one.
    let (_, json) = plans(&agm, &["agent", "add", "bob"], "").await;
    assert_eq!(json["agent"].get("key"), None, "{json}");
    agm.run(&["agent", "key", "worker:alice", "--dry-run"]).await.exits(2);
    agm.stop().await;
}

#[tokio::test]
async fn backups() {
    let agm = Agm::up().await;
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    let (table, json) = plans(&agm, &["backup", "create", "before"], "").await;
    table.prints("would be kept for good (before)");
    assert_eq!((&json["id"], &json["label"]), (&2.into(), &"before".into()));
    agm.run(&["backup", "create", "before"]).await.exits(0).prints("is kept for good");
    plans(&agm, &["backup", "create", "other"], "").await.0.prints("it was called before");
    plans(&agm, &["backup", "rm", "2"], "").await.0.prints("would lose its label (before) and stay");
    plans(&agm, &["backup", "rm", "1"], "").await.0.prints("backup 1 would be removed");
    agm.run(&["backup", "rm", "3", "--dry-run"]).await.exits(4);
    agm.run(&["backup", "rm", "2", "--yes"]).await.exits(0).prints("lost its label");
    agm.run(&["backup", "rm", "2", "--dry-run"]).await.exits(5).says("is in force");
    agm.run(&["backup", "rm", "1", "--yes"]).await.exits(0).prints("backup 1 removed");
    agm.stop().await;
}

#[tokio::test]
async fn tokens() {
    let agm = Agm::up().await;
    let (table, json) = plans(&agm, &["token", "create", "ci", "--role", "viewer", "--expires-in", "90d"], "").await;
    table.prints("token ci would be made: viewer, until 20");
    assert_eq!((&json["role"], json.get("secret"), json.get("id")), (&"viewer".into(), None, None), "{json}");
    assert!(!json.to_string().contains("agm_t_"));
    agm.run(&["token", "create", "no name", "--dry-run"]).await.exits(2);
    let made = agm.json(&["token", "create", "ci", "--role", "viewer"]).await;
    agm.run(&["token", "create", "ci", "--dry-run"]).await.exits(5).says("already");
    let id = made["token"]["id"].as_str().unwrap();
    plans(&agm, &["token", "revoke", id], "").await.0.prints("token ci").prints("would be out of use");
    agm.run(&["token", "revoke", "nonsense", "--dry-run"]).await.exits(4);
    assert_eq!(agm.json(&["token", "list"]).await["items"][0]["id"], id);
    agm.run(&["token", "revoke", id, "--yes"]).await.exits(0).prints("is out of use");
    assert_eq!(agm.json(&["token", "list"]).await["items"].as_array().unwrap().len(), 0);
    agm.stop().await;
}

#[tokio::test]
async fn the_master_key() {
    let agm = Agm::up().await;
    let (table, json) = plans(&agm, &["key", "rotate"], "").await;
    table.prints("would be sealed with a key that is made then").prints("next: back up the key file");
    let former = json["former"].as_str().unwrap().to_owned();
    assert_eq!(json.get("keyId"), None, "{json}");
    let given = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let (table, json) = plans(&agm, &["key", "rotate", "--key-stdin"], given).await;
    let id = json["keyId"].as_str().unwrap();
    assert!(table.prints(&format!("would be sealed with key {id} (before: {former})")).stdout.find(given).is_none());
    agm.run_with(&["key", "rotate", "--key-stdin", "--dry-run"], "too short").await.exits(2);
    agm.run_with(&["key", "rotate", "--key-stdin", "--yes"], given).await.exits(0).prints(&format!("is sealed with key {id}"));
    agm.stop().await;
}

#[tokio::test]
async fn the_monitor() {
    let place = Place::new();
    let start = [["monitor", "start", "--dry-run"].as_slice(), &FREE].concat();
    place.run(&start).await.exits(0).prints("would be started").prints("127.0.0.1:0");
    place.run(&["monitor", "stop", "--dry-run"]).await.exits(3);
    assert!(!place.data().exists(), "nothing was made");
    place.run(&["monitor", "start", "--listen", "nowhere", "--dry-run"]).await.exits(2);

    let agm = Agm::up().await;
    let pid = agm.process.pid().to_string();
    agm.run(&["monitor", "stop", "--dry-run"]).await.exits(0).prints("would be stopped").prints(&pid);
    agm.run(&["monitor", "restart", "--dry-run"]).await.exits(0).prints(&pid).prints("would be started");
    agm.run(&start).await.exits(5).says("runs already");
    agm.run(&["monitor", "status"]).await.exits(0).prints(&pid);
    agm.stop().await;
}
