//! Phase 4: the request as the provider gets it.

use agm_domain::api::Api;
use agm_domain::table::{CompiledRoute, CompiledUpstream};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::Call;
use super::what::What;
use crate::body::outgoing::{Held, Outgoing, Passing};
use crate::body::peek::UsageWish;
use crate::body::splice::{edits, splice};
use crate::refusal::Refusal;
use crate::snapshot::ProviderPlan;
use crate::tokens::Token;

/// A request for one provider, but for its key.
pub(crate) struct Prepared {
    target: PathAndQuery,
    body: Option<Held>,
    /// The body was changed: its old length is wrong.
    changed: bool,
    /// The answer's usage chunk was asked for by us and is not for the client.
    pub swallow: bool,
}

/// Chooses path and body.
pub(crate) fn prepare(
    call: &Call,
    route: &CompiledRoute,
    upstream: &CompiledUpstream,
    provider: &ProviderPlan,
    what: &What,
) -> Result<Prepared, Refusal> {
    let asked = what.model().map(|m| &**m);
    // First the route's mapping, then the provider's own (Console contract 7.4).
    let routed = upstream.mapping.target(asked).or(asked);
    let own = routed.and_then(|model| provider.endpoint.served_model(model));
    let model = own.as_deref().or(routed);
    let target = provider
        .endpoint
        .target(call.api, call.target(), model)
        .map_err(|unsupported| Refusal::unsupported_api(&route.name, &unsupported))?;
    let target = PathAndQuery::try_from(target).map_err(|_| Refusal::bad_target(call.uri.path()))?;
    let What::Held { body, peeked } = what else { return Ok(Prepared { target, body: None, changed: false, swallow: false }) };
    let swallow = provider.asks_usage && peeked.stream && streams_usage(call.api) && peeked.usage != UsageWish::Wanted;
    let edits = edits(peeked, model.filter(|model| asked != Some(*model)), swallow);
    let changed = !edits.is_empty();
    let body = if changed { Held::from(splice(body, edits)) } else { Held::new(body.clone()) };
    Ok(Prepared { target, body: Some(body), changed, swallow })
}

/// APIs whose streams report usage when asked (Console contract 7.3).
fn streams_usage(api: Option<Api>) -> bool {
    matches!(api, Some(Api::ChatCompletions | Api::Completions))
}

impl Prepared {
    /// The request with this key. `passing` is the body where it is not in memory.
    pub(crate) fn request(
        &self,
        call: &Call,
        route: &CompiledRoute,
        provider: &ProviderPlan,
        token: Option<&Token>,
        passing: Option<Passing>,
    ) -> Request<Outgoing> {
        let mut headers = call.headers.clone();
        if self.changed {
            headers.remove(CONTENT_LENGTH);
        }
        if call.api.is_some() {
            // The answer is read as it passes; an encoded one could not be.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        headers.insert(HOST, provider.host.clone());
        authorise(&mut headers, call, provider, token);
        if let Some(plan) = call.view.snapshot.plans.get(route.index) {
            plan.request.apply(&mut headers);
        }
        let body = match (&self.body, passing) {
            (Some(held), _) => Outgoing::Held(held.clone()),
            (None, Some(passing)) => Outgoing::Passing(passing),
            (None, None) => Outgoing::Held(Held::default()),
        };
        let mut request = Request::new(body);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = Uri::from(self.target.clone());
        *request.headers_mut() = headers;
        request
    }

    /// Whether it can be sent more than once.
    pub(crate) fn repeatable(&self) -> bool {
        self.body.is_some()
    }
}

fn authorise(headers: &mut HeaderMap, call: &Call, provider: &ProviderPlan, token: Option<&Token>) {
    const VERSION: HeaderName = HeaderName::from_static("anthropic-version");
    if let Some(key) = call.client_key.as_ref().filter(|_| provider.passes_client_key) {
        headers.insert(http::header::AUTHORIZATION, key.clone());
    }
    let carried = token.map_or(&provider.keyless, |t| &*t.headers).of(call.api);
    for (name, value) in carried {
        // A client of the vendor's own protocol knows which version it speaks.
        if *name != VERSION || !headers.contains_key(VERSION) {
            headers.insert(name.clone(), value.clone());
        }
    }
}
