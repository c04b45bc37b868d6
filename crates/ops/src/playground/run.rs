//! A request of the playground on its way.

use std::collections::VecDeque;

use agm_domain::code::Code;
use agm_domain::redact::redact_text;
use agm_gateway::{PLAYGROUND_HEADER, PROBE_HEADER, PROVIDER_HEADER, Seen};
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};

use super::frames::Frames;
use super::{Playground, PlaygroundEvent, PlaygroundSummary};
use crate::error::{Fault, OpError};
use crate::probe::{broken, gateway_refusal, read_bounded, subject_of, unanswered};
use crate::requests::RequestView;
use crate::trial::Failure;
use crate::trial::classify::{self, Subject};

/// Under which name the answer's length is limited; models that reason refuse the first.
const LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];
const WHAT: &str = "the request failed";

/// How far it is.
pub(super) enum Stage {
    /// It is not sent yet.
    Asking,
    /// Its answer comes.
    Reading { response: Box<Response>, subject: Subject, frames: Frames, waiting: VecDeque<String> },
    /// All of the answer was told.
    Told,
    /// It is over.
    Over,
}

impl Playground {
    /// What comes next; nothing when it is over.
    pub async fn next(&mut self) -> Option<PlaygroundEvent> {
        let step = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Asking => self.ask().await,
            Stage::Reading { response, subject, frames, waiting } => self.read(response, subject, frames, waiting).await,
            Stage::Told => Ok(Some(self.end())),
            Stage::Over => Ok(None),
        };
        step.unwrap_or_else(|failure| Some(PlaygroundEvent::Failed(self.failed(failure))))
    }

    async fn ask(&mut self) -> Result<Option<PlaygroundEvent>, Failure> {
        for (at, limit) in LIMITS.iter().enumerate() {
            let response = self.send(limit).await.map_err(|error| unanswered(&error))?;
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let (status, kind, provider) = (response.status().as_u16(), header(CONTENT_TYPE.as_str()), header(PROVIDER_HEADER));
            let subject = subject_of(&self.agm, provider.as_deref(), &self.key).asked(&self.request.model);
            if status == 200 && kind.as_deref().is_some_and(|kind| kind.starts_with("text/event-stream")) {
                return self.read(Box::new(response), subject, Frames::default(), VecDeque::new()).await;
            }
            let body = read_bounded(response).await?;
            let again = status == 400 && at == 0 && self.request.max_tokens.is_some();
            if again && String::from_utf8_lossy(&body).contains(LIMITS[1]) {
                continue;
            }
            if let Some(failure) = gateway_refusal(status, &body, provider.as_deref(), &subject) {
                return Err(failure);
            }
            classify::answer(status, kind.as_deref(), &body, &subject)?;
            self.stage = Stage::Told;
            return Ok(Some(self.chunk(&String::from_utf8_lossy(&body))));
        }
        Ok(None)
    }

    async fn send(&self, limit: &str) -> Result<Response, reqwest::Error> {
        let point = self.agm.calling_point();
        let gateway = &self.agm.0.gateway;
        let url = format!("http://{}{}", gateway.addr(), point.path);
        let mut request = self.agm.0.room.client.post(url).header(AUTHORIZATION, format!("Bearer {}", self.key.expose()));
        request = request.header(PROBE_HEADER, gateway.probe_mark().value().clone()).header(PLAYGROUND_HEADER, &self.id);
        if !point.host.is_empty() {
            request = request.header(HOST, point.host.as_str());
        }
        request.json(&self.request.body(limit)).send().await
    }

    async fn read(
        &mut self,
        mut response: Box<Response>,
        subject: Subject,
        mut frames: Frames,
        mut waiting: VecDeque<String>,
    ) -> Result<Option<PlaygroundEvent>, Failure> {
        loop {
            while let Some(data) = waiting.pop_front() {
                if data.trim() == "[DONE]" {
                    continue;
                }
                let refused = serde_json::from_str::<Value>(&data).is_ok_and(|v| v.get("error").is_some_and(|error| !error.is_null()));
                if refused {
                    return Err(classify::refusal(200, data.as_bytes(), &subject));
                }
                self.stage = Stage::Reading { response, subject, frames, waiting };
                return Ok(Some(self.chunk(&data)));
            }
            match response.chunk().await.map_err(|error| broken(&error))? {
                Some(bytes) => waiting.extend(frames.push(&bytes).map_err(|_| too_long(&subject))?),
                None => match frames.end() {
                    Some(last) => waiting.push_back(last),
                    None => return Ok(Some(self.end())),
                },
            }
        }
    }

    fn end(&self) -> PlaygroundEvent {
        let forgotten = || {
            let message = "the answer is whole, but the request has left the gateway's log already";
            OpError::new(Fault::Unavailable, Code::Internal, message).hint("look at the provider's figures")
        };
        self.summary().map_or_else(|| PlaygroundEvent::Failed(forgotten()), PlaygroundEvent::Summary)
    }

    /// A vendor may say back what it was sent.
    fn chunk(&self, text: &str) -> PlaygroundEvent {
        PlaygroundEvent::Chunk(redact_text(text, self.secrets.iter().map(String::as_str)))
    }

    fn failed(&self, failure: Failure) -> OpError {
        let error = failure.into_peer_error(WHAT);
        match self.summary() {
            Some(summary) => error.detail("summary", json!(summary)),
            None => error,
        }
    }

    /// What the gateway counted. It counts before it ends an answer, so it has by now; of one that is still under way nothing is known.
    fn summary(&self) -> Option<PlaygroundSummary> {
        let seen = self.agm.0.gateway.playground_request(&self.id)?;
        Some(PlaygroundSummary::of(&seen))
    }
}

impl PlaygroundSummary {
    fn of(seen: &Seen) -> Self {
        let view = RequestView::of(seen);
        Self {
            route: view.route,
            provider: view.provider,
            served_model: view.served_model,
            status: view.status,
            outcome: view.outcome,
            streamed: view.streamed,
            first_token_ms: view.first_byte_ms,
            duration_ms: view.duration_ms,
            input_tokens: view.input_tokens,
            output_tokens: view.output_tokens,
        }
    }
}

fn too_long(subject: &Subject) -> Failure {
    let message = format!("the vendor of provider `{}` sent an event longer than any answer", subject.provider());
    let hint = "check the provider's base URL: this is no chat API".to_owned();
    Failure { cause: Code::VendorFaulty, message, hint, network: false }
}
