//! Probes through the gateway, with a consumer's own key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::name::ConsumerName;
use agm_domain::secret::Secret;
use agm_gateway::{PROBE_HEADER, PROVIDER_HEADER, ROUTE_HEADER};
use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::Value;
use uuid::Uuid;

use crate::agm::Agm;
use crate::error::OpError;
use crate::trial::classify::{self, Subject};
use crate::trial::question::Question;
use crate::trial::{Failure, Trial};

/// The most that is read of an answer that is not streamed.
const LARGEST: usize = 1 << 20;

/// Asks the gateway as an agent does.
#[derive(Debug)]
pub(crate) struct Prober {
    client: reqwest::Client,
    /// Changes under way that are no switches, and their temporary routes.
    staged: Arc<Mutex<BTreeSet<String>>>,
}

/// The temporary routes of a change; while it lives they are no strays, and it is not one that a crash cut off.
#[derive(Debug)]
pub(crate) struct Staged {
    change: String,
    ids: Vec<String>,
    all: Arc<Mutex<BTreeSet<String>>>,
}

/// A client of our own gateway.
pub(crate) fn gateway_client(patience: Option<Duration>) -> Result<reqwest::Client, OpError> {
    // The gateway is ours and on this host: no proxy of the environment stands between.
    // It speaks plain HTTP, so no certificates are read, which a machine may not even have.
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]).redirect(reqwest::redirect::Policy::none());
    let builder = patience.into_iter().fold(builder, reqwest::ClientBuilder::timeout);
    builder.build().map_err(|error| OpError::internal(format!("no HTTP client: {error}")))
}

impl Prober {
    pub(crate) fn new(patience: Duration) -> Result<Self, OpError> {
        Ok(Self { client: gateway_client(Some(patience))?, staged: Arc::default() })
    }

    /// A change that is no switch, and new ids for its temporary routes.
    pub(crate) fn stage(&self, count: usize) -> Staged {
        let (change, ids) = (Uuid::now_v7().to_string(), (0..count).map(|_| Uuid::now_v7().to_string()).collect::<Vec<_>>());
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).extend(ids.iter().chain([&change]).cloned());
        Staged { change, ids, all: self.staged.clone() }
    }

    /// The ids in use.
    pub(crate) fn staged(&self) -> Vec<String> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Staged {
    /// The id of the change itself.
    pub(crate) fn change(&self) -> &str {
        &self.change
    }

    /// One for each route.
    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id| !self.ids.contains(id) && *id != self.change);
    }
}

/// One probe.
struct Probe<'a> {
    agm: &'a Agm,
    key: Secret,
    model: &'a str,
    streaming: bool,
    began: Instant,
    trial: Trial,
}

impl Agm {
    /// Sends one real completion for `model` through the gateway as `consumer`.
    ///
    /// Non-streaming, it passes with HTTP 200 and a non-empty `choices`; streaming, with a chunk that has one and a clean end.
    pub async fn probe(&self, consumer: &ConsumerName, model: &str, streaming: bool) -> Trial {
        let current = self.current();
        let key = current.document.consumers.get(consumer).and_then(Consumer::first_key).cloned();
        let Some(key) = key else {
            let message = format!("the consumer `{consumer}` has no key");
            let hint = "register the agent again, or give it a new key: `agm agent key NAME --rotate`".to_owned();
            let failure = Failure { cause: Code::ConsumerNotFound, message, hint, network: false };
            return Trial { failure: Some(failure), ..Trial::default() };
        };
        let mut probe = Probe { agm: self, key, model, streaming, began: Instant::now(), trial: Trial::default() };
        match probe.run().await {
            Ok(named) => {
                probe.trial.success = true;
                probe.trial.model = named;
            }
            Err(failure) => probe.trial.failure = Some(failure),
        }
        probe.trial.latency_ms = probe.millis();
        probe.trial
    }

    /// Every secret of the configuration, so that no quotation of an answer or a log shows one.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let Ok(document) = serde_json::to_value(&self.current().document) else { return Vec::new() };
        let pointers = agm_domain::redact::secret_pointers(&document);
        pointers.iter().filter_map(|p| document.pointer(p)).filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

impl Probe<'_> {
    /// Asks, and asks again where the vendor refused nothing but the limit.
    async fn run(&mut self) -> Result<Option<String>, Failure> {
        let mut question = Question::default();
        loop {
            let response = self.ask(question).await?;
            let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            (self.trial.route, self.trial.provider) = (header(ROUTE_HEADER), header(PROVIDER_HEADER));
            let (status, content_type) = (response.status().as_u16(), header(CONTENT_TYPE.as_str()));
            self.trial.status = Some(status);
            let subject = self.subject();
            if self.streaming && status == 200 {
                return self.read_stream(response, &subject).await;
            }
            let body = read_bounded(response).await?;
            if let Some(other) = question.other(status, &body) {
                question = other;
                continue;
            }
            if let Some(failure) = gateway_refusal(status, &body, self.trial.provider.as_deref(), &subject) {
                return Err(failure);
            }
            return classify::answer(status, content_type.as_deref(), &body, &subject).map(|answer| answer.model);
        }
    }

    async fn ask(&self, question: Question) -> Result<Response, Failure> {
        let point = self.agm.calling_point();
        let url = format!("http://{}{}", self.agm.0.gateway.addr(), point.path);
        let mut request = self.agm.0.prober.client.post(url).header(AUTHORIZATION, format!("Bearer {}", self.key.expose()));
        request = request.header(PROBE_HEADER, self.agm.0.gateway.probe_mark().value().clone());
        if !point.host.is_empty() {
            request = request.header(HOST, point.host.as_str());
        }
        request.json(&question.body(self.model, self.streaming)).send().await.map_err(|error| unanswered(&error))
    }

    /// At least one chunk with a non-empty `choices`, and a clean end.
    async fn read_stream(&mut self, mut response: Response, subject: &Subject) -> Result<Option<String>, Failure> {
        let (mut rest, mut named, mut has_choice) = (Vec::new(), None, false);
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let Some(data) = String::from_utf8_lossy(&line).trim().strip_prefix("data:").map(|d| d.trim().to_owned()) else { continue };
                let Ok(value) = serde_json::from_str::<Value>(&data) else { continue };
                if value.get("error").is_some_and(|error| !error.is_null()) {
                    return Err(classify::refusal(200, data.as_bytes(), subject));
                }
                if value.get("choices").and_then(Value::as_array).is_some_and(|c| !c.is_empty()) {
                    has_choice = true;
                    let millis = self.millis();
                    self.trial.first_token_ms.get_or_insert(millis);
                }
                if let Some(model) = value.get("model").and_then(Value::as_str) {
                    named.get_or_insert_with(|| subject.shown(model));
                }
            }
            if rest.len() > LARGEST {
                break;
            }
        }
        if has_choice { Ok(named) } else { Err(no_choice(subject)) }
    }

    /// Whom the answer is from: the provider that the gateway names, with all that must not be repeated.
    fn subject(&self) -> Subject {
        subject_of(self.agm, self.trial.provider.as_deref(), &self.key).asked(self.model)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What is read of an answer, at most [`LARGEST`] bytes.
pub(crate) async fn read_bounded(mut response: Response) -> Result<Bytes, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            break;
        }
    }
    Ok(Bytes::from(body))
}

/// Whom an answer is from: the provider that the gateway names, with all that must not be repeated.
pub(crate) fn subject_of(agm: &Agm, provider: Option<&str>, key: &Secret) -> Subject {
    let current = agm.current();
    let provider = provider.and_then(|name| current.document.providers.get(name));
    let nobody = || agm_domain::provider::Provider::new("?".into(), "openai", Vec::new());
    Subject::of(&provider.cloned().unwrap_or_else(nobody)).and(Some(key))
}

/// What the gateway itself says, told apart from what a vendor says: without a provider, or about one.
pub(crate) fn gateway_refusal(status: u16, body: &[u8], provider: Option<&str>, subject: &Subject) -> Option<Failure> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = value.pointer("/error/code").and_then(Value::as_str).unwrap_or_default();
    let message = value.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
    if provider.is_some() && !code.starts_with("provider_") && code != "unsupported_api" {
        return None;
    }
    let (cause, hint) = match code {
        "route_not_found" => (Code::RouteNotFound, "`agm route repair` mends the routes"),
        "invalid_api_key" | "missing_api_key" => {
            (Code::ConsumerNotFound, "the agent's gateway key is not known: `agm agent key NAME --rotate`")
        }
        "consumer_not_allowed" => (Code::ConsumerMissing, "`agm route repair` lets the agent in"),
        "provider_timeout" => (Code::VendorTimeout, "try again; the vendor may be slow or down"),
        "provider_broke_off" | "provider_not_http" => (Code::VendorFaulty, "try again; if it stays so, check the provider's base URL"),
        _ => (Code::UpstreamError, "check the provider: `agm provider test NAME`"),
    };
    let network = matches!(code, "provider_unreachable" | "provider_timeout");
    let message = format!("the gateway answered {status}: {}", subject.shown(message));
    Some(Failure { cause, message, hint: hint.to_owned(), network })
}

pub(crate) fn unanswered(error: &reqwest::Error) -> Failure {
    let (cause, what) =
        if error.is_timeout() { (Code::VendorTimeout, "did not answer in time") } else { (Code::UpstreamError, "did not answer") };
    let hint = "look at the gateway's log; a vendor that is slow to begin needs a longer time-out".to_owned();
    Failure { cause, message: format!("the gateway {what}"), hint, network: true }
}

pub(crate) fn broken(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return unanswered(error);
    }
    let hint = "try again; if it stays so, the vendor or the way to it is faulty".to_owned();
    Failure { cause: Code::VendorFaulty, message: "the answer broke off before its end".to_owned(), hint, network: false }
}

fn no_choice(subject: &Subject) -> Failure {
    let message = format!("the vendor of provider `{}` streamed an answer without a single choice", subject.provider());
    Failure { cause: Code::VendorFaulty, message, hint: "try again; if it stays so, try another model of it".to_owned(), network: false }
}
