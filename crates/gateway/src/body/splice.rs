//! Changes a body by replacing bytes in it and leaving all others as they are.

use std::ops::Range;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::peek::{Declined, Form, ModelAt, Peeked, UsageWish};

/// Bodies up to this size are copied into one piece; of larger ones the pieces are sent one after the other.
const COPY_BELOW: usize = 32 << 10;

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    at: Range<usize>,
    with: String,
}

/// A body in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces(pub Vec<Bytes>);

/// Puts another model in the place of the one that is named.
pub(crate) fn replace_model(model: &ModelAt, with: &str) -> Edit {
    let with = match model.form {
        Form::Json => json_string(with),
        Form::Plain => with.to_owned(),
    };
    Edit { at: model.span.clone(), with }
}

/// Names a model in a body that names none.
pub(crate) fn insert_model(peeked: &Peeked, model: &str) -> Option<Edit> {
    Some(insert_member(peeked.inside?, peeked.bare, &format!("\"model\":{}", json_string(model))))
}

/// Asks for the usage chunk; `None` where the body does already.
pub(crate) fn ask_for_usage(peeked: &Peeked) -> Option<Edit> {
    match &peeked.usage {
        UsageWish::Wanted => None,
        UsageWish::Silent => Some(insert_member(peeked.inside?, peeked.bare, "\"stream_options\":{\"include_usage\":true}")),
        UsageWish::Unsaid(at, bare) => Some(insert_member(*at, *bare, "\"include_usage\":true")),
        UsageWish::Declined(at, Declined::Flag) => Some(Edit { at: at.clone(), with: "true".to_owned() }),
        UsageWish::Declined(at, Declined::Options) => Some(Edit { at: at.clone(), with: "{\"include_usage\":true}".to_owned() }),
    }
}

/// The body with the edits made. They must not overlap.
pub(crate) fn splice(body: &Bytes, mut edits: Vec<Edit>) -> Pieces {
    edits.sort_by_key(|e| (e.at.start, e.at.end));
    let added: usize = edits.iter().map(|e| e.with.len()).sum();
    let mut pieces = Vec::with_capacity(edits.len() * 2 + 1);
    let mut from = 0;
    for Edit { at, with } in edits {
        pieces.push(body.slice(from..at.start));
        pieces.push(Bytes::from(with));
        from = at.end;
    }
    pieces.push(body.slice(from..));
    if body.len() + added < COPY_BELOW && pieces.len() > 1 {
        let mut whole = BytesMut::with_capacity(body.len() + added);
        for piece in &pieces {
            whole.put_slice(piece);
        }
        return Pieces(vec![whole.freeze()]);
    }
    pieces.retain(|p| !p.is_empty());
    Pieces(pieces)
}

fn insert_member(at: usize, bare: bool, member: &str) -> Edit {
    let comma = if bare { "" } else { "," };
    Edit { at: at..at, with: format!("{member}{comma}") }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
