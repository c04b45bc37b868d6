//! Whether a browser that changes something was made to by our own page.

use agm_domain::code::Code;
use agm_ops::{Fault, OpError};
use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use http::{Extensions, HeaderMap, HeaderName, Uri};

use super::client::Client;
use crate::error::ApiResult;
use crate::state::App;

/// Refuses a request from another origin; with `demanded`, also one that does not name its origin.
pub(crate) fn check(app: &App, request: &Request, demanded: bool) -> ApiResult<()> {
    let headers = request.headers();
    let fine = match text(headers, &ORIGIN) {
        Some(origin) => ours(app, request, origin),
        None if demanded => headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"),
        None => true,
    };
    if fine {
        return Ok(());
    }
    let error = OpError::new(Fault::Forbidden, Code::OriginRefused, "the request does not come from agm's own page");
    Err(error.hint("open the page under the URL that AGM_PUBLIC_URL names; scripts use an API token").into())
}

fn ours(app: &App, request: &Request, origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    if app.settings.public_url.as_deref().and_then(origin_of).is_some_and(|own| own == origin.to_ascii_lowercase()) {
        return true;
    }
    let headers = request.headers();
    // Whoever can put a page under the same host without TLS is somebody else.
    if is_https(app, headers, request.extensions()) && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let host = text(headers, &HOST).or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    let forwarded = Client::through_trusted_proxy(app, request.extensions()).then(|| text(headers, &FORWARDED_HOST)).flatten();
    [host, forwarded].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(authority))
}

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Whether the browser speaks TLS, as far as we can know: we do not.
pub(crate) fn is_https(app: &App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let forwarded = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    if forwarded && Client::through_trusted_proxy(app, extensions) {
        return true;
    }
    let public = app.settings.public_url.as_deref().and_then(origin_of);
    let Some(public) = public.filter(|own| own.starts_with("https://")) else { return false };
    // A proxy may ask us under another host; the browser names the page that it shows.
    if text(headers, &ORIGIN).is_some_and(|origin| origin.eq_ignore_ascii_case(&public)) {
        return true;
    }
    let host = public.strip_prefix("https://");
    host.is_some_and(|own| text(headers, &HOST).is_some_and(|host| host.eq_ignore_ascii_case(own)))
}

/// Scheme, host and port of a URL, in lower case.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?).to_ascii_lowercase())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
