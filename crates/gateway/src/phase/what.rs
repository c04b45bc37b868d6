//! Phase 2: what is asked for: the body, and the model it names.

use std::sync::Arc;

use agm_domain::api::Api;
use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use hyper::body::Incoming;

use super::Call;
use crate::body::collect::{Room, Unread, collect};
use crate::body::multipart;
use crate::body::outgoing::Passing;
use crate::body::peek::{BodyFault, Peeked, peek};
use crate::keys::Who;
use crate::refusal::Refusal;

/// What a request asks for.
#[derive(Debug)]
pub(crate) enum What {
    /// A body in memory, read: it can be changed and sent more than once.
    Held { body: Bytes, peeked: Peeked },
    /// A body that nobody has to read.
    Passing(Passing),
}

/// Reads as much of the body as routing needs.
pub(crate) async fn read(call: &Call, body: Incoming) -> Result<What, Refusal> {
    if call.websocket {
        return Err(Refusal::unsupported_upgrade());
    }
    if body.is_end_stream() {
        return Ok(What::Held { body: Bytes::new(), peeked: Peeked::default() });
    }
    let settings = &call.worker.shared.settings;
    let (limit, patience) = (limit(call), settings.timeouts.body);
    let Some(api) = call.api.filter(|api| names_model(*api) && call.method != Method::GET) else {
        if body.size_hint().lower() > limit as u64 {
            return Err(unread(call, &Unread::TooLong, limit));
        }
        return Ok(What::Passing(Passing::new(body, limit, patience)));
    };
    let room = Room::new(&call.worker.shared.held, settings.limits.body);
    let body = collect(body, limit, patience, room).await.map_err(|why| unread(call, &why, limit))?;
    let peeked = if body.is_empty() { Ok(Peeked::default()) } else { look(call, api, &body) };
    let peeked = peeked.map_err(|fault| Refusal::body(&fault))?;
    Ok(What::Held { body, peeked })
}

fn look(call: &Call, api: Api, body: &[u8]) -> Result<Peeked, BodyFault> {
    // Elsewhere a vendor would read the body as JSON whatever it is called, and so do we.
    if let Some(boundary) = multipart::boundary(&call.headers).filter(|_| takes_forms(api)) {
        return multipart::peek(body, &boundary);
    }
    let says_json = || call.headers.get(CONTENT_TYPE).is_some_and(|kind| memchr::memmem::find(kind.as_bytes(), b"json").is_some());
    if api.carries_model() || says_json() { peek(body) } else { Ok(Peeked::default()) }
}

/// Whether the body of this API may name a model: the list that Higress goes by, and the uploads of audio and pictures.
fn names_model(api: Api) -> bool {
    takes_forms(api) || api == Api::Reranks || api.carries_model()
}

/// Whether this API takes uploads, in forms.
fn takes_forms(api: Api) -> bool {
    matches!(api, Api::AudioTranscriptions | Api::AudioTranslations | Api::ImagesEdits | Api::ImagesVariations | Api::Videos)
}

/// How much is read. Where every route asks for a key, whoever has none gets little.
fn limit(call: &Call) -> usize {
    let limits = &call.worker.shared.settings.limits;
    let stranger = !matches!(call.who, Who::Known(_)) && !call.view.snapshot.any_open;
    if stranger { limits.anonymous_body.min(limits.body) } else { limits.body }
}

fn unread(call: &Call, why: &Unread, limit: usize) -> Refusal {
    if *why == Unread::TooLong && limit < call.worker.shared.settings.limits.body {
        return Refusal::unknown_key();
    }
    Refusal::unread(why, limit)
}

impl What {
    /// The model it names.
    pub(crate) fn model(&self) -> Option<&Arc<str>> {
        match self {
            Self::Held { peeked, .. } => peeked.model.as_ref().map(|m| &m.text),
            Self::Passing(_) => None,
        }
    }

    /// Whether a streamed answer is asked for.
    pub(crate) fn streams(&self) -> bool {
        matches!(self, Self::Held { peeked: Peeked { stream: true, .. }, .. })
    }
}
