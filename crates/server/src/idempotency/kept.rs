//! Answers in the store, sealed: one may hold a token that was just made.

use agm_ops::OpError;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION, SET_COOKIE};
use http::response::Parts;
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::error::ApiResult;
use crate::state::App;

const FOLDER: &str = "idempotency";
const LASTS: SignedDuration = SignedDuration::from_hours(24);
/// Answers kept; beyond, those that end first go.
const LIMIT: usize = 2000;
/// The headers of an answer that are part of it.
const HEADERS: [HeaderName; 4] = [CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE];

/// An answer as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    expires: Timestamp,
    /// The hash of the request that it answers.
    pub(super) request: String,
    /// The sealed [`Answer`]; absent where the request was refused and may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Kept {
    pub(super) async fn read(app: &App, name: &str) -> ApiResult<Option<Self>> {
        let Some((value, _)) = app.agm.store().object_get(&object(name)).await.map_err(OpError::from)? else { return Ok(None) };
        let kept: Self = serde_json::from_value(value).map_err(|error| OpError::internal(error.to_string()))?;
        Ok(Some(kept).filter(|kept| kept.expires > Timestamp::now()))
    }

    pub(super) async fn write(app: &App, asked: &Asked, answer: Option<(&Parts, &[u8])>) -> Result<(), OpError> {
        let failed = |error: &dyn std::fmt::Display| OpError::internal(error.to_string());
        let name = object(&asked.name);
        let kept = Self {
            expires: Timestamp::now().checked_add(LASTS).map_err(|error| failed(&error))?,
            request: asked.request.clone(),
            sealed: answer.map(|(parts, body)| seal(app, &name, parts, body)).transpose()?,
        };
        let value = serde_json::to_value(kept).map_err(|error| failed(&error))?;
        // One that has ended may still be there.
        let present = app.agm.store().object_get(&name).await?.map(|(_, tag)| tag);
        app.agm.store().object_put(&name, value, present.as_ref()).await?;
        Ok(())
    }

    pub(super) fn open(&self, app: &App, name: &str) -> ApiResult<Option<Response>> {
        let failed = |error: &dyn std::fmt::Display| OpError::internal(format!("a kept answer cannot be read: {error}"));
        let Some(sealed) = &self.sealed else { return Ok(None) };
        let answer = app.agm.store().open_blob(&object(name), sealed).map_err(OpError::from)?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|error| failed(&error))?;
        let mut response = Response::new(Body::from(STANDARD.decode(&answer.body).map_err(|error| failed(&error))?));
        *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|error| failed(&error))?;
        for (header, value) in answer.headers {
            if let (Ok(header), Ok(value)) = (HeaderName::try_from(header), HeaderValue::try_from(value)) {
                response.headers_mut().insert(header, value);
            }
        }
        Ok(Some(response))
    }
}

fn seal(app: &App, object: &str, parts: &Parts, body: &[u8]) -> Result<String, OpError> {
    let text = |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let answer = Answer { status: parts.status.as_u16(), headers: HEADERS.iter().filter_map(text).collect(), body: STANDARD.encode(body) };
    let answer = serde_json::to_vec(&answer).map_err(|error| OpError::internal(error.to_string()))?;
    Ok(app.agm.store().seal_blob(object, &answer)?)
}

/// Removes what has ended, and what is too much.
pub(super) async fn sweep(app: &App) -> Result<(), OpError> {
    let store = app.agm.store();
    let now = Timestamp::now();
    let mut living = Vec::new();
    for name in store.object_names(FOLDER).await? {
        let kept = store.object_get(&name).await?.and_then(|(value, _)| serde_json::from_value::<Kept>(value).ok());
        match kept {
            Some(kept) if kept.expires > now => living.push((kept.expires, name)),
            _ => store.object_delete(&name).await?,
        }
    }
    living.sort();
    let surplus = living.len().saturating_sub(LIMIT);
    for (_, name) in living.into_iter().take(surplus) {
        store.object_delete(&name).await?;
    }
    Ok(())
}

fn object(name: &str) -> String {
    format!("{FOLDER}/{name}")
}
