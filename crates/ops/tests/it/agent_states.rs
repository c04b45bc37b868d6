//! What an agent does is told exactly when it changes, and only its own traffic counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::agent_state::{Doing, Reason};
use agm_ops::{AgentStateView, Event, EventKind};
use agm_simvendor::{Behaviour, On};
use agm_testkit::http::Request;
use agm_testkit::sse::SseStream;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::world::{World, actor, script};

/// A clock that a test can set forward.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Ahead {
    fn by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

async fn world(ahead: &Ahead) -> World {
    let seconds = ahead.0.clone();
    let clock = move || Timestamp::now() + SignedDuration::from_secs(seconds.load(Ordering::SeqCst));
    let world = World::set(vec![script("one")], |settings| settings.clock = Arc::new(clock)).await;
    world.provider("one", "openai", 0).await;
    world.agent("alice").await;
    world
}

fn alice() -> AgentId {
    AgentId::parse("alice").unwrap()
}

/// A request of Alice's, begun.
async fn ask(world: &World) -> SseStream {
    let key = world.agm.agent_key(&actor(), &alice()).await.unwrap();
    let ask = Request::new("POST", "/v1/chat/completions")
        .header("authorization", format!("Bearer {}", key.expose()))
        .json(&json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}));
    SseStream::open(world.agm.gateway().addr(), &ask).await.unwrap()
}

async fn next(events: &mut Receiver<Arc<Event>>) -> (String, AgentStateView) {
    let wait = async {
        loop {
            let event = events.recv().await.unwrap();
            if event.kind == EventKind::AgentState {
                let event: Value = serde_json::to_value(&*event).unwrap();
                let state = serde_json::from_value(event["data"].clone()).unwrap();
                return (event["subject"].as_str().unwrap().to_owned(), state);
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("an event tells of the change")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_told_once_with_since_when() {
    let ahead = Ahead::default();
    let world = world(&ahead).await;
    let mut events = world.agm.events().subscribe(None).1;
    let state = || world.agm.agent(&alice()).unwrap().state;
    assert_eq!((state().state, state().since, state().reason), (Doing::Unknown, None, Reason::Never));

    world.vendors[0].push_on(On::Streaming(true), Behaviour::StallStream { after_frames: 1 });
    let stream = ask(&world).await;
    let (subject, busy) = next(&mut events).await;
    assert_eq!((subject.as_str(), busy.state, busy.reason), ("worker:alice", Doing::Busy, Reason::Asking));
    assert_eq!(state(), busy, "who asks is told the same");
    // For hours, if need be.
    ahead.by(3600);
    assert_eq!(state(), busy);
    stream.leave();
    // Another request of the same task: nothing to tell.
    drop(ask(&world).await);
    while world.agm.requests(0, 10).len() < 2 {
        tokio::task::yield_now().await;
    }
    ahead.by(3);
    let (_, idle) = next(&mut events).await;
    assert_eq!((idle.state, idle.reason), (Doing::Idle, Reason::Seen));
    assert!(idle.since > busy.since);
    ahead.by(600);
    let (_, unknown) = next(&mut events).await;
    assert_eq!((unknown.state, unknown.reason, &unknown.since), (Doing::Unknown, Reason::Silent, &idle.since));
    assert_eq!(world.agm.agents().into_iter().find(|agent| agent.id == "worker:alice").unwrap().state, unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_a_sign_of_life_and_a_probe_is_none() {
    let ahead = Ahead::default();
    let world = world(&ahead).await;
    world.run_on("alice", "one", "m").await;
    world.agm.check_agent(&alice(), true).await.unwrap();
    assert_eq!(world.agm.agent(&alice()).unwrap().state.reason, Reason::Never, "agm's own requests are not hers");
    let mut events = world.agm.events().subscribe(None).1;
    let key = world.agm.agent_key(&actor(), &alice()).await.unwrap();
    let lost = Request::new("POST", "/nowhere").header("authorization", format!("Bearer {}", key.expose())).json(&json!({"model": "m"}));
    assert_eq!(agm_testkit::http::send(world.agm.gateway().addr(), &lost).await.unwrap().status, 404);
    let (subject, busy) = next(&mut events).await;
    assert_eq!((subject.as_str(), busy.state), ("worker:alice", Doing::Busy));
}
