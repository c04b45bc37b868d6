//! The evidence `loaded`, from real log files that grow, rotate and are cut.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use agm_agents::openclaw::log::Loaded;
use agm_agents::standalone::{Delivered, Error, Target, deliver, loaded};
use tempfile::TempDir;

use crate::standalone::{CONFIG, now, wish};

const BEFORE: &str = "2026-11-20T12:51:54.943+00:00";
const AFTER: &str = "2026-11-20T12:51:55.704+00:00";

struct Agent {
    folder: TempDir,
    target: Target,
}

impl Agent {
    fn with_log(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("openclaw.json");
        fs::write(&config, CONFIG).unwrap();
        let target = Target { config, log: Some(folder.path().join(name)) };
        Self { folder, target }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn deliver(&self) -> Delivered {
        deliver(&self.target, &wish("new"), None, now()).unwrap()
    }

    fn loaded(&self, delivered: &Delivered) -> Loaded {
        loaded(&self.target, delivered, &[]).unwrap()
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn applied(time: &str) -> String {
    let message = "config hot reload applied (agents.defaults.model.primary)";
    let line = serde_json::json!({ "_meta": { "name": r#"{"subsystem":"gateway/reload"}"# }, "time": time, "message": message });
    format!("{line}\n")
}

#[test]
fn a_line_after_the_delivery_is_the_evidence() {
    let agent = Agent::with_log("openclaw.log");
    let log = agent.path("openclaw.log");
    append(&log, &applied(BEFORE));
    let delivered = agent.deliver();
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet, "what was there before says nothing");
    let line = applied(AFTER);
    append(&log, &line[..40]);
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet, "half a line says nothing");
    append(&log, &line[40..]);
    let Loaded::Yes(evidence) = agent.loaded(&delivered) else { panic!() };
    assert_eq!(evidence.time.to_string(), "2026-11-20T12:51:55.704Z");
    assert_eq!(evidence.line, "config hot reload applied (agents.defaults.model.primary)");
    append(&log, "[gateway] agent model: hiclaw-gateway/old (thinking=off)\n");
    assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)), "a line without its time is somebody's talk");
    append(&log, "2026-11-20T12:51:56.000+00:00 [gateway] agent model: hiclaw-gateway/old (thinking=off)\n");
    assert!(matches!(agent.loaded(&delivered), Loaded::No(_)), "a restart with another model contradicts");
}

#[test]
fn a_log_that_appears_after_the_delivery_counts_by_its_dates() {
    let agent = Agent::with_log("openclaw.log");
    let delivered = agent.deliver();
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet);
    append(&agent.path("openclaw.log"), &format!("{}[reload] config hot reload applied (agents.defaults.model)\n", applied(BEFORE)));
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet, "an old line, and one that no OpenClaw wrote");
    append(&agent.path("openclaw.log"), &applied(AFTER));
    assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)));
}

#[test]
fn rotation_and_truncation_lose_nothing() {
    let agent = Agent::with_log("openclaw.log");
    let log = agent.path("openclaw.log");
    append(&log, &applied(BEFORE).repeat(3));
    let delivered = agent.deliver();
    append(&log, &applied(AFTER));
    fs::rename(&log, agent.path("openclaw.1.log")).unwrap();
    append(&log, "[gateway] ready\n");
    assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)), "the line is in the rotated file");

    fs::remove_file(agent.path("openclaw.1.log")).unwrap();
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet);
    fs::write(&log, applied(BEFORE)).unwrap();
    assert_eq!(agent.loaded(&delivered), Loaded::NotYet, "cut, and only an old line in it");
    append(&log, &applied(AFTER));
    assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)));
}

#[test]
fn a_log_by_day_is_followed_into_the_next_day() {
    for name in ["openclaw-2026-11-20.log", "openclaw-YYYY-MM-DD.log"] {
        let agent = Agent::with_log(name);
        append(&agent.path("openclaw-2026-11-20.log"), &applied(BEFORE));
        append(&agent.path("openclaw-other-2026-11-21.log"), &applied(AFTER));
        append(&agent.path("openclaw-2026-11-21.txt"), &applied(AFTER));
        let delivered = agent.deliver();
        assert_eq!(agent.loaded(&delivered), Loaded::NotYet, "files of other names");
        append(&agent.path("openclaw-2026-11-21.log"), &applied(AFTER));
        assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)), "{name}");
    }
}

#[test]
fn only_the_end_of_a_huge_log_is_read() {
    let agent = Agent::with_log("openclaw.log");
    let log = agent.path("openclaw.log");
    let delivered = agent.deliver();
    append(&log, &"[other] line\n".repeat(600_000));
    append(&log, &applied(AFTER));
    assert!(matches!(agent.loaded(&delivered), Loaded::Yes(_)));
}

#[test]
fn without_a_log_there_is_no_evidence_and_no_error() {
    let mut agent = Agent::with_log("openclaw.log");
    agent.target.log = None;
    let delivered = agent.deliver();
    assert_eq!((&delivered.log, agent.loaded(&delivered)), (&None, Loaded::NotYet));

    agent.target.log = Some("openclaw.log".into());
    fs::write(&agent.target.config, CONFIG).unwrap();
    let delivered = agent.deliver();
    assert_eq!(delivered.log, None, "a log that cannot be read does not stop the delivery");

    let agent = Agent::with_log("openclaw.log");
    let delivered = agent.deliver();
    let elsewhere = Target { log: Some("openclaw.log".into()), ..agent.target.clone() };
    assert!(matches!(loaded(&elsewhere, &delivered, &[]), Err(Error::NotAbsolute { .. })));
}
