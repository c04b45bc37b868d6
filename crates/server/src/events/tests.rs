#![allow(clippy::unwrap_used)]
use agm_domain::secret::Secret;
use agm_ops::{Access, AccessSettings, AdminCredentials, Agm, ManagerAccess, Patience, Settings, Storage};
use agm_testkit::dir::DataDir;

use super::*;
use crate::settings::ServerSettings;

#[test]
fn types_are_named_singly_or_by_kind() {
    let cases = [
        (None, EventKind::SwitchStep, true),
        (Some(""), EventKind::SwitchStep, true),
        (Some("switch.*"), EventKind::SwitchStep, true),
        (Some("switch.*"), EventKind::AgentChanged, false),
        (Some("agent.changed, drift.changed"), EventKind::DriftChanged, true),
        (Some("agent.changed"), EventKind::Resync, true),
        (Some("agent"), EventKind::AgentChanged, false),
    ];
    for (types, kind, expected) in cases {
        assert_eq!(Filter::of(types).wants(kind), expected, "{types:?} {kind}");
    }
}

async fn app(dir: &DataDir) -> App {
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        storage: Storage::Directory,
        master_key: None,
        unreadable_secrets: false,
        manager_key: None,
        gateway_listen: "127.0.0.1:0".parse().unwrap(),
        gateway: agm_ops::gateway::Settings { workers: 1, ..agm_ops::gateway::Settings::default() },
        gateway_url: None,
        management_url: "http://127.0.0.1:0".to_owned(),
        patience: Patience::default(),
        recheck: Duration::from_hours(1),
        clock: agm_ops::gateway::system_clock(),
    };
    let agm = Agm::start(settings).await.unwrap();
    let admin = AdminCredentials::Given { user: "admin".to_owned(), password: Secret::from("a-password-for-tests") };
    let run_dir = dir.join("run");
    let access = AccessSettings { admin: admin.clone(), manager: ManagerAccess::Off, run_dir: run_dir.clone(), loopback_only: true };
    let access = Access::open(agm.clone(), access).await.unwrap();
    App::new(agm, access, ServerSettings::new("127.0.0.1:0".parse().unwrap(), admin, run_dir))
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_to_read_anew() {
    let dir = DataDir::new("events").unwrap();
    let app = app(&dir).await;
    let (sender, live) = broadcast::channel(2);
    let mut feed = Feed {
        _present: app.readers.clone(),
        filter: Filter(None),
        waiting: VecDeque::new(),
        live,
        ticks: None,
        headers: HeaderMap::new(),
        client: [127, 0, 0, 1].into(),
        speak: Instant::now() + KEEP_ALIVE,
        app: app.clone(),
    };
    let send = |subject: &str| sender.send(Arc::new(blank(&app, EventKind::AgentChanged, subject))).unwrap();
    for lost in ["1", "2", "3", "4"] {
        send(lost);
    }
    let told = feed.next().await.unwrap();
    assert!(told.windows(13).any(|part| part == b"event: resync"), "{told:?}");
    send("5");
    let told = String::from_utf8(feed.next().await.unwrap().to_vec()).unwrap();
    assert!(told.contains(r#""subject":"5""#), "what happens from now on comes again: {told}");
    // A reader whose login has ended is let go at the next keep-alive.
    feed.speak = Instant::now();
    assert!(feed.next().await.is_none());
}
