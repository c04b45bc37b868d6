//! How a request is treated instead of being answered well.

use std::fmt;
use std::time::Duration;

use crate::api::Api;
use crate::request::Request;

/// What the vendor does with one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// Answers as asked.
    #[default]
    Answer,
    /// Refuses with this status, in the vendor's own words unless a body is given.
    Error {
        /// The HTTP status.
        status: u16,
        /// Replaces the vendor's body; sent as HTML when it starts with `<`, else as JSON.
        body: Option<String>,
        /// Sent as `retry-after`, in seconds.
        retry_after: Option<u32>,
    },
    /// Waits this long before the first byte, then answers.
    SlowFirstByte(Duration),
    /// Takes the request and never answers, until the client leaves or the vendor stops.
    Hang,
    /// Closes the connection before any byte of an answer.
    CutBeforeHeaders,
    /// Resets the connection after half of the body (a stream: after one content frame).
    CutMidBody,
    /// Resets the connection after this many content frames; a body that is no stream is cut in the middle.
    CutStream {
        /// Content frames that still arrive.
        after_frames: usize,
    },
    /// Goes silent after this many content frames, with the connection open.
    StallStream {
        /// Content frames that still arrive.
        after_frames: usize,
    },
    /// Sends an error event after this many content frames and ends the body cleanly, without the end mark.
    ErrorInStream {
        /// Content frames that still arrive.
        after_frames: usize,
    },
    /// Ends the stream cleanly but without its end mark (`[DONE]`, `message_stop`, `response.completed`).
    StreamWithoutDone,
    /// Answers 200 with nothing in `choices` (`content`, `output`, `data`).
    EmptyChoices,
    /// Answers 200 with an HTML page.
    NotJson,
    /// Answers with one JSON body, never a stream, made longer by this many bytes as it is sent.
    HugeBody {
        /// Bytes beyond the usual answer.
        bytes: u64,
    },
    /// Answers 307 to this place.
    Redirect {
        /// The `location` header.
        location: String,
    },
    /// Declares a longer body than it sends, then closes the connection.
    WrongContentLength,
}

impl Behaviour {
    /// An error in the vendor's own words; a 429 asks to retry after one second.
    pub fn error(status: u16) -> Self {
        Self::Error { status, body: None, retry_after: (status == 429).then_some(1) }
    }
}

/// Which requests a behaviour is meant for.
#[derive(Clone, PartialEq, Eq)]
pub enum On {
    /// Every request.
    Every,
    /// Every request but those for the model list, which front ends ask for on their own account.
    Inference,
    /// Requests for this API.
    Api(Api),
    /// Requests for this model.
    Model(String),
    /// Requests with this key.
    Key(String),
    /// Requests that want a stream (`true`), or do not (`false`).
    Streaming(bool),
}

impl On {
    /// Whether `request` is meant.
    pub(crate) fn matches(&self, request: &Request) -> bool {
        match self {
            Self::Every => true,
            Self::Inference => request.api != Some(Api::Models),
            Self::Api(api) => request.api == Some(*api),
            Self::Model(model) => request.model.as_ref() == Some(model),
            Self::Key(key) => request.key.as_ref() == Some(key),
            Self::Streaming(stream) => request.api != Some(Api::Models) && request.stream == *stream,
        }
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("Every"),
            Self::Inference => f.write_str("Inference"),
            Self::Api(api) => write!(f, "Api({api:?})"),
            Self::Model(model) => write!(f, "Model({model})"),
            Self::Key(_) => f.write_str("Key(…)"),
            Self::Streaming(stream) => write!(f, "Streaming({stream})"),
        }
    }
}
