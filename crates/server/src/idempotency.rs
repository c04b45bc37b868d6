//! `Idempotency-Key`: a request that is sent twice acts once.
//!
//! An answer that says "done" is kept for 24 hours, sealed, and given again, and so is one of a failure that may have changed something. One
//! that says "refused" is not: nothing was changed, so the same request may be tried again; only which request it was is kept. The work goes on when the client leaves in the middle, so that it finds the answer when it comes back.

mod kept;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agm_domain::code::Code;
use agm_ops::{Fault, Login, OpError};
use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use self::kept::Kept;
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
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Who asked for what under which key, as hashes.
struct Asked {
    name: String,
    request: String,
}

/// Answers a POST with a key once.
pub(crate) async fn once(State(app): State<App>, caller: Caller, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
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
        request: hash(&[parts.method.as_str().as_bytes(), target.as_bytes(), &body]),
    };
    let request = Request::from_parts(parts, Body::from(body));
    let work = app.tasks.spawn(answer(app.clone(), asked, request, next));
    work.await.unwrap_or_else(|_| Err(OpError::internal("the request met a fault of agm").into()))
}

async fn answer(app: App, asked: Asked, request: Request, next: Next) -> ApiResult<Response> {
    let turn = app.answers.turn(&asked.name);
    let _turn = turn.lock().await;
    if let Some(kept) = Kept::read(&app, &asked.name).await?
        && let Some(response) = kept.replay(&app, &asked)?
    {
        return Ok(response);
    }
    let (parts, body) = next.run(request).await.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| OpError::internal(error.to_string()))?;
    let written = Kept::write(&app, &asked, settled(parts.status, &body).then_some((&parts, &body[..]))).await;
    // Who does not act writes nothing, and has refused everything.
    if let Err(error) = written
        && app.agm.is_acting()
    {
        // The work is done; that it cannot be recognised later is no reason to call it failed.
        tracing::warn!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
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
    fn turn(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody holds or waits for.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(name.to_owned()).or_default().clone()
    }
}

impl Kept {
    /// The answer, where one is kept.
    fn replay(self, app: &App, asked: &Asked) -> ApiResult<Option<Response>> {
        if self.request != asked.request {
            let error = OpError::new(Fault::Invalid, Code::IdempotencyMismatch, "this idempotency key was used for another request");
            return Err(error.hint("use a new key for every request").into());
        }
        let Some(mut response) = self.open(app, &asked.name)? else { return Ok(None) };
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(Some(response))
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
fn hash(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

/// Removes what has ended, now and every hour.
pub(crate) async fn sweep(app: App) {
    loop {
        if app.agm.is_acting()
            && let Err(error) = kept::sweep(&app).await
        {
            tracing::warn!(%error, "old answers could not be removed");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}
