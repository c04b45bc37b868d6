//! What a vendor is told to be.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::behaviour::{Behaviour, On};
use crate::flavour::Flavour;
use crate::request::Request;

/// Everything a vendor can be told; changed as a whole while it runs.
#[derive(Clone)]
pub struct Script {
    /// Sent as `x-vendor` and as the first word of every answer.
    pub name: String,
    /// Whose manners it has.
    pub flavour: Flavour,
    /// Accepted keys; none means that any key, or none at all, will do.
    pub keys: Vec<String>,
    /// Served models; none means any.
    pub models: Vec<String>,
    /// What it says; by default its name, the model, and the question repeated.
    pub text: Option<String>,
    /// How a stream is cut into frames, and how fast they come.
    pub pacing: Pacing,
    /// Prompt tokens reported as read from the vendor's cache (never more than the prompt has).
    pub cached_tokens: u64,
    /// When it calls a tool.
    pub tools: ToolUse,
    /// Refuses `max_tokens` on chats: `max_completion_tokens` is wanted.
    pub refuse_max_tokens: bool,
    /// Refuses `stream_options`.
    pub refuse_stream_options: bool,
    /// Quotes the whole key in its 401, as no vendor should.
    pub echo_key: bool,
    /// Consumed in order: a request takes the first step that is meant for it.
    pub queue: VecDeque<Step>,
    /// Used when the queue has nothing for a request: the first that is meant for it, else it is answered.
    pub standing: Vec<Step>,
    /// How many requests are remembered; 0 turns recording off.
    pub record: usize,
}

/// A behaviour and the requests it is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which requests.
    pub on: On,
    /// What happens to them.
    pub behaviour: Behaviour,
}

/// The shape of a stream in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pacing {
    /// Exactly this many content frames; by default one per word of the text.
    pub frames: Option<usize>,
    /// From one content frame to the next, kept on a schedule that does not drift.
    pub gap: Duration,
    /// Text of every frame is filled up to this many bytes.
    pub frame_bytes: Option<usize>,
    /// Streamed frames start with `t=<microseconds since 1970> `, the time they were made.
    pub stamp: bool,
}

/// When a request that offers tools gets a tool call for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolUse {
    /// When the last user message has the tool's name as a word.
    #[default]
    WhenNamed,
    /// Whenever tools are offered and the last message is not a tool's result.
    Always,
    /// Never.
    Never,
}

impl Script {
    /// A vendor that answers everybody, for every model.
    pub fn new(name: impl Into<String>, flavour: Flavour) -> Self {
        Self {
            name: name.into(),
            flavour,
            keys: Vec::new(),
            models: Vec::new(),
            text: None,
            pacing: Pacing::default(),
            cached_tokens: 0,
            tools: ToolUse::default(),
            refuse_max_tokens: false,
            refuse_stream_options: false,
            echo_key: false,
            queue: VecDeque::new(),
            standing: Vec::new(),
            record: 256,
        }
    }

    /// Accepts this key too.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Accepts these keys too.
    #[must_use]
    pub fn keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys.extend(keys.into_iter().map(Into::into));
        self
    }

    /// Serves this model too.
    #[must_use]
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.models.push(id.into());
        self
    }

    /// Serves these models too.
    #[must_use]
    pub fn models<M: Into<String>>(mut self, ids: impl IntoIterator<Item = M>) -> Self {
        self.models.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Says this.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Streams like this.
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// Reports this many cached prompt tokens.
    #[must_use]
    pub fn cached_tokens(mut self, tokens: u64) -> Self {
        self.cached_tokens = tokens;
        self
    }

    /// Calls tools like this.
    #[must_use]
    pub fn tools(mut self, tools: ToolUse) -> Self {
        self.tools = tools;
        self
    }

    /// Wants `max_completion_tokens` instead of `max_tokens`.
    #[must_use]
    pub fn refuse_max_tokens(mut self) -> Self {
        self.refuse_max_tokens = true;
        self
    }

    /// Refuses `stream_options`.
    #[must_use]
    pub fn refuse_stream_options(mut self) -> Self {
        self.refuse_stream_options = true;
        self
    }

    /// Quotes refused keys in full.
    #[must_use]
    pub fn echo_key(mut self) -> Self {
        self.echo_key = true;
        self
    }

    /// Treats one more inference request like this.
    #[must_use]
    pub fn then(self, behaviour: Behaviour) -> Self {
        self.then_on(On::Inference, behaviour)
    }

    /// Treats one more of these requests like this.
    #[must_use]
    pub fn then_on(mut self, on: On, behaviour: Behaviour) -> Self {
        self.queue.push_back(Step { on, behaviour });
        self
    }

    /// Treats all inference requests like this, once the queue has nothing for them.
    #[must_use]
    pub fn always(self, behaviour: Behaviour) -> Self {
        self.always_on(On::Inference, behaviour)
    }

    /// Treats all of these requests like this, once the queue has nothing for them.
    #[must_use]
    pub fn always_on(mut self, on: On, behaviour: Behaviour) -> Self {
        self.standing.push(Step { on, behaviour });
        self
    }

    /// Remembers this many requests; 0 turns recording off.
    #[must_use]
    pub fn record(mut self, requests: usize) -> Self {
        self.record = requests;
        self
    }

    /// Where in the queue the step for `request` stands.
    pub(crate) fn queued(&self, request: &Request) -> Option<usize> {
        self.queue.iter().position(|step| step.on.matches(request))
    }

    /// The standing rule for `request`.
    pub(crate) fn standing(&self, request: &Request) -> Behaviour {
        self.standing.iter().find(|step| step.on.matches(request)).map_or(Behaviour::Answer, |step| step.behaviour.clone())
    }

    pub(crate) fn accepts(&self, key: Option<&str>) -> bool {
        self.keys.is_empty() || key.is_some_and(|key| self.keys.iter().any(|known| known == key))
    }

    pub(crate) fn serves(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|known| known == model)
    }
}

/// Without the keys.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("name", &self.name)
            .field("flavour", &self.flavour)
            .field("keys", &self.keys.len())
            .field("models", &self.models)
            .field("pacing", &self.pacing)
            .field("queue", &self.queue)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}
