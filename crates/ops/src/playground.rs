//! The playground: one real chat request through the gateway, with an agent's key, on behalf of a human.
//!
//! It goes the way of the agent's own requests and costs what they cost, so it is in the request log and in the figures, marked as what it
//! is; but it is none of the agent's: it proves nothing about it. Neither the prompt nor the answer is kept anywhere.

mod ask;
mod frames;
mod run;

use std::sync::Arc;

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_domain::consumer::Consumer;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use self::ask::{PlaygroundMessage, PlaygroundRequest, Speaker};
use self::run::Stage;
use crate::actor::{Actor, Role};
use crate::agm::Agm;
use crate::error::{Fault, OpError};
use crate::probe::gateway_client;

/// Requests at the same time.
const ROOM: usize = 16;

/// Where requests of humans are sent from.
#[derive(Debug)]
pub(crate) struct Room {
    client: reqwest::Client,
    seats: Arc<Semaphore>,
}

/// A request under way. Dropping it cancels it, at the vendor too.
pub struct Playground {
    agm: Agm,
    key: Secret,
    request: PlaygroundRequest,
    /// By which the gateway's log knows it.
    id: String,
    /// What must not be repeated.
    secrets: Vec<String>,
    stage: Stage,
    _seat: tokio::sync::OwnedSemaphorePermit,
}

/// What comes of it, in this order: any number of chunks, then the summary or why there is none.
#[derive(Debug)]
pub enum PlaygroundEvent {
    /// What the vendor sent as the data of one of its events; the whole answer, if it did not stream.
    Chunk(String),
    /// It is over.
    Summary(PlaygroundSummary),
    /// It failed. What is known of it is in the details, as `summary`.
    Failed(OpError),
}

/// How a request went, as the gateway counted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundSummary {
    /// The route that took it; empty when none did.
    pub route: String,
    /// The provider that answered, or was tried last.
    pub provider: Option<String>,
    /// The model that the answer names.
    pub served_model: Option<String>,
    /// What the gateway answered.
    pub status: u16,
    /// How it ended, as in the request log.
    pub outcome: String,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// Milliseconds until the first piece of the answer.
    pub first_token_ms: Option<u64>,
    /// Milliseconds in all.
    pub duration_ms: u64,
    /// Tokens read; `null` where the answer does not tell.
    pub input_tokens: Option<u64>,
    /// Tokens written; `null` where the answer does not tell.
    pub output_tokens: Option<u64>,
}

impl Room {
    pub(crate) fn new() -> Result<Self, OpError> {
        // How long it may take, the gateway knows.
        Ok(Self { client: gateway_client(None)?, seats: Arc::new(Semaphore::new(ROOM)) })
    }
}

impl Agm {
    /// Sends one chat request through the gateway as an agent. What can be judged before is refused at once.
    pub async fn playground(&self, actor: &Actor, request: PlaygroundRequest) -> Result<Playground, OpError> {
        if actor.role < Role::Operator {
            let error = OpError::new(Fault::Forbidden, Code::Forbidden, "a viewer spends nobody's tokens");
            return Err(error.hint("log in as an operator"));
        }
        self.readable()?;
        request.check()?;
        let current = self.current();
        let id = AgentId::parse(&request.agent).map_err(|wrong| Diagnostic { pointer: "/as".to_owned(), ..wrong })?;
        let agent = current.document.agents.get(&id).ok_or_else(|| OpError::no_agent(&id))?;
        let key = current.document.consumers.get(&agent.consumer).and_then(Consumer::first_key).cloned();
        let none = || OpError::new(Fault::Conflict, Code::ConsumerNotFound, format!("the consumer `{}` has no key", agent.consumer));
        let key = key.ok_or_else(|| none().hint("give the agent a new key: `agm agent key NAME --rotate`"))?;
        let seat = self.0.room.seats.clone().try_acquire_owned().map_err(|_| {
            let message = format!("{ROOM} requests of the playground are under way already");
            OpError::new(Fault::Unavailable, Code::TooManyRequests, message).hint("wait for one of them, or end it")
        })?;
        self.audit(actor, "playground", &id.to_string(), json!({ "model": request.model, "stream": request.stream })).await;
        Ok(Playground {
            agm: self.clone(),
            key,
            id: Uuid::now_v7().to_string(),
            secrets: self.secrets(),
            stage: Stage::Asking,
            request,
            _seat: seat,
        })
    }
}
