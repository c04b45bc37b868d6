//! Beside the phases: pages of other origins, which a browser lets call where the route's `cors` says so.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::answer::AnswerBody;
use super::{Account, Call, Reply, place};
use crate::seen::Outcome;
use crate::snapshot::{Cors, RoutePlan};

/// Answers a browser that asks whether a page may call. It brings no key, so nobody asks for one; where the answer would be no, the request
/// goes on like any other, as in Envoy.
pub(super) fn preflight(call: &Call, account: &mut Account) -> Option<Reply> {
    let asks = call.method == Method::OPTIONS && call.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let (origin, cors) = asks.then(|| allowed(call, None))??;
    let mut reply = Response::new(AnswerBody::fixed(Bytes::new()));
    cors.announce(reply.headers_mut());
    cors.grant(origin, reply.headers_mut());
    if let Ok(route) = place::choose(call, None) {
        account.took(route.index);
    }
    account.answered(StatusCode::OK, false);
    account.close(Outcome::Answered, None);
    Some(reply)
}

/// Lets the page read this answer, an error too.
pub(super) fn grant(call: &Call, route: Option<&RoutePlan>, headers: &mut HeaderMap) {
    if let Some((origin, cors)) = allowed(call, route) {
        cors.grant(origin, headers);
    }
}

/// The origin and what is granted to it by this route, or by the one that takes what names no model.
fn allowed<'a>(call: &'a Call, route: Option<&'a RoutePlan>) -> Option<(&'a HeaderValue, &'a Cors)> {
    let snapshot = &call.view.snapshot;
    if !snapshot.any_cors {
        return None;
    }
    let origin = call.headers.get(ORIGIN)?;
    let route = route.or_else(|| snapshot.plans.get(place::choose(call, None).ok()?.index))?;
    let cors = route.cors.as_ref().filter(|cors| cors.allows(origin))?;
    Some((origin, cors))
}
