//! Phase 1: the request as it came, cleaned of what is not for the provider.

use std::rc::Rc;
use std::time::Instant;

use agm_domain::api::Api;
use http::header::{AUTHORIZATION, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use hyper::body::Incoming;

use super::neighbours::{drop_named, drop_where};
use crate::client::Client;
use crate::keys::{Who, X_API_KEY, bearer, decode, without_keys};
use crate::probe::Origin;
use crate::refusal::Refusal;
use crate::settings::{Page, Settings};
use crate::worker::{View, Worker};

/// Whether a header is not for the provider: between two neighbours (RFC 9110, 7.6.1); ours to write; one in which some vendor expects a key
/// (what a client puts there may be a key of ours); cookies (a browser sends those of agm's own page to every port of the host); or one by
/// which Higress's parts talk to each other, which from a client would be a lie (Console contract 7.4, 7.6).
fn stays_here(name: &str) -> bool {
    matches!(
        name,
        "keep-alive" | "proxy-connection" | "proxy-authenticate" | "proxy-authorization" | "te" | "trailer" | "transfer-encoding"
    ) || matches!(name, "host" | "expect")
        || matches!(name, "api-key" | "x-goog-api-key" | "x-authorization" | "cookie")
        || matches!(name, "x-higress-llm-model" | "x-higress-fallback-from" | "x-mse-consumer" | "x-hi-original-auth")
}

/// A request on its way through the phases.
pub(crate) struct Call {
    pub worker: Rc<Worker>,
    pub view: Rc<View>,
    pub client: Rc<Client>,
    pub started: Instant,
    pub method: Method,
    pub version: Version,
    pub uri: Uri,
    /// Without the headers that are not for the provider; keys are among those.
    pub headers: HeaderMap,
    /// Lower-case, without port.
    pub host: String,
    pub api: Option<Api>,
    pub who: Who,
    pub origin: Origin,
    /// Whether a protocol is asked for that is not forwarded.
    pub websocket: bool,
    /// The key that came with the request, where it is no consumer's: some providers are called with it.
    pub client_key: Option<HeaderValue>,
}

/// The page, if the request is for it.
pub(crate) fn page_for<'a>(settings: &'a Settings, request: &Request<Incoming>) -> Option<&'a Page> {
    let page = settings.page.as_ref()?;
    let path = request.uri().path();
    let below = path.strip_prefix("/agm").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let own_host = || !settings.page_hosts.is_empty() && settings.page_hosts.contains(&host_of(request.uri(), request.headers()));
    (below || own_host()).then_some(page)
}

impl Call {
    /// Takes the request apart.
    pub(crate) fn arrive(worker: Rc<Worker>, client: Rc<Client>, request: Request<Incoming>) -> (Self, Incoming) {
        let started = Instant::now();
        let view = worker.view();
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        let keys = &view.snapshot.keys;
        let who = keys.identify(&headers, parts.uri.query().unwrap_or_default());
        let origin = Origin::take(&mut headers, &worker.shared.mark);
        let websocket = headers.get_all(UPGRADE).iter().any(names_websocket);
        headers.remove(UPGRADE);
        let host = host_of(&parts.uri, &headers);
        strip(&mut headers);
        let client_key = take_keys(&mut headers, keys.headers());
        let call = Self {
            uri: plain(without_query_keys(parts.uri, keys.queries())),
            api: None,
            method: parts.method,
            version: parts.version,
            client,
            client_key: client_key.filter(|_| !matches!(who, Who::Known(_))),
            worker,
            started,
            headers,
            host,
            who,
            origin,
            websocket,
            view,
        };
        (Self { api: Api::detect(call.uri.path()), ..call }, body)
    }

    /// The consumer's number.
    pub(crate) fn consumer(&self) -> usize {
        self.who.index()
    }

    /// The consumer's name, if the key is one's.
    pub(crate) fn caller(&self) -> Option<&str> {
        match self.who {
            Who::Known(index) => Some(&self.view.snapshot.keys.caller(index).name),
            Who::Unknown | Who::Absent => None,
        }
    }

    /// Path and query, as the client sent them, but for keys.
    pub(crate) fn target(&self) -> &str {
        self.uri.path_and_query().map_or("/", |t| t.as_str())
    }
}

/// Refuses what is never forwarded: heads beyond the limit, methods that show or tunnel what we send, and paths that another server may read as another path.
pub(super) fn check(call: &Call) -> Result<(), Refusal> {
    if call.method == Method::TRACE || call.method == Method::CONNECT {
        return Err(Refusal::method_not_allowed(&call.method));
    }
    // HTTP/1.1 counts while it reads.
    let limit = call.worker.shared.settings.limits.headers;
    if call.headers.len() > limit {
        return Err(Refusal::too_many_headers(limit));
    }
    let path = decode(call.uri.path());
    let walks = |segment: &[u8]| {
        let name = segment.split(|b| *b == b';').next();
        name == Some(b".") || name == Some(b"..")
    };
    if path.split(|b| matches!(b, b'/' | b'\\')).any(walks) {
        return Err(Refusal::bad_target(call.uri.path()));
    }
    Ok(())
}

/// The address with its path as RFC 3986 (6.2.2.2) prefers it: nothing is escaped that need not be, so that we read in it what a vendor reads.
fn plain(uri: Uri) -> Uri {
    let path = uri.path();
    if !path.contains('%') {
        return uri;
    }
    let mut parts = path.split('%');
    let mut target = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(char::from);
        let (first, rest) = match byte.filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')) {
            Some(plain) => (plain, &part[2..]),
            None => ('%', part),
        };
        target.push(first);
        target.push_str(rest);
    }
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    target.parse().unwrap_or(uri)
}

/// Whether a WebSocket is among the protocols offered (RFC 9110, 7.8).
fn names_websocket(upgrade: &HeaderValue) -> bool {
    let name = |offer: &[u8]| offer.split(|b| *b == b'/').next().is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"websocket"));
    upgrade.as_bytes().split(|b| *b == b',').any(name)
}

/// Removes what is between the client and us.
fn strip(headers: &mut HeaderMap) {
    drop_named(headers);
    drop_where(headers, stays_here);
}

/// Removes every header that may carry a consumer's key; gives the key that stands where vendors expect one.
fn take_keys(headers: &mut HeaderMap, others: &[HeaderName]) -> Option<HeaderValue> {
    let authorization = headers.remove(AUTHORIZATION);
    let api_key = headers.remove(X_API_KEY);
    for name in others {
        headers.remove(name);
    }
    // Another scheme is a login to something else, which the vendor is not.
    authorization.filter(|value| bearer(value.as_bytes()).is_some()).or_else(|| {
        let mut value = [b"Bearer ", api_key?.as_bytes()].concat();
        let header = HeaderValue::from_bytes(&value).ok();
        value.fill(0);
        header
    })
}

fn without_query_keys(uri: Uri, names: &[String]) -> Uri {
    let Some(query) = uri.query().filter(|_| !names.is_empty()) else { return uri };
    let kept = without_keys(query, names);
    if kept.len() == query.len() {
        return uri;
    }
    let target = if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{kept}", uri.path()) };
    target.parse().unwrap_or_default()
}

/// The host asked for, lower-case and without port.
fn host_of(uri: &Uri, headers: &HeaderMap) -> String {
    let host = uri.authority().map(http::uri::Authority::as_str).or_else(|| headers.get(HOST).and_then(|h| h.to_str().ok()));
    let host = host.unwrap_or_default();
    let bare = match host.rfind(':') {
        Some(at) if !host.ends_with(']') => &host[..at],
        _ => host,
    };
    bare.to_ascii_lowercase()
}
