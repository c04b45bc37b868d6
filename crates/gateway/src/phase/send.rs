//! Phase 5: send, and send again where that is allowed: nothing has reached the client yet.
//!
//! The order is Higress's: the route's retries with the same key, then once with another key, then a fallback upstream (Console contract 4.5,
//! 7.5, 7.6).

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use agm_domain::api::Api;
use agm_domain::table::{CompiledRoute, CompiledUpstream, RetryPolicy};

use super::rewrite::{Prepared, prepare};
use super::what::What;
use super::{Account, Call};
use crate::body::outgoing::Passing;
use crate::body::peek::Peeked;
use crate::refusal::Refusal;
use crate::snapshot::ProviderPlan;
use crate::tokens::Token;
use crate::upstream::{Answered, Failure, Patience};

/// Wait before the first retry; it doubles. Envoy's.
const BACKOFF: Duration = Duration::from_millis(25);
const MAX_BACKOFF: Duration = Duration::from_millis(250);

/// The answer that is passed on.
pub(crate) struct Won {
    pub answered: Answered,
    /// Its usage chunk is not for the client.
    pub swallow: bool,
}

/// One provider's part.
struct Attempt<'a> {
    call: &'a Call,
    route: &'a CompiledRoute,
    provider: &'a Arc<ProviderPlan>,
    prepared: Prepared,
    streams: bool,
    passing: Option<Passing>,
    consumer: usize,
}

/// Sends the request to an upstream of the route, and to a fallback upstream if that fails.
pub(crate) async fn send(call: &Call, route: &CompiledRoute, mut what: What, account: &mut Account) -> Result<Won, Refusal> {
    let upstream = route.upstream_at(call.worker.roll_percent());
    // Asked before the first try takes a passing body away: without it a second one would go out empty under the client's length.
    let repeatable = matches!(what, What::Held { .. });
    let first = send_to(call, route, upstream, &mut what, account).await;
    let status = match &first {
        Ok(won) => won.answered.head.status,
        Err(refusal) => refusal.status,
    };
    let fallback = route.fallback.as_ref().filter(|f| repeatable && f.applies_to(status.as_u16()));
    let Some(fallback) = fallback else { return first };
    drop(first);
    account.fell_back();
    let roll = u32::try_from(call.worker.roll() & 0xffff).unwrap_or(0);
    send_to(call, route, fallback.upstream_at(roll), &mut what, account).await
}

async fn send_to(
    call: &Call,
    route: &CompiledRoute,
    upstream: &CompiledUpstream,
    what: &mut What,
    account: &mut Account,
) -> Result<Won, Refusal> {
    let Some(provider) = call.view.snapshot.provider(&upstream.provider) else {
        return Err(Refusal::no_provider(&route.name, upstream.provider.as_str()));
    };
    account.tries(provider);
    let prepared = prepare(call, route, upstream, provider, what)?;
    let swallow = prepared.swallow;
    let streams = what.streams();
    let passing = match what {
        What::Held { .. } => None,
        // It can be had once; what stays behind is never sent.
        What::Passing(_) => match std::mem::replace(what, What::Held { body: bytes::Bytes::new(), peeked: Peeked::default() }) {
            What::Passing(passing) => Some(passing),
            What::Held { .. } => None,
        },
    };
    let mut attempt = Attempt { call, route, provider, prepared, streams, passing, consumer: account.consumer() };
    let answered = attempt.run(account).await;
    answered.map(|answered| Won { answered, swallow }).map_err(|failure| Refusal::failure(&route.name, &provider.name, &failure))
}

impl Attempt<'_> {
    async fn run(&mut self, account: &mut Account) -> Result<Answered, Failure> {
        let tokens = &self.provider.tokens;
        let sticky = self.sticky();
        let token = tokens.pick(self.call.worker.roll(), sticky.as_deref());
        let mut result = self.once(token, account).await;
        let mut left = self.route.retry.as_ref().filter(|_| self.prepared.repeatable()).map_or(0, |r| r.attempts);
        let mut pause = BACKOFF;
        while left > 0 && self.route.retry.as_ref().is_some_and(|policy| wants_retry(policy, self.call, &result)) {
            left -= 1;
            drop(result);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_BACKOFF);
            result = self.once(token, account).await;
        }
        let failed = matches!(&result, Ok(answered) if answered.head.status.as_u16() >= 400);
        if failed
            && tokens.retry_on_failure
            && self.prepared.repeatable()
            && let Some(other) = token.and_then(|t| tokens.pick_other(self.call.worker.roll(), t))
        {
            drop(result);
            result = self.once(Some(other), account).await;
        }
        result
    }

    /// Sends once.
    async fn once(&mut self, token: Option<&Token>, account: &mut Account) -> Result<Answered, Failure> {
        account.attempt();
        let pool = self.call.worker.pool(&self.call.view, self.provider);
        let passing = self.passing.take();
        let upload = passing.as_ref().map(Passing::upload);
        let request = self.prepared.request(self.call, self.route, self.provider, token, passing);
        let may_repeat = self.prepared.repeatable() && self.may_send_twice();
        let sent_again = Cell::new(false);
        let again = || {
            sent_again.set(may_repeat);
            may_repeat.then(|| self.prepared.request(self.call, self.route, self.provider, token, None))
        };
        let patience = Patience { time: self.patience(), upload };
        let result = pool.send(request, &patience, again).await;
        let result = result.map_err(|failure| failure.because_of(patience.upload.as_ref().and_then(|upload| upload.fault())));
        if sent_again.get() {
            account.attempt();
        }
        if let (Some(token), Ok(answered)) = (token, &result) {
            let shared = &self.call.worker.shared;
            if self.provider.tokens.note(token, answered.head.status.as_u16(), &*shared.clock) {
                shared.token_out.notify_one();
            }
        }
        result
    }

    /// How long to wait for an answer to begin: the shortest of what gateway, route and provider say.
    fn patience(&self) -> Duration {
        let per_try = self.route.retry.as_ref().and_then(|r| r.per_try_timeout);
        let first_byte = self.provider.endpoint.first_byte_timeout().filter(|_| self.streams);
        let most = self.call.worker.shared.settings.timeouts.first_byte;
        [per_try, first_byte].into_iter().flatten().fold(most, Duration::min)
    }

    /// Whether a request that a provider may have seen can be sent again.
    fn may_send_twice(&self) -> bool {
        self.call.method.is_idempotent() || self.route.retry.as_ref().is_some_and(|r| r.non_idempotent)
    }

    /// Stateful APIs keep a consumer on one key: their objects belong to the vendor's account.
    fn sticky(&self) -> Option<Arc<str>> {
        let stateful = matches!(self.call.api, Some(Api::Responses | Api::Files | Api::Batches | Api::FineTuning));
        stateful.then(|| Arc::clone(&self.call.view.snapshot.keys.caller(self.consumer).name))
    }
}

fn wants_retry(policy: &RetryPolicy, call: &Call, result: &Result<Answered, Failure>) -> bool {
    let repeatable = policy.non_idempotent || call.method.is_idempotent();
    match result {
        Err(failure) if failure.kind.of_client() => false,
        Err(failure) => policy.on_5xx && (repeatable || failure.kind.unsent()),
        Ok(answered) => {
            let status = answered.head.status.as_u16();
            repeatable && ((policy.on_5xx && status >= 500) || policy.statuses.contains(&status))
        }
    }
}
