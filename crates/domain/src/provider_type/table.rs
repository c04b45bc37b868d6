//! The table itself: first the types the Console handles, in its order, then those stored as `openai` with a custom URL, then those that
//! agm only knows in order to refuse them.

use super::{Field, FieldKind, KeyNeed, ProviderType, Standalone, StoredAs, Wire};
use crate::api::Api;
use crate::endpoint::Auth;

mod console;
mod elsewhere;

pub(super) fn all() -> impl Iterator<Item = &'static ProviderType> {
    console::TYPES.iter().chain(elsewhere::TYPES)
}

/// What most entries have in common: a key in `Authorization: Bearer`, OpenAI's paths, chat and nothing else.
const USUAL: ProviderType = ProviderType {
    id: "",
    aliases: &[],
    title: "",
    base_url: "",
    key: KeyNeed::Required,
    key_hint: "",
    prefixes: &[],
    fields: &[],
    standalone: Standalone::Yes,
    apis: &[Api::ChatCompletions],
    stream_options: true,
    console: true,
    stored_as: StoredAs::OpenAi,
    wire: WIRE,
};

const WIRE: Wire = Wire { auth: Auth::Bearer, auth_of: &[], base: "/v1", paths: &[], models: Some("/v1/models") };

const CHAT_EMBEDDINGS: &[Api] = &[Api::ChatCompletions, Api::Embeddings];
const CHAT_MODELS: &[Api] = &[Api::ChatCompletions, Api::Models];
const CHAT_EMBEDDINGS_MODELS: &[Api] = &[Api::ChatCompletions, Api::Embeddings, Api::Models];

/// A text field that the type is useless without.
const fn required(name: &'static str, title: &'static str, hint: &'static str) -> Field {
    Field { name, title, kind: FieldKind::Text, required: true, default: "", hint }
}

/// The same for a secret.
const fn required_secret(name: &'static str, title: &'static str, hint: &'static str) -> Field {
    Field { name, title, kind: FieldKind::Secret, required: true, default: "", hint }
}
