//! Phase 7: what is remembered of the request. Runs along the other phases and is settled once, however the request ends.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agm_domain::api::Api;
use http::StatusCode;

use super::Call;
use super::what::What;
use crate::keys::InFlight;
use crate::probe::Origin;
use crate::refusal::Refusal;
use crate::seen::{Outcome, Seen};
use crate::snapshot::{ProviderPlan, RoutePlan};
use crate::tap::Reading;
use crate::worker::{Spot, View, Worker};

/// The account of one request. Dropped unsettled, it says that the client left.
pub(crate) struct Account(Option<Box<Open>>);

struct Open {
    worker: Rc<Worker>,
    view: Rc<View>,
    started: Instant,
    origin: Origin,
    api: Option<Api>,
    consumer: usize,
    model: Option<Arc<str>>,
    route: Option<usize>,
    provider: Option<Arc<ProviderPlan>>,
    status: u16,
    streamed: bool,
    attempts: u8,
    fallback: bool,
    first_byte: Option<Duration>,
    in_flight: Option<InFlight>,
    /// The model, once its caller may use the route. What others ask for is theirs to make up, and is not counted apart.
    counted: Option<Arc<str>>,
}

/// The status under which a client that left before the answer is counted; nginx made it common.
const LEFT: u16 = 499;

/// Under which name the playground is counted, and its number among the consumers: none of theirs.
const PLAYGROUND: &str = "playground";
const NOBODY: usize = usize::MAX;

impl Account {
    /// Opens the account of a request.
    pub(crate) fn open(call: &Call) -> Self {
        Self(Some(Box::new(Open {
            worker: Rc::clone(&call.worker),
            view: Rc::clone(&call.view),
            started: call.started,
            origin: call.origin.clone(),
            api: call.api,
            consumer: call.consumer(),
            model: None,
            route: None,
            provider: None,
            status: LEFT,
            streamed: false,
            attempts: 0,
            fallback: false,
            first_byte: None,
            in_flight: None,
            counted: None,
        })))
    }

    /// It asks for this.
    pub(crate) fn asked(&mut self, what: &What) {
        self.note(|open| open.model = what.model().cloned());
    }

    /// This route took it.
    pub(crate) fn took(&mut self, route: usize) {
        self.note(|open| open.route = Some(route));
    }

    /// Its consumer has one more request running, if it is its own.
    pub(crate) fn enter(&mut self, call: &Call) -> Result<(), Refusal> {
        if call.origin.is_ours() {
            return Ok(());
        }
        let caller = call.view.snapshot.keys.caller(self.consumer());
        let limit = call.worker.shared.settings.limits.requests_per_consumer;
        let Some(guard) = InFlight::enter(caller, limit) else { return Err(Refusal::too_many(&caller.name, limit)) };
        self.note(|open| open.in_flight = Some(guard));
        Ok(())
    }

    /// Its caller may use the route. On an open one nobody is asked who they are, whatever key they bring.
    pub(crate) fn admitted(&mut self, open_to_all: bool) {
        self.note(|open| {
            open.counted.clone_from(&open.model);
            if open_to_all {
                open.consumer = 0;
            }
        });
    }

    /// The consumer's number.
    pub(crate) fn consumer(&self) -> usize {
        self.0.as_ref().map_or(0, |open| open.consumer)
    }

    /// It goes to this provider.
    pub(crate) fn tries(&mut self, provider: &Arc<ProviderPlan>) {
        self.note(|open| open.provider = Some(Arc::clone(provider)));
    }

    /// It is sent.
    pub(crate) fn attempt(&mut self) {
        self.note(|open| open.attempts = open.attempts.saturating_add(1));
    }

    /// It goes to a fallback upstream.
    pub(crate) fn fell_back(&mut self) {
        self.note(|open| open.fallback = true);
    }

    /// Its answer begins.
    pub(crate) fn answered(&mut self, status: StatusCode, streamed: bool) {
        self.note(|open| {
            open.status = status.as_u16();
            open.streamed = streamed;
        });
    }

    /// A piece of its answer is there.
    pub(crate) fn first_byte(&mut self) {
        self.note(|open| {
            if open.first_byte.is_none() {
                open.first_byte = Some(open.started.elapsed());
            }
        });
    }

    /// The route whose own upstreams failed, once a fallback upstream has been asked.
    pub(crate) fn fallback_from(&self) -> Option<&RoutePlan> {
        let open = self.0.as_ref().filter(|open| open.fallback)?;
        open.view.snapshot.plans.get(open.route?)
    }

    /// The route that took it.
    pub(crate) fn plan(&self) -> Option<&RoutePlan> {
        let open = self.0.as_ref()?;
        open.view.snapshot.plans.get(open.route?)
    }

    /// The route's name.
    pub(crate) fn route(&self) -> Option<&str> {
        self.plan().map(|plan| &*plan.name)
    }

    /// The provider's name.
    pub(crate) fn provider(&self) -> Option<&str> {
        self.0.as_ref()?.provider.as_ref().map(|p| &*p.name)
    }

    /// Hands the account over to who ends the request.
    pub(crate) fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    /// Settles it for an answer of the gateway's own.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        self.note(|open| open.status = refusal.status.as_u16());
        self.close(Outcome::Refused(refusal.code), None);
    }

    /// Settles it.
    pub(crate) fn close(&mut self, outcome: Outcome, reading: Option<&Reading>) {
        if let Some(open) = self.0.take() {
            open.settle(outcome, reading);
        }
    }

    fn note(&mut self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = &mut self.0 {
            change(open);
        }
    }
}

impl Open {
    fn settle(self, outcome: Outcome, reading: Option<&Reading>) {
        // Not counted as running any more when somebody sees it in the log.
        drop(self.in_flight);
        let caller = self.view.snapshot.keys.caller(self.consumer);
        let (playground, spender, of) = match self.origin {
            Origin::Probe => return,
            Origin::Agent => (None, self.consumer, Arc::clone(&caller.name)),
            // What a human spends is not the agent's.
            Origin::Playground(id) => (Some(id), NOBODY, PLAYGROUND.into()),
        };
        let spot = Spot {
            route: self.route,
            provider: self.provider.as_ref().map(|p| p.index),
            consumer: spender,
            api: self.api.map_or("", Api::name),
        };
        let meter = self.worker.meter(&self.view, spot, &of, self.provider.as_deref(), self.counted.as_deref());
        let shared = &self.worker.shared;
        let seen = shared.log.push(Seen {
            seq: 0,
            at: (shared.clock)(),
            consumer: Arc::clone(&caller.name),
            route: Arc::clone(&meter.key.route),
            provider: self.provider.as_ref().map(|p| Arc::clone(&p.name)),
            api: self.api.map(Api::name),
            model: self.model,
            served_model: reading.and_then(Reading::model).cloned(),
            status: self.status,
            streamed: self.streamed,
            outcome,
            duration: self.started.elapsed(),
            first_byte: self.first_byte,
            usage: reading.and_then(Reading::usage),
            attempts: self.attempts,
            fallback: self.fallback,
            playground,
        });
        meter.count(&seen);
        if seen.playground.is_none() {
            self.worker.meters.remember(&seen);
        }
        self.worker.meters.tally(&seen, shared.second());
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.close(Outcome::LeftByClient, None);
    }
}
