//! One request to a vendor and its whole answer, or the stage at which it failed.

use std::error::Error as StdError;
use std::time::Duration;

use agm_domain::api::Api;
use agm_domain::code::Code;
use agm_domain::endpoint::{Destination, Endpoint};
use agm_domain::secret::Secret;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::address::{RefusedAddress, refused_host};
use super::url;
use crate::settings::Patience;
use crate::trial::Failure;
use crate::trial::classify::Subject;

/// Bytes of an answer that are read: a chat answer of one token has a few hundred.
const MAX_BODY: usize = 1024 * 1024;
/// The same for a list of models: the longest, an aggregator's, have close to a million.
const MAX_LIST: usize = 4 * MAX_BODY;

/// A request.
pub(super) struct Asked<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) target: &'a str,
    pub(super) api: Api,
    pub(super) key: Option<&'a Secret>,
    /// Sent with POST; none means GET.
    pub(super) body: Option<Value>,
}

/// A complete answer.
pub(super) struct Heard {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Heard {
    pub(super) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// The host that a redirect points to.
    fn points_to(&self) -> Option<String> {
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        let authority = location.split_once("//")?.1.split(['/', '?', '#']).next()?;
        // What stands before an `@` would be somebody's password.
        Some(authority.rsplit('@').next().unwrap_or(authority).to_owned())
    }
}

impl Asked<'_> {
    fn build(&self, client: &reqwest::Client) -> Result<reqwest::RequestBuilder, http::header::InvalidHeaderValue> {
        let url = url(self.endpoint, self.target);
        let mut headers = HeaderMap::new();
        for (name, value) in self.endpoint.auth_headers(Some(self.api), self.key) {
            let mut value = HeaderValue::try_from(value.expose())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = match &self.body {
            Some(body) => client.post(url).json(body),
            None => client.get(url),
        };
        Ok(request.headers(headers))
    }
}

/// Sends it and reads the answer to its end.
pub(super) async fn send(client: &reqwest::Client, asked: Asked<'_>, subject: &Subject, patience: Patience) -> Result<Heard, Failure> {
    let at = Stage { subject, to: asked.endpoint.destination() };
    if let Some(refused) = refused_host(&at.to.host) {
        return Err(at.address_refused(&refused));
    }
    let request = asked.build(client).map_err(|_| at.bad_key())?;
    let begun = tokio::time::Instant::now();
    let response = match tokio::time::timeout(patience.request, request.send()).await {
        Ok(response) => response.map_err(|error| at.not_answered(&error, patience))?,
        Err(_) => return Err(at.silent(patience.request)),
    };
    let mut heard = Heard { status: response.status().as_u16(), headers: response.headers().clone(), body: Vec::new() };
    if (300..400).contains(&heard.status) {
        return Err(at.redirected(&heard));
    }
    let left = patience.request.saturating_sub(begun.elapsed());
    let most = if asked.api == Api::Models { MAX_LIST } else { MAX_BODY };
    match tokio::time::timeout(left, read(response, &mut heard.body, most)).await {
        Ok(Ok(())) => Ok(heard),
        Ok(Err(Unread::Cut)) => Err(at.cut()),
        Ok(Err(Unread::Endless)) => Err(at.endless(most)),
        Err(_) => Err(at.stalled(patience.request)),
    }
}

enum Unread {
    Cut,
    Endless,
}

async fn read(mut response: reqwest::Response, body: &mut Vec<u8>, most: usize) -> Result<(), Unread> {
    while let Some(chunk) = response.chunk().await.map_err(|_| Unread::Cut)? {
        if body.len() + chunk.len() > most {
            return Err(Unread::Endless);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// Failures of an exchange, in words.
struct Stage<'a> {
    subject: &'a Subject,
    to: &'a Destination,
}

impl Stage<'_> {
    /// Nothing of the vendor answered.
    fn unreachable(&self, cause: Code, what: &str, hint: &str) -> Failure {
        Failure { cause, message: self.says(what), hint: hint.to_owned(), network: true }
    }

    /// The vendor answered, but not as it should.
    fn faulty(&self, what: &str, hint: &str) -> Failure {
        Failure { cause: Code::VendorFaulty, message: self.says(what), hint: hint.to_owned(), network: false }
    }

    fn says(&self, what: &str) -> String {
        format!("the vendor of provider `{}` at {}:{} {what}", self.subject.provider(), self.to.host, self.to.port)
    }

    fn address_refused(&self, refused: &RefusedAddress) -> Failure {
        Failure {
            cause: Code::AddressRefused,
            message: format!("agm does not contact the address of provider `{}`: {refused}", self.subject.provider()),
            hint: "give the base URL of an LLM vendor".to_owned(),
            network: false,
        }
    }

    fn bad_key(&self) -> Failure {
        Failure {
            cause: Code::ValidationFailed,
            message: format!("the key of provider `{}` has characters that cannot be sent", self.subject.provider()),
            hint: format!("give it again, without line breaks: `agm provider rotate-key {}`", self.subject.provider()),
            network: false,
        }
    }

    fn not_answered(&self, error: &reqwest::Error, patience: Patience) -> Failure {
        if let Some(refused) = find::<RefusedAddress>(error) {
            return self.address_refused(refused);
        }
        if error.is_dns() {
            let what = "cannot be found: its name has no address";
            return self.unreachable(Code::VendorUnreachable, what, "check the base URL's host name, and this machine's name resolution");
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            let what = format!("cannot be spoken to securely: {}", self.subject.shown(&tls.to_string()));
            return self.unreachable(Code::VendorUnreachable, &what, tls_hint(tls));
        }
        if error.is_connect() && error.is_timeout() {
            let what = format!("cannot be connected within {}", in_words(patience.connect));
            return self.unreachable(Code::VendorTimeout, &what, "check the base URL, and whether a firewall is in between");
        }
        if error.is_connect() {
            let io = find::<std::io::Error>(error).map_or_else(|| "the connection failed".to_owned(), ToString::to_string);
            let what = format!("does not take connections: {}", self.subject.shown(&io));
            return self.unreachable(Code::VendorUnreachable, &what, "check the base URL, and whether the server is running");
        }
        if error.is_timeout() {
            return self.silent(patience.request);
        }
        self.faulty("broke off before it answered", "try again; if it stays so, check the base URL")
    }

    fn silent(&self, waited: Duration) -> Failure {
        let what = format!("did not answer within {}", in_words(waited));
        self.unreachable(Code::VendorTimeout, &what, "try again; if it stays so, check the base URL and the vendor's status page")
    }

    fn stalled(&self, waited: Duration) -> Failure {
        Failure {
            cause: Code::VendorTimeout,
            ..self.faulty(&format!("did not finish its answer within {}", in_words(waited)), "try again")
        }
    }

    fn cut(&self) -> Failure {
        self.faulty("broke off in the middle of its answer", "try again; the fault is the vendor's, or a proxy's in between")
    }

    fn endless(&self, most: usize) -> Failure {
        let what = format!("answered with more than {} MiB", most / 1024 / 1024);
        self.faulty(&what, "check the base URL: no API answers like this")
    }

    fn redirected(&self, heard: &Heard) -> Failure {
        let host = heard.points_to().map_or_else(|| "elsewhere".to_owned(), |host| format!("to {}", self.subject.shown(&host)));
        let what = format!("sent us {host} (status {})", heard.status);
        self.faulty(&what, "no key follows a redirect: give that address as the base URL, if it is the vendor's")
    }
}

fn tls_hint(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(_) => "if the server is your own, have agm trust its certificate's issuer",
        // Plain HTTP in answer to a TLS greeting looks like a corrupt message.
        rustls::Error::InvalidMessage(_) => "if the server speaks plain HTTP, write http:// in the base URL",
        _ => "check the base URL",
    }
}

fn in_words(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

/// The first error of this type among the causes.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An I/O error's source is not what it wraps, but what that wraps.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    None
}

#[cfg(test)]
mod tests;
