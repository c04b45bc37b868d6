//! The path that is sent upstream.

use serde_json::{Map, Value};

use super::azure::Azure;
use crate::api::Api;

/// How the client's path becomes the vendor's.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) layout: Layout,
    /// Put in front of what the layout gives (`providerBasePath`).
    pub(super) in_front: String,
    pub(super) base_path: Option<BasePath>,
    /// Whether the client speaks the vendor's own protocol.
    pub(super) original: bool,
}

/// Where a vendor's APIs lie.
#[derive(Debug)]
pub(super) enum Layout {
    /// Each at `base` and its own name, but for the exceptions.
    Under {
        /// What stands in place of `/v1`.
        base: String,
        /// APIs that lie elsewhere.
        elsewhere: Vec<(Api, String)>,
    },
    /// All at this path and query, whatever is called.
    Verbatim(String),
    /// By deployment.
    Azure(Azure),
}

/// ai-proxy's `basePath`, on the client's side of the gateway.
#[derive(Debug)]
pub(super) struct BasePath {
    pub(super) path: String,
    /// `prepend`; else `removePrefix`, the default.
    pub(super) prepend: bool,
}

impl Paths {
    /// Path and query for what the client called.
    pub(super) fn target(&self, api: Option<Api>, client: &str, model: Option<&str>) -> String {
        let stripped = match &self.base_path {
            Some(base) if !base.prepend => base.cut_from(client),
            _ => client,
        };
        let (path, query) = stripped.split_once('?').map_or((stripped, None), |(path, query)| (path, Some(query)));
        // With the vendor's own protocol the stripped path stands, whatever the layout says (ai-proxy's `handleRequestHeaders`).
        let mut target = if self.original && stripped.len() < client.len() {
            with_query(path.to_owned(), query)
        } else {
            self.layout.target(api, path, query, model)
        };
        for prefix in [Some(&self.in_front), self.base_path.as_ref().filter(|b| b.prepend).map(|b| &b.path)].into_iter().flatten() {
            if !prefix.is_empty() && !target.starts_with(&**prefix) {
                target = format!("{}/{}", prefix.trim_end_matches('/'), target.trim_start_matches('/'));
            }
        }
        target
    }
}

impl BasePath {
    /// What the client called without this in front of it. `/team` is not in front of `/teams/x`.
    fn cut_from<'a>(&self, client: &'a str) -> &'a str {
        let rest = client.strip_prefix(self.path.trim_end_matches('/'));
        rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(client)
    }
}

impl Paths {
    /// What stands in front of an API's name, as people read it.
    pub(super) fn base(&self) -> String {
        match &self.layout {
            Layout::Under { base, .. } => format!("{}{base}", self.in_front),
            Layout::Verbatim(target) => target.clone(),
            Layout::Azure(azure) => azure.base(),
        }
    }
}

impl Layout {
    fn target(&self, api: Option<Api>, path: &str, query: Option<&str>, model: Option<&str>) -> String {
        let known = api.and_then(|api| Api::locate(path).filter(|(found, _)| *found == api));
        match (self, known) {
            (Self::Verbatim(target), _) => target.clone(),
            (Self::Azure(azure), _) => azure.target(known, path, query, model),
            (Self::Under { .. }, None) => with_query(path.to_owned(), query),
            (Self::Under { base, elsewhere }, Some((api, tail))) => {
                let ids = &tail[1 + api.name().len()..];
                let path = match elsewhere.iter().find(|(of, _)| *of == api) {
                    Some((_, path)) => format!("{path}{ids}"),
                    None => format!("{base}{tail}"),
                };
                with_query(path, query)
            }
        }
    }
}

/// Path and query, the latter as the client sent it.
pub(super) fn with_query(path: String, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// Paths that a custom URL of an OpenAI-like provider is taken for verbatim (contract 7.8).
pub(super) fn is_verbatim(path: &str) -> bool {
    let last_two = |family: &str| path.rsplit_once('/').is_some_and(|(front, last)| front.ends_with(family) && !last.is_empty());
    let endings = ["/completions", "/embeddings", "/models", "/responses", "/realtime", "/videos", "/fine_tuning/jobs"];
    endings.iter().any(|ending| path.ends_with(ending)) || last_two("/images") || last_two("/audio")
}

/// ai-proxy's `capabilities`: APIs that a provider has beyond those of its type, by ai-proxy's names. The type's own win (contract 7.2).
pub(super) fn capabilities(raw: &Map<String, Value>) -> impl Iterator<Item = (Api, String)> {
    let stored = raw.get("capabilities").and_then(Value::as_object).into_iter().flatten();
    stored.filter_map(|(name, path)| {
        let path = path.as_str().filter(|path| path.starts_with('/') && !path.contains('{'))?;
        Some((api_of_capability(name)?, path.to_owned()))
    })
}

fn api_of_capability(name: &str) -> Option<Api> {
    Some(match name {
        "openai/v1/chatcompletions" => Api::ChatCompletions,
        "openai/v1/completions" => Api::Completions,
        "openai/v1/embeddings" => Api::Embeddings,
        "openai/v1/imagegeneration" => Api::ImagesGenerations,
        "openai/v1/imageedit" => Api::ImagesEdits,
        "openai/v1/imagevariation" => Api::ImagesVariations,
        "openai/v1/audiospeech" => Api::AudioSpeech,
        "openai/v1/files" => Api::Files,
        "openai/v1/batches" => Api::Batches,
        "openai/v1/models" => Api::Models,
        "openai/v1/responses" => Api::Responses,
        "openai/v1/fine-tuningjobs" => Api::FineTuning,
        "openai/v1/videos" => Api::Videos,
        "anthropic/v1/messages" => Api::Messages,
        "anthropic/v1/complete" => Api::Complete,
        "cohere/v1/rerank" => Api::Rerank,
        "qwen/v1/rerank" => Api::Reranks,
        _ => return None,
    })
}
