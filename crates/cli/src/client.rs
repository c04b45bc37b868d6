//! A running agm, over its REST API.

mod probe;
mod stream;

use std::time::Duration;

use agm_domain::code::Code;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::{Host, Url};

pub(crate) use probe::{Answerer, who_answers};
pub(crate) use stream::{Event, EventStream};

use crate::error::{CliError, Exit, Result};
use crate::settings::{ClientSettings, Login};

/// Longer than the longest wait that the API allows.
const PATIENCE: Duration = Duration::from_secs(330);

/// A running agm. Its address has been asked for health, without credentials, before anything else was sent there.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    login: Login,
}

/// What a change needs to know about the present state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition<'a> {
    /// Nothing.
    Always,
    /// The object is as this tag says.
    Unchanged(&'a str),
    /// The object does not exist yet.
    New,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    code: Option<String>,
    #[serde(default)]
    details: Map<String, Value>,
}

impl Client {
    /// Finds out who answers, without telling who we are.
    pub(crate) async fn connect(settings: ClientSettings) -> Result<Self> {
        let http = http(&settings.url, settings.way)?;
        match who_answers(&http, &settings.url).await {
            Answerer::Agm(_) => Ok(Self { http, base: settings.url, login: settings.login }),
            Answerer::Nobody => {
                let message = format!("no agm answers at {} ({})", shown(&settings.url), settings.origin);
                let here = is_here(&settings.url);
                let hint = if here {
                    "`agm up` starts one here, `agm monitor start` in the background"
                } else {
                    "look at the address; agm listens for other machines only where it was told to (`--listen`)"
                };
                Err(CliError::new(Exit::NoServer, message).hint(hint))
            }
            Answerer::Gateway => {
                let message = format!("{} is agm's gateway, not its management", shown(&settings.url));
                let hint = format!("its management is there too: `--url {}/agm`", shown(&settings.url).trim_end_matches('/'));
                Err(CliError::new(Exit::NoServer, message).hint(hint))
            }
            Answerer::SomethingElse(what) => {
                let message = format!("port {} is answered by something else{what}, not by agm", port(&settings.url));
                let hint = format!("asked at {} ({}); name agm's own address with `--url`", shown(&settings.url), settings.origin);
                Err(CliError::new(Exit::NoServer, message).hint(hint))
            }
        }
    }

    /// The management URL, for people.
    pub(crate) fn url(&self) -> String {
        shown(&self.base)
    }

    pub(crate) async fn get(&self, path: &[&str]) -> Result<Value> {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value> {
        self.answer(self.request(Method::GET, path, query)).await
    }

    pub(crate) async fn post(&self, path: &[&str], query: &[(&str, &str)], body: Option<&Value>) -> Result<Value> {
        self.change(Method::POST, path, query, body, Condition::Always).await
    }

    /// A change. `body` is left out for operations that take none.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        condition: Condition<'_>,
    ) -> Result<Value> {
        let mut request = self.request(method, path, query);
        request = match condition {
            Condition::Always => request,
            Condition::Unchanged(etag) => request.header("if-match", format!("\"{etag}\"")),
            Condition::New => request.header("if-none-match", "*"),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    /// What an object is now, and its tag.
    pub(crate) async fn with_etag(&self, path: &[&str]) -> Result<(Value, String)> {
        let object = self.get(path).await?;
        let etag = object.get("etag").and_then(Value::as_str).map(str::to_owned);
        let etag = etag.ok_or_else(|| CliError::failed("the server's answer has no `etag`"))?;
        Ok((object, etag))
    }

    /// Events from now on, or after the one of the number `since`.
    pub(crate) async fn events(&self, types: &[&str], since: Option<u64>) -> Result<EventStream> {
        let (types, since) = (types.join(","), since.map(|since| since.to_string()));
        let mut query = Vec::new();
        if !types.is_empty() {
            query.push(("types", types.as_str()));
        }
        query.extend(since.as_deref().map(|since| ("lastEventId", since)));
        let request = self.request(Method::GET, &["events"], &query).timeout(Duration::from_hours(24 * 365));
        let response = request.send().await.map_err(|error| self.unsent(&error))?;
        if !response.status().is_success() {
            let status = response.status();
            return Err(self.refused(status, &response.bytes().await.unwrap_or_default()));
        }
        Ok(EventStream::new(response))
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        match &self.login {
            Login::Token(token) => request.bearer_auth(token.expose()),
            Login::Password(user, password) => request.basic_auth(user, Some(password.expose())),
            Login::None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Value> {
        let response = request.send().await.map_err(|error| self.unsent(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unsent(&error))?;
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| CliError::failed(format!("{} answered with something that is not JSON", self.url())))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> CliError {
        let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
            return CliError::new(Exit::of(None, status.as_u16()), format!("{} answered {status}", self.url()));
        };
        let code = refusal.code.as_ref().and_then(|code| Code::deserialize(Value::String(code.clone())).ok());
        // The message ends with the hint, for clients that show one text.
        let hint = refusal.details.get("hint").and_then(Value::as_str).map(str::to_owned);
        let message = match hint.as_ref().and_then(|hint| refusal.message.strip_suffix(&format!("; {hint}"))) {
            Some(message) => message.to_owned(),
            None => refusal.message,
        };
        let hint = if status == StatusCode::UNAUTHORIZED { Some(self.how_to_log_in()) } else { hint };
        CliError { exit: Exit::of(code, status.as_u16()), code: refusal.code, message, hint }
    }

    fn how_to_log_in(&self) -> String {
        let tried = match self.login {
            Login::Token(_) => "the token was sent",
            Login::Password(..) => "user and password were sent",
            Login::None => "nothing was sent",
        };
        format!(
            "{tried}; set AGM_TOKEN, or AGM_ADMIN_USER and AGM_ADMIN_PASSWORD, or name the data directory of a local agm with `--data-dir`"
        )
    }

    fn unsent(&self, error: &reqwest::Error) -> CliError {
        let exit = if error.is_connect() { Exit::NoServer } else { Exit::Failed };
        let what = if error.is_timeout() { "did not answer in time" } else { "broke off" };
        CliError::new(exit, format!("{} {what}", self.url())).hint("`agm monitor status` tells whether it still runs")
    }
}

/// Whether a URL is that of this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// How requests get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To this machine's own agm, whatever its address looks like: never through a proxy.
    Direct,
    /// Through the proxy that the environment names, if it names one; to loopback never.
    Usual,
}

/// A client that sends nothing through a proxy to this machine, and follows nobody elsewhere.
pub(crate) fn http(url: &Url, way: Way) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("agm/", env!("CARGO_PKG_VERSION")));
    if way == Way::Direct || is_local(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| CliError::failed(format!("no HTTP client can be made: {error}")))
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn port(url: &Url) -> String {
    url.port_or_known_default().map_or_else(String::new, |port| port.to_string())
}

/// A URL without its last slash.
pub(crate) fn shown(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
