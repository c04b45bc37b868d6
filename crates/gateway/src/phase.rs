//! The phases of a request, in order. Each file is one of them.

mod account;
mod answer;
mod arrive;
mod models;
mod neighbours;
mod origin;
mod place;
mod rewrite;
mod send;
mod what;

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;

pub(crate) use account::Account;
pub(crate) use answer::AnswerBody;
pub(crate) use arrive::Call;

use crate::client::Client;
use crate::keys::Who;
use crate::refusal::Refusal;
use crate::worker::Worker;

/// An answer to a client.
pub(crate) type Reply = Response<AnswerBody>;

/// Answers a request. Whatever happens on the way, the client gets an answer, and nobody else notices.
pub(crate) async fn answer(worker: Rc<Worker>, client: Rc<Client>, request: Request<Incoming>) -> Reply {
    let shared = std::sync::Arc::clone(&worker.shared);
    let Ok(reply) = AssertUnwindSafe(serve(worker, client, request)).catch_unwind().await else {
        shared.panics.fetch_add(1, Ordering::Relaxed);
        return Refusal::panic().response(None).map(AnswerBody::fixed);
    };
    reply
}

async fn serve(worker: Rc<Worker>, client: Rc<Client>, mut request: Request<Incoming>) -> Reply {
    if let Some(page) = arrive::page_for(&worker.shared.settings, &request) {
        if let Some(peer) = client.peer {
            request.extensions_mut().insert(peer);
        }
        return page.answer(request).await.map(AnswerBody::page);
    }
    let (call, body) = Call::arrive(worker, client, request);
    let mut account = Account::open(&call);
    match proceed(&call, body, &mut account).await {
        Ok(reply) => reply,
        Err(refusal) => {
            let mut reply = refusal.response(call.api).map(AnswerBody::fixed);
            answer::mark(&call, &account, reply.headers_mut());
            account.refuse(&refusal);
            reply
        }
    }
}

async fn proceed(call: &Call, body: Incoming, account: &mut Account) -> Result<Reply, Refusal> {
    arrive::check(call)?;
    if let Some(reply) = origin::preflight(call, account) {
        return Ok(reply);
    }
    if models::is_asked_for(call) {
        return models::answer(call, account);
    }
    // Whoever is known counts from here on: what they send is about to take memory.
    if matches!(call.who, Who::Known(_)) {
        account.enter(call)?;
    }
    let what = what::read(call, body).await?;
    account.asked(&what);
    let route = place::choose(call, what.model())?;
    account.took(route.index);
    place::admit(call, route)?;
    account.admitted(route.auth.is_none());
    if route.auth.is_none() {
        account.enter(call)?;
    }
    let won = send::send(call, route, what, account).await?;
    Ok(answer::relay(call, route, won, account))
}
