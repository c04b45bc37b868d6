//! Brings keys back: a key that is out is tried again and again with a small chat, with that very key (Console contract 7.5).

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;

use agm_domain::api::Api;
use agm_domain::name::ProviderName;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};

use crate::body::outgoing::{Held, Outgoing};
use crate::shared::Shared;
use crate::snapshot::{ProviderPlan, Snapshot};
use crate::tokens::{Failover, Token, TokenState};
use crate::upstream::{Answered, Patience, Pools};

/// Keys being checked, by the address of their state, which outlives configurations.
type Running = Rc<RefCell<HashSet<usize>>>;

/// Runs for ever: whenever a key is out, one task checks it until it is back, gone, or no longer to be checked.
pub(crate) async fn watch(shared: Arc<Shared>, pools: Rc<Pools>) {
    let running = Running::default();
    loop {
        shared.token_out.notified().await;
        let snapshot = shared.snapshot.load_full();
        for (name, provider) in snapshot.providers() {
            for token in provider.tokens.list().iter().filter(|t| t.state.is_out()) {
                let key = Arc::as_ptr(&token.state).addr();
                if running.borrow_mut().insert(key) {
                    let (shared, pools, running) = (Arc::clone(&shared), Rc::clone(&pools), Rc::clone(&running));
                    let (name, state) = (name.clone(), Arc::clone(&token.state));
                    let tasks = pools.tasks().clone();
                    tasks.spawn(async move {
                        until_back(&shared, &pools, &name, &state).await;
                        running.borrow_mut().remove(&key);
                    });
                }
            }
        }
    }
}

/// Checks one key, always by the configuration in force.
async fn until_back(shared: &Shared, pools: &Pools, name: &ProviderName, state: &Arc<TokenState>) {
    let interval_of = |snapshot: &Snapshot| snapshot.provider(name).and_then(|p| p.tokens.failover().map(|f| f.interval));
    while state.is_out() {
        let Some(interval) = interval_of(&shared.snapshot.load()) else { return };
        tokio::time::sleep(interval).await;
        // By what is in force now, not by what was before the wait: the key may be gone from the provider, or the address another one.
        let snapshot = shared.snapshot.load_full();
        let Some(provider) = snapshot.provider(name) else { return };
        let Some(token) = provider.tokens.list().iter().find(|t| Arc::ptr_eq(&t.state, state)) else { return };
        let Some(failover) = provider.tokens.failover() else { return };
        let passed = check(pools, provider, token, failover).await;
        provider.tokens.checked(token, passed);
    }
}

/// One check.
async fn check(pools: &Pools, provider: &ProviderPlan, token: &Token, failover: &Failover) -> bool {
    let Some(request) = question(provider, token, failover) else { return false };
    let pool = pools.get(provider.endpoint.destination());
    let answer = async {
        let Answered { head, mut source } = pool.send(request, &Patience::of(failover.timeout), || None).await.ok()?;
        // Read to its end, so that the connection can be used again.
        while let Some(Ok(_)) = poll_fn(|cx| source.poll_frame(cx)).await {}
        Some(head.status)
    };
    matches!(tokio::time::timeout(failover.timeout, answer).await, Ok(Some(StatusCode::OK)))
}

/// The question that Higress asks.
fn question(provider: &ProviderPlan, token: &Token, failover: &Failover) -> Option<Request<Outgoing>> {
    let api = Some(Api::ChatCompletions);
    let target = provider.endpoint.target(api, Api::ChatCompletions.standard_path(), Some(&failover.model)).ok()?;
    let body = serde_json::json!({"model": failover.model, "messages": [{"role": "user", "content": "who are you?"}]});
    let body = Outgoing::Held(Held::new(Bytes::from(body.to_string())));
    let mut request = Request::builder().method(Method::POST).uri(target).body(body).ok()?;
    let headers = request.headers_mut();
    headers.insert(HOST, provider.host.clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in token.headers.of(api) {
        headers.insert(name.clone(), value.clone());
    }
    Some(request)
}
