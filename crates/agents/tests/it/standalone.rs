//! Deliveries to real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use agm_agents::openclaw::Wish;
use agm_agents::standalone::{Delivered, Error, LARGEST_CONFIG, Target, Written, deliver, drift, plan, read_back, undo};
use agm_domain::evidence::Cause;
use jiff::Timestamp;

pub(crate) const CONFIG: &str = r#"{
  // mine
  models: { providers: { "hiclaw-gateway": { baseUrl: "http://localhost:8080/v1", apiKey: "planted-in-the-wish", models: [
    { id: "old", name: "old" },
  ] } } },
  agents: { defaults: { model: { primary: "hiclaw-gateway/old" } } },
}
"#;

pub(crate) fn wish(model: &str) -> Wish {
    Wish {
        gateway_base_url: "http://127.0.0.1:8080/v1".to_owned(),
        api_key: "planted-in-the-wish".into(),
        other_keys: Vec::new(),
        model: model.to_owned(),
        context_window: 200_000,
        max_tokens: 64_000,
        reasoning: true,
        input: vec!["text".to_owned()],
    }
}

pub(crate) fn target(config: &Path) -> Target {
    Target { config: config.to_owned(), log: None }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:51:54.9441234Z".parse().unwrap()
}

#[test]
fn a_delivery_is_read_back_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("openclaw.json");
    fs::write(&config, CONFIG).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).unwrap();
    let target = target(&config);

    let planned = plan(&target, &wish("new")).unwrap();
    assert_eq!(fs::read_to_string(&config).unwrap(), CONFIG, "a plan writes nothing");
    let delivered = deliver(&target, &wish("new"), Some(&planned.before), now()).unwrap();
    assert_eq!(delivered.planned, planned);
    assert_eq!((&delivered.written, delivered.planned.changes.len()), (&Written::Renamed, 3));
    assert_eq!(delivered.planned.reference, "hiclaw-gateway/new");
    assert_eq!(fs::metadata(&config).unwrap().permissions().mode() & 0o777, 0o640);
    let read = read_back(&target).unwrap();
    assert_eq!((read.reading.primary.as_deref(), &read.hash), (Some("hiclaw-gateway/new"), &delivered.after));
    assert_eq!(drift(&target, &wish("new")), None);

    let again = deliver(&target, &wish("new"), None, now()).unwrap();
    assert_eq!((&again.written, &again.planned.before, &again.after), (&Written::Unchanged, &delivered.after, &delivered.after));

    let record = serde_json::to_string(&delivered).unwrap();
    assert!(!record.contains("planted"), "{record}");
    let restored: Delivered = serde_json::from_str(&record).unwrap();
    assert_eq!(restored, delivered);
    let reverted = undo(&target, &restored.planned.undo).unwrap();
    assert_eq!((&reverted.after, reverted.left.len()), (&delivered.planned.before, 0));
    assert_eq!(fs::read_to_string(&config).unwrap(), CONFIG);
    assert_eq!(undo(&target, &restored.planned.undo).unwrap().written, Written::Unchanged);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["openclaw.json"], "nothing is left beside it");
}

#[test]
fn a_symbolic_link_is_followed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.json5"), folder.path().join("openclaw.json"));
    fs::write(&real, CONFIG).unwrap();
    symlink("real.json5", &link).unwrap();
    let delivered = deliver(&target(&link), &wish("new"), None, now()).unwrap();
    assert_eq!(delivered.planned.link_to.as_deref(), Some(real.canonicalize().unwrap().as_path()));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(read_back(&target(&real)).unwrap().reading.model.as_deref(), Some("new"));
    assert_eq!(read_back(&target(&real)).unwrap().link_to, None);
}

#[test]
fn a_file_that_cannot_be_used_is_left_alone_and_said_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refused = |path: &Path| deliver(&target(path), &wish("new"), None, now()).unwrap_err();
    assert!(matches!(refused(Path::new("openclaw.json")), Error::NotAbsolute { .. }));
    assert!(matches!(refused(&at("nowhere/openclaw.json")), Error::Absent { .. }));
    assert!(matches!(refused(folder.path()), Error::NotAFile { .. }));
    assert!(matches!(refused(Path::new("/dev/null")), Error::NotAFile { .. }));
    symlink("itself", at("itself")).unwrap();
    assert!(matches!(refused(&at("itself")), Error::Io { .. }));
    fs::write(at("latin1"), b"{ a: '\xe9' }").unwrap();
    assert!(matches!(refused(&at("latin1")), Error::NotText { .. }));
    let large = fs::File::create(at("large")).unwrap();
    large.set_len(LARGEST_CONFIG + 1).unwrap();
    assert!(matches!(refused(&at("large")), Error::TooLarge { .. }));

    let broken = CONFIG.replace("models: [", "models: ");
    fs::write(at("broken"), &broken).unwrap();
    let error = refused(&at("broken"));
    assert!(matches!(error, Error::Content { .. }));
    assert!(error.to_string().contains("line 5") && !error.to_string().contains("planted"), "{error}");
    assert_eq!(fs::read_to_string(at("broken")).unwrap(), broken);
    assert!(undo(&target(&at("broken")), &record()).is_err());
    let drift = drift(&target(&at("broken")), &wish("new")).unwrap();
    assert_eq!((drift.cause, drift.changes.len()), (Cause::FileUnusable, 0));
}

fn record() -> agm_agents::openclaw::Undo {
    agm_agents::openclaw::edit(CONFIG, &wish("new")).unwrap().undo
}

#[test]
fn drift_names_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("openclaw.json");
    fs::write(&config, CONFIG).unwrap();
    deliver(&target(&config), &wish("new"), None, now()).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("primary: \"hiclaw-gateway/new\"", "primary: \"hiclaw-gateway/old\"")).unwrap();
    let found = drift(&target(&config), &wish("new")).unwrap();
    assert_eq!(found.cause, Cause::FileEdited);
    assert!(
        found.message.contains(r#"`/agents/defaults/model/primary` is "hiclaw-gateway/old"; it should be "hiclaw-gateway/new""#),
        "{}",
        found.message
    );
    assert!(found.repairable);
    fs::remove_file(&config).unwrap();
    assert_eq!(drift(&target(&config), &wish("new")).unwrap().cause, Cause::FileUnusable);
}

#[test]
fn a_file_that_leads_elsewhere_is_drift_that_only_its_owner_mends() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("openclaw.json");
    let cases = [
        ("http://localhost:8080/v1", "http://elsewhere:1/v1", "`/models/providers/hiclaw-gateway/baseUrl` is http://elsewhere:1/v1"),
        ("planted-in-the-wish", "planted-of-another", "`/models/providers/hiclaw-gateway/apiKey` is not this agent's gateway key"),
        ("agents: {", "agents: { entries: { main: { model: \"x/y\" } },", "`/agents/entries/main/model` is x/y and wins"),
    ];
    for (ours, theirs, said) in cases {
        fs::write(&config, CONFIG).unwrap();
        deliver(&target(&config), &wish("new"), None, now()).unwrap();
        assert_eq!(drift(&target(&config), &wish("new")), None);
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, text.replace(ours, theirs)).unwrap();
        let found = drift(&target(&config), &wish("new")).unwrap();
        assert_eq!((found.cause, found.repairable, found.changes.len()), (Cause::FileEdited, false, 0), "{theirs}");
        assert!(found.message.contains(said) && !found.message.contains("planted"), "{}", found.message);

        let both = drift(&target(&config), &wish("third")).unwrap();
        assert!(both.repairable && both.message.contains(said) && both.message.contains("third"), "{}", both.message);
    }
    fs::write(&config, CONFIG.replacen('{', "{ gateway: { reload: { mode: \"off\" } },", 1)).unwrap();
    deliver(&target(&config), &wish("new"), None, now()).unwrap();
    assert_eq!(drift(&target(&config), &wish("new")), None, "it is delivered, and loaded at the next start");
}

#[test]
fn a_delivery_is_made_into_the_file_that_it_was_planned_for() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("openclaw.json");
    fs::write(&config, CONFIG).unwrap();
    let target = target(&config);
    let planned = plan(&target, &wish("new")).unwrap();
    let theirs = CONFIG.replace("// mine", "// mine, just now");
    fs::write(&config, &theirs).unwrap();
    let refused = deliver(&target, &wish("new"), Some(&planned.before), now()).unwrap_err();
    assert!(matches!(refused, Error::Changed { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&config).unwrap(), theirs);
    let planned = plan(&target, &wish("new")).unwrap();
    deliver(&target, &wish("new"), Some(&planned.before), now()).unwrap();
}
