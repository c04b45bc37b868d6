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

/// What makes a body name `model`, if one is given, and ask for the usage chunk of its stream, if `usage` is wanted.
pub(crate) fn edits(peeked: &Peeked, model: Option<&str>, usage: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut members = Vec::new();
    if let Some(model) = model {
        match (&peeked.model, &peeked.null_model) {
            (Some(ModelAt { span, form, .. }), _) => {
                let with = if *form == Form::Json { json_string(model) } else { model.to_owned() };
                edits.push(Edit { at: span.clone(), with });
            }
            (None, Some(span)) => edits.push(Edit { at: span.clone(), with: json_string(model) }),
            (None, None) => members.push(format!("\"model\":{}", json_string(model))),
        }
    }
    if usage {
        match &peeked.usage {
            UsageWish::Wanted => {}
            UsageWish::Silent => members.push("\"stream_options\":{\"include_usage\":true}".to_owned()),
            UsageWish::Unsaid(at, bare) => edits.push(insert(*at, *bare, "\"include_usage\":true")),
            UsageWish::Declined(at, Declined::Flag) => edits.push(Edit { at: at.clone(), with: "true".to_owned() }),
            UsageWish::Declined(at, Declined::Options) => {
                edits.push(Edit { at: at.clone(), with: "{\"include_usage\":true}".to_owned() });
            }
        }
    }
    if let Some(inside) = peeked.inside.filter(|_| !members.is_empty()) {
        edits.push(insert(inside, peeked.bare, &members.join(",")));
    }
    edits
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

/// Puts members at the beginning of an object; `bare` says that it has none.
fn insert(at: usize, bare: bool, members: &str) -> Edit {
    let comma = if bare { "" } else { "," };
    Edit { at: at..at, with: format!("{members}{comma}") }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
