//! Which API a request calls, recognised by its path as Higress does (Console contract 7.2).

use std::fmt;

macro_rules! apis {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// An API of an LLM vendor. Declared in the order in which people expect to read them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Api {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Api {
            /// Every API.
            pub const ALL: &[Api] = &[$(Api::$name),+];

            /// Its name as in the path, without `/v1/` in front: `chat/completions`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Api::$name => $text,)+
                }
            }

            /// The path by which OpenAI's clients call it: `/v1/chat/completions`.
            pub fn standard_path(self) -> &'static str {
                match self {
                    $(Api::$name => concat!("/v1/", $text),)+
                }
            }
        }
    };
}

apis! {
    /// Chat.
    ChatCompletions = "chat/completions",
    /// Completion of a text.
    Completions = "completions",
    /// OpenAI's newer chat API.
    Responses = "responses",
    /// Anthropic's chat API.
    Messages = "messages",
    /// Anthropic's older text API.
    Complete = "complete",
    /// Embeddings.
    Embeddings = "embeddings",
    /// Reranking as Cohere spells it.
    Rerank = "rerank",
    /// Reranking as Qwen spells it.
    Reranks = "reranks",
    /// Moderation.
    Moderations = "moderations",
    /// The models of a vendor.
    Models = "models",
    /// Pictures from text.
    ImagesGenerations = "images/generations",
    /// Changes to a picture.
    ImagesEdits = "images/edits",
    /// Variations of a picture.
    ImagesVariations = "images/variations",
    /// Speech from text.
    AudioSpeech = "audio/speech",
    /// Text from speech.
    AudioTranscriptions = "audio/transcriptions",
    /// English text from speech.
    AudioTranslations = "audio/translations",
    /// Uploaded files.
    Files = "files",
    /// Batches of requests.
    Batches = "batches",
    /// Fine-tuning jobs.
    FineTuning = "fine_tuning/jobs",
    /// Live audio.
    Realtime = "realtime",
    /// Videos.
    Videos = "videos",
    /// Stored conversations.
    Conversations = "conversations",
}

impl Api {
    /// The API that a path calls. Anything may stand in front of `/v1/…`; ids may follow where the API has them.
    pub fn detect(path: &str) -> Option<Self> {
        Self::locate(path).map(|(api, _)| api)
    }

    /// The API and the rest of the path after its `/v1`: `/x/v1/files/f-1` gives `/files/f-1`.
    pub fn locate(path: &str) -> Option<(Self, &str)> {
        // From the right: what counts is how the path ends.
        // Looking for the slashes first is cheaper than looking for a string.
        path.rmatch_indices('/').filter_map(|(at, _)| path[at..].strip_prefix("/v1").filter(|tail| tail.starts_with('/'))).find_map(
            |tail| {
                let api = Self::ALL.iter().copied().find(|api| api.is_tail(&tail[1..]))?;
                Some((api, tail))
            },
        )
    }

    /// Whether `tail` is this API's name, alone or with ids behind it.
    fn is_tail(self, tail: &str) -> bool {
        let Some(rest) = tail.strip_prefix(self.name()) else { return false };
        match rest.strip_prefix('/') {
            None => rest.is_empty(),
            Some(rest) => {
                let (id, verb) = rest.split_once('/').map_or((rest, None), |(id, verb)| (id, Some(verb)));
                is_id(id) && self.verbs().is_some_and(|verbs| verb.is_none_or(|verb| verbs.contains(&verb)))
            }
        }
    }

    /// What may follow an id; `None` where the API has no ids.
    fn verbs(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Files => &["content"],
            Self::Batches => &["cancel"],
            Self::FineTuning => &["cancel", "checkpoints", "events", "pause", "resume"],
            Self::Videos => &["content", "remix"],
            Self::Responses => &["cancel", "input_items"],
            Self::Conversations => &["items"],
            Self::Models => &[],
            _ => return None,
        })
    }

    /// Whether the gateway takes the model from the body, routes by it and maps it. The list is that of Higress's model-router and
    /// model-mapper (contract 7.4), which go by the end of the path.
    pub fn carries_model(self) -> bool {
        matches!(
            self,
            Self::ChatCompletions
                | Self::Completions
                | Self::Responses
                | Self::Messages
                | Self::Embeddings
                | Self::Rerank
                | Self::Moderations
                | Self::ImagesGenerations
                | Self::AudioSpeech
                | Self::FineTuning
        )
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An id in a path is one segment that does not walk.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains(':')
}

#[cfg(test)]
mod tests;
