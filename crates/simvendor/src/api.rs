//! Which API a request is for.

use http::Method;

/// An API of a vendor, recognised by method and path suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// `POST …/chat/completions`, and MiniMax's `…/chatcompletion_v2`.
    Chat,
    /// `POST …/completions`
    Completions,
    /// `POST …/embeddings`
    Embeddings,
    /// `GET …/models` and `GET …/models/{id}`
    Models,
    /// `POST …/responses`
    Responses,
    /// `POST …/messages` (Anthropic)
    Messages,
    /// `POST …/rerank` and `…/reranks`
    Rerank,
    /// `POST …/audio/transcriptions`
    Transcriptions,
}

/// Longer suffixes before the shorter ones that they end with.
const SUFFIXES: [(&str, Api); 9] = [
    ("/chat/completions", Api::Chat),
    ("/chatcompletion_v2", Api::Chat),
    ("/completions", Api::Completions),
    ("/embeddings", Api::Embeddings),
    ("/responses", Api::Responses),
    ("/messages", Api::Messages),
    ("/rerank", Api::Rerank),
    ("/reranks", Api::Rerank),
    ("/audio/transcriptions", Api::Transcriptions),
];

impl Api {
    /// The API behind `method` and `path` (without its query), if this vendor has it.
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        match *method {
            Method::GET if path.ends_with("/models") || listed_model(path).is_some() => Some(Self::Models),
            Method::POST => SUFFIXES.iter().find(|(suffix, _)| path.ends_with(suffix)).map(|&(_, api)| api),
            _ => None,
        }
    }
}

/// The id in `…/models/{id}`; ids may hold slashes (`org/model`).
pub(crate) fn listed_model(path: &str) -> Option<&str> {
    path.split_once("/models/").map(|(_, id)| id).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests;
