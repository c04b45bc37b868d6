//! Azure OpenAI's paths: the model is in them, and the address may name as much of them as it likes (Console contract 7.8).

use super::paths::with_query;
use crate::api::Api;

/// An Azure address, by its form.
#[derive(Debug)]
pub(super) struct Azure {
    form: Form,
    /// With `api-version`.
    query: String,
}

#[derive(Debug)]
enum Form {
    /// `…/openai/deployments/<deployment>/<operation>`: used as it is for everything.
    Full(String),
    /// `…/openai/deployments/<deployment>`.
    Deployment(String),
    /// Only the host: the deployment is named as the model.
    Host,
}

impl Azure {
    pub(super) fn new(path: &str, query: &str) -> Self {
        let deployment = path.split_once("/openai/deployments/").map(|(_, rest)| rest.split_once('/').unwrap_or((rest, "")));
        let form = match deployment {
            Some((name, "")) if !name.is_empty() => Form::Deployment(name.to_owned()),
            Some((name, _)) if !name.is_empty() => Form::Full(path.to_owned()),
            _ => Form::Host,
        };
        Self { form, query: query.to_owned() }
    }

    /// The address without its host.
    pub(super) fn base(&self) -> String {
        match &self.form {
            Form::Full(path) => format!("{path}?{}", self.query),
            Form::Deployment(name) => format!("/openai/deployments/{name}?{}", self.query),
            Form::Host => format!("/?{}", self.query),
        }
    }

    /// Path and query for an API and what follows its `/v1`.
    pub(super) fn target(&self, known: Option<(Api, &str)>, path: &str, query: Option<&str>, model: Option<&str>) -> String {
        let path = match (&self.form, known) {
            (Form::Full(path), _) => return format!("{path}?{}", self.query),
            (_, None) => return with_query(path.to_owned(), query),
            (_, Some((Api::Models | Api::Files | Api::Batches, tail))) => format!("/openai{tail}"),
            (form, Some((api, tail))) => {
                // Azure has no completion API of its own; Higress sends those to chat.
                let tail = if api == Api::Completions { "/chat/completions" } else { tail };
                let model = match form {
                    Form::Deployment(name) => name.clone(),
                    _ => segment(model.unwrap_or("placeholder")),
                };
                format!("/openai/deployments/{model}{tail}")
            }
        };
        // The address says which API version; the client's may add to it.
        let more = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("api-version="));
        more.fold(format!("{path}?{}", self.query), |target, pair| format!("{target}&{pair}"))
    }
}

/// A model as one segment of a path: what a client calls a model must not lead anywhere else.
fn segment(model: &str) -> String {
    let mut safe = String::with_capacity(model.len());
    for byte in model.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => safe.push(char::from(byte)),
            b'.' if model.bytes().any(|b| b != b'.') => safe.push('.'),
            _ => safe.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    safe
}

fn hex(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble)])
}
