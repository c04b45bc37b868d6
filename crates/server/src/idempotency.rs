//! `Idempotency-Key`: a request that is sent twice acts once.
//!
//! An answer that says "done" is kept for 24 hours, sealed, and given again, and so is one of a failure that may have changed something. One
//! that says "refused" is not: nothing was changed, so the same request may be tried again; only which request it was is kept. The work goes
//! on when the client leaves in the middle, so that it finds the answer when it comes back. None is dropped before its time: where too many
//! are kept, new keys are refused.

mod kept;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agm_domain::code::Code;
use agm_ops::{Fault, KeptAnswer, Login, OpError};
use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::auth::Caller;
use crate::error::{ApiError, ApiResult};
use crate::extract::collect;
use crate::state::App;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How often what has ended is removed.
const SWEEP: Duration = Duration::from_hours(1);

/// The requests being answered now, and the answers kept.
#[derive(Default)]
pub(crate) struct Answers {
    /// One at a time for each key.
    turns: Mutex<HashMap<Vec<u8>, Arc<tokio::sync::Mutex<()>>>>,
    /// How many are kept; counted anew with every sweep.
    kept: AtomicUsize,
}

/// Who asked for what under which key, as hashes.
struct Asked {
    name: Vec<u8>,
    request: String,
}

/// Whether answers to this path may be kept. What is said in the playground is nobody's to read later, nor to be held back until its end.
pub(crate) fn keeps(path: &str) -> bool {
    path != "/api/v1/playground"
}

/// Answers a POST with a key once.
pub(crate) async fn once(State(app): State<App>, caller: Caller, request: Request, next: Next) -> Response {
    let kept = request.extensions().get::<MatchedPath>().is_none_or(|path| keeps(path.as_str()));
    if request.method() != Method::POST || !request.headers().contains_key(KEY) || !kept {
        return next.run(request).await;
    }
    match keyed(&app, &caller, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn keyed(app: &App, caller: &Caller, request: Request, next: Next) -> ApiResult<Response> {
    let key = key(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = collect(Request::new(body)).await?;
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked {
        name: hash(&[principal(caller).as_bytes(), key.as_bytes()]),
        request: URL_SAFE_NO_PAD.encode(hash(&[parts.method.as_str().as_bytes(), target.as_bytes(), &body])),
    };
    let request = Request::from_parts(parts, Body::from(body));
    let work = app.tasks.spawn(answer(app.clone(), asked, request, next));
    work.await.unwrap_or_else(|_| Err(OpError::internal("the request met a fault of agm").into()))
}

async fn answer(app: App, asked: Asked, request: Request, next: Next) -> ApiResult<Response> {
    let turn = app.answers.turn(&asked.name);
    let _turn = turn.lock().await;
    let kept = app.agm.kept_answers().read(&asked.name).await?;
    let is_new = kept.is_none();
    if let Some(response) = kept.map(|kept| replay(kept, &asked)).transpose()?.flatten() {
        return Ok(response);
    }
    if is_new {
        app.answers.make_room(app.settings.kept_answers)?;
    }
    let (parts, body) = next.run(request).await.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| OpError::internal(error.to_string()))?;
    let written = keep(&app, &asked, settled(parts.status, &body).then_some((&parts, &body[..]))).await;
    // Who does not act writes nothing, and has refused everything.
    if let Err(error) = written
        && app.agm.is_acting()
    {
        // The work is done; that it cannot be recognised later is no reason to call it failed.
        tracing::warn!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

async fn keep(app: &App, asked: &Asked, answer: Option<(&Parts, &[u8])>) -> Result<(), OpError> {
    let answer = answer.map(|(parts, body)| kept::written(parts, body)).transpose()?;
    app.agm.kept_answers().keep(&asked.name, &asked.request, answer.as_deref()).await
}

/// The answer that was given before; none where the request was refused and may be tried again.
fn replay(kept: KeptAnswer, asked: &Asked) -> ApiResult<Option<Response>> {
    if kept.request != asked.request {
        let error = OpError::new(Fault::Invalid, Code::IdempotencyMismatch, "this idempotency key was used for another request");
        return Err(error.hint("use a new key for every request").into());
    }
    let Some(answer) = kept.answer else { return Ok(None) };
    let mut response = kept::read(&answer)?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// Whether the request must not be acted on again: it was done, or it failed where something may have changed.
fn settled(status: StatusCode, body: &[u8]) -> bool {
    let changed = |code: Code| matches!(code, Code::SwitchFailed | Code::RollbackIncomplete);
    status.is_success() || status.is_server_error() || serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| changed(refusal.code))
}

/// What of an error's body says whether something may have changed.
#[derive(serde::Deserialize)]
struct Refusal {
    code: Code,
}

/// Who owns a key. Two logins of the same name are two: a token may be revoked and another made under its name.
fn principal(caller: &Caller) -> String {
    let Login { actor, kind, credential, .. } = &caller.0;
    format!("{kind:?}/{}/{}", credential.as_deref().unwrap_or_default(), actor.name)
}

impl Answers {
    fn turn(&self, name: &[u8]) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody holds or waits for.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(name.to_vec()).or_default().clone()
    }

    /// Counts one more; refuses it where there are as many as may be.
    fn make_room(&self, most: usize) -> ApiResult<()> {
        let more = |kept: usize| (kept < most).then_some(kept + 1);
        let counted = self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        counted.map(drop).map_err(|_| {
            ApiError::new(Code::TooManyRequests, format!("{most} answers are kept for idempotency keys, which is as many as there may be"))
                .hint("each is kept for 24 hours: come again later, or send the request without a key")
        })
    }
}

fn key(headers: &HeaderMap) -> ApiResult<String> {
    let mut values = headers.get_all(KEY).into_iter();
    let text = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fine = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fine && values.next().is_none() {
        return Ok(text.to_owned());
    }
    Err(ApiError::new(Code::ValidationFailed, "this is not an idempotency key")
        .hint("send one, of 1 to 255 visible ASCII characters, for example a UUID"))
}

/// A hash of parts that cannot be confused with a hash of others: each is preceded by its length.
fn hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

/// Removes what has ended, now and every hour.
pub(crate) async fn sweep(app: App) {
    loop {
        if app.agm.is_acting() {
            match app.agm.kept_answers().sweep().await {
                Ok(left) => app.answers.kept.store(left, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "old answers could not be removed"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}
