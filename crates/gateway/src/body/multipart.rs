//! Finds the `model` field of a `multipart/form-data` body (audio and image APIs).

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;

use super::peek::{BodyFault, Form, ModelAt, Peeked};

/// The boundary that a multipart content type names.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parts.find_map(|p| p.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("boundary")))?.1.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

/// Reads the parts' heads; a `model` that is named twice is a fault, as in JSON.
pub(crate) fn peek(body: &[u8], boundary: &str) -> Result<Peeked, BodyFault> {
    let mark = format!("--{boundary}");
    let mut peeked = Peeked::default();
    let mut places = memmem::find_iter(body, mark.as_bytes()).filter(|at| *at == 0 || body[..*at].ends_with(b"\n")).peekable();
    while let Some(at) = places.next() {
        let start = at + mark.len();
        let end = places.peek().copied().unwrap_or(body.len());
        if body[start..].starts_with(b"--") {
            break;
        }
        let part = &body[start..end];
        let Some(head_end) = memmem::find(part, b"\r\n\r\n") else {
            return Err(BodyFault::Multipart("a part has no blank line after its headers"));
        };
        match field_name(&part[..head_end]).as_deref() {
            Some("model") if peeked.model.is_some() => return Err(BodyFault::Multipart("`model` is given twice")),
            Some("model") => peeked.model = Some(model_at(body, start + head_end + 4, end)?),
            Some("stream") => peeked.stream = part[head_end + 4..].trim_ascii() == b"true",
            _ => {}
        }
    }
    Ok(peeked)
}

fn model_at(body: &[u8], from: usize, end: usize) -> Result<ModelAt, BodyFault> {
    let value = &body[from..end];
    let Some(value) = value.strip_suffix(b"\r\n") else {
        return Err(BodyFault::Multipart("the part `model` does not end before a boundary"));
    };
    let text = std::str::from_utf8(value).map_err(|_| BodyFault::NotUtf8)?;
    ModelAt::new(from..from + value.len(), text, Form::Plain)
}

/// The `name` of a part's `Content-Disposition`.
fn field_name(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let name = disposition.split(';').map(str::trim).find_map(|p| p.strip_prefix("name="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests;
