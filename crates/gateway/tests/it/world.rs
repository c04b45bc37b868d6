//! A gateway with vendors behind it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agm_domain::consumer::Consumer;
use agm_domain::document::Document;
use agm_domain::name::{ConsumerName, ProviderName, RouteName};
use agm_domain::provider::Provider;
use agm_domain::route::{AiRoute, AuthConfig, FallbackConfig, ModelPredicate, Predicate, ProxyNextUpstream, Upstream};
use agm_domain::secret::Secret;
use agm_gateway::{Gateway, Seen, Settings, system_clock};
use agm_simvendor::{Flavour, Script, Vendor};
use agm_testkit::http::{self, Answer, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Long enough for anything that happens at all.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) const KEY: &str = "gw-key-of-the-manager-0123456789";

/// A vendor that answers everybody who has one of these keys.
pub(crate) async fn vendor(name: &str, keys: &[&str]) -> Vendor {
    Vendor::start(Script::new(name, Flavour::OpenAi).keys(keys.iter().copied())).await.unwrap()
}

pub(crate) fn provider(name: &str, url: &str, keys: &[&str]) -> Provider {
    let mut provider = Provider::new(ProviderName::from(name), "openai", keys.iter().map(|k| Secret::from(*k)).collect());
    provider.raw_configs.insert("openaiCustomUrl".to_owned(), Value::from(format!("{url}/v1")));
    provider
}

/// A route for everybody with a key: `manager` and `worker-a`.
pub(crate) fn route(name: &str, provider: &str) -> AiRoute {
    let mut route = AiRoute::new(RouteName::from(name), ProviderName::from(provider));
    route.path_predicate = Some(Predicate::path("/v1"));
    route.auth_config = Some(AuthConfig {
        enabled: true,
        allowed_consumers: vec![ConsumerName::from("manager"), ConsumerName::from("worker-a")],
        ..AuthConfig::default()
    });
    route
}

/// A route for some models.
pub(crate) fn route_for(name: &str, provider: &str, predicates: &[ModelPredicate]) -> AiRoute {
    let mut route = route(name, provider);
    route.model_predicates = predicates.to_vec();
    route
}

pub(crate) fn open(mut route: AiRoute) -> AiRoute {
    route.auth_config = None;
    route
}

pub(crate) fn retrying(mut route: AiRoute, enabled: bool, attempts: u32, conditions: &[&str]) -> AiRoute {
    route.proxy_next_upstream = Some(ProxyNextUpstream {
        enabled,
        attempts: Some(attempts),
        timeout: Some(1),
        conditions: conditions.iter().map(|c| (*c).to_owned()).collect(),
        rest: serde_json::Map::new(),
    });
    route
}

pub(crate) fn never_retrying(route: AiRoute) -> AiRoute {
    retrying(route, false, 0, &[])
}

/// With a fallback upstream for these statuses.
pub(crate) fn falling_back(mut route: AiRoute, to: &str, codes: &[&str], mapping: &serde_json::Value) -> AiRoute {
    let mut upstream = Upstream::only(ProviderName::from(to));
    upstream.model_mapping = mapping.as_object().cloned().unwrap_or_default();
    route.fallback_config = Some(FallbackConfig {
        enabled: true,
        fallback_strategy: Some("RAND".to_owned()),
        response_codes: codes.iter().map(|c| (*c).to_owned()).collect(),
        upstreams: vec![upstream],
        ..FallbackConfig::default()
    });
    route
}

pub(crate) fn document(providers: impl IntoIterator<Item = Provider>, routes: impl IntoIterator<Item = AiRoute>) -> Document {
    let mut document = Document::default();
    document.providers.extend(providers.into_iter().map(|p| (p.name.clone(), p)));
    document.routes.extend(routes.into_iter().map(|r| (r.name.clone(), r)));
    for (name, key) in [("manager", KEY), ("worker-a", "gw-key-of-worker-a-0123456789"), ("worker-b", "gw-key-of-worker-b-0123456789")] {
        let consumer = Consumer::bearer(ConsumerName::from(name), Secret::from(key));
        document.consumers.insert(consumer.name.clone(), consumer);
    }
    document
}

pub(crate) fn settings() -> Settings {
    Settings { workers: 2, ..Settings::default() }
}

pub(crate) fn start(document: &Document) -> Gateway {
    start_with(settings(), document)
}

pub(crate) fn start_with(settings: Settings, document: &Document) -> Gateway {
    let gateway = Gateway::start(settings, SocketAddr::from(([127, 0, 0, 1], 0)), document, system_clock()).unwrap();
    assert_eq!(gateway.diagnostics(), [], "the document is to be served whole");
    gateway
}

/// One vendor behind the default route.
pub(crate) async fn simple() -> (Vendor, Gateway) {
    let vendor = vendor("alpha", &["sk-alpha-0123456789abcdef"]).await;
    let document = document([provider("alpha", &vendor.url(), &["sk-alpha-0123456789abcdef"])], [route("default-ai-route", "alpha")]);
    let gateway = start(&document);
    (vendor, gateway)
}

pub(crate) fn chat_body(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "say hello to the world"}]})
}

pub(crate) fn post(path: &str) -> Request {
    Request::new("POST", path).header("authorization", format!("Bearer {KEY}"))
}

pub(crate) fn get(path: &str) -> Request {
    Request::new("GET", path).header("authorization", format!("Bearer {KEY}"))
}

pub(crate) fn chat(model: &str) -> Request {
    post("/v1/chat/completions").json(&chat_body(model))
}

pub(crate) fn stream(model: &str) -> Request {
    let mut body = chat_body(model);
    body["stream"] = Value::from(true);
    post("/v1/chat/completions").json(&body)
}

pub(crate) async fn send(gateway: &Gateway, request: &Request) -> Answer {
    tokio::time::timeout(SOON, http::send(gateway.addr(), request)).await.expect("an answer in time").unwrap()
}

/// A vendor that gives every connection this answer, whatever is asked, and closes it.
pub(crate) async fn scripted(answer: impl Into<String>) -> (String, Aside<()>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let vendor = aside(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 << 10];
            if socket.read(&mut request).await.is_ok_and(|count| count > 0) {
                socket.write_all(answer.as_bytes()).await.ok();
            }
        }
    });
    (url, vendor)
}

/// Something that goes on beside the test; dropped, it ends.
pub(crate) struct Aside<T>(JoinSet<T>);

/// Starts something beside the test.
pub(crate) fn aside<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Aside<T> {
    let mut set = JoinSet::new();
    set.spawn(task);
    Aside(set)
}

impl<T: 'static> Aside<T> {
    /// Waits for what it gives.
    pub(crate) async fn done(mut self) -> T {
        let done = tokio::time::timeout(SOON * 6, self.0.join_next()).await;
        done.expect("it ends in time").expect("there is one task").unwrap()
    }
}

/// The code of an error of the gateway's own.
pub(crate) fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// The newest request in the log, once there are `count` of them.
pub(crate) async fn logged(gateway: &Gateway, count: usize) -> Vec<Arc<Seen>> {
    until(|| gateway.recent_requests(0, usize::MAX).len() >= count).await;
    gateway.recent_requests(0, usize::MAX)
}

/// Waits for something that nobody announces.
pub(crate) async fn until(done: impl Fn() -> bool) {
    let wait = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it happens in time");
}
