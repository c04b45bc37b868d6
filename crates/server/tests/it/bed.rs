//! A server to ask, and what to ask it with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use agm_domain::secret::Secret;
use agm_ops::{AdminCredentials, Agm, Patience, Settings, Storage};
use agm_server::{Server, ServerSettings};
use agm_simvendor::{Flavour, Script, Vendor};
use agm_testkit::dir::DataDir;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The admin of every bed.
pub(crate) const USER: &str = "admin";
pub(crate) const PASSWORD: &str = "a-password-for-tests";
/// The key that the vendor of [`Bed::with_provider`] takes.
pub(crate) const KEY: &str = "sk-right-0123456789abcdef";

/// A server with its agm.
pub(crate) struct Bed {
    pub(crate) server: Server,
    pub(crate) agm: Agm,
    pub(crate) dir: DataDir,
    pub(crate) client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Bed {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let dir = DataDir::new("server").unwrap();
        Self::on(dir, change).await
    }

    /// On a directory that may have been used before.
    pub(crate) async fn on(dir: DataDir, change: impl FnOnce(&mut ServerSettings)) -> Self {
        Self::launch(dir, agm_ops::gateway::Settings::default(), change).await
    }

    pub(crate) async fn launch(dir: DataDir, gateway: agm_ops::gateway::Settings, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let agm = Agm::start(settings(&dir, gateway)).await.unwrap();
        let admin = AdminCredentials::Given { user: USER.to_owned(), password: Secret::from(PASSWORD) };
        let mut settings = ServerSettings::new(local(), admin, dir.join("run"));
        change(&mut settings);
        let server = Server::start(settings, agm.clone()).await.unwrap();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { server, agm, dir, client }
    }

    /// One whose provider `one` is served by a vendor, with two Workers.
    pub(crate) async fn with_provider() -> (Self, Vendor) {
        let bed = Self::start().await;
        let vendor = vendor("one").await;
        bed.provider("one", &vendor).await;
        for name in ["alice", "bob"] {
            bed.post("/api/v1/agents", &json!({ "name": name })).await.expect(201);
        }
        (bed, vendor)
    }

    pub(crate) async fn provider(&self, name: &str, vendor: &Vendor) {
        let new = json!({ "name": name, "type": "openai", "apiKey": KEY, "baseUrl": format!("{}/v1", vendor.url()) });
        self.post("/api/v1/providers", &new).await.expect(201);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// A request without a login.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).timeout(Duration::from_mins(1))
    }

    /// A request of the admin.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).basic_auth(USER, Some(PASSWORD))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// A change, forced.
    pub(crate) async fn force(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).header("if-match", "*").json(body)).await
    }

    /// A token of this role.
    pub(crate) async fn token(&self, role: &str) -> String {
        let made = self.post("/api/v1/tokens", &json!({ "name": format!("{role}-token"), "role": role })).await.expect(201);
        made["secret"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn stop(self) -> DataDir {
        self.server.shutdown(Duration::from_secs(5)).await;
        self.agm.shutdown(Duration::from_secs(5)).await;
        self.dir
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The JSON of an answer with this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:#?}");
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:#?}")) }
    }

    /// The error body of a refusal with this status and code.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{self:#?}");
        self.is_error_body(&body);
        body
    }

    /// Every error has the one shape.
    pub(crate) fn is_error_body(&self, body: &Value) {
        assert_eq!(body["success"], false, "{self:#?}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:#?}");
        assert_eq!(body["error"], body["message"], "{self:#?}");
        assert!(body["code"].is_string() && body["details"].is_object(), "{self:#?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:#?}");
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn vendor(name: &str) -> Vendor {
    Vendor::start(Script::new(name, Flavour::OpenAi).key(KEY)).await.unwrap()
}

pub(crate) fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

pub(crate) fn settings(dir: &DataDir, gateway: agm_ops::gateway::Settings) -> Settings {
    Settings {
        data_dir: dir.path().to_owned(),
        storage: Storage::Directory,
        master_key: None,
        unreadable_secrets: false,
        manager_key: None,
        gateway_listen: local(),
        gateway: agm_ops::gateway::Settings { workers: 1, ..gateway },
        gateway_url: None,
        management_url: "http://127.0.0.1:0".to_owned(),
        patience: Patience { connect: Duration::from_secs(5), request: Duration::from_secs(20) },
        recheck: Duration::from_hours(1),
        clock: agm_ops::gateway::system_clock(),
    }
}

/// Every operation of the OpenAPI document: method, path, operation.
pub(crate) fn operations() -> Vec<(Method, String, Value)> {
    let document = serde_json::to_value(agm_server::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase().parse().unwrap(), path.clone(), operation.clone()));
        }
    }
    found
}

/// The path with its placeholders filled in.
pub(crate) fn filled(path: &str, value: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { value } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
