//! Finds `model`, `stream` and `stream_options` in a JSON body in one scan, without building a tree.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::scan::Scan;

/// Longest model name that is taken: it is kept in the log and in the counters.
pub(crate) const MAX_MODEL: usize = 256;

/// What a body says, with the places where it says it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Peeked {
    /// The model and the bytes of its value.
    pub model: Option<ModelAt>,
    /// The bytes of a `model` that is `null`.
    pub null_model: Option<Range<usize>>,
    /// Whether a streamed answer is asked for.
    pub stream: bool,
    /// What it says of usage in streams.
    pub usage: UsageWish,
    /// Just behind the opening brace of a JSON object.
    pub inside: Option<usize>,
    /// Whether that object has no members.
    pub bare: bool,
}

/// Where the model is named.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModelAt {
    /// The bytes that stand for it: of a JSON string, quotes included.
    pub span: Range<usize>,
    /// Its text.
    pub text: Arc<str>,
    /// How a new text is written in its place.
    pub form: Form,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a JSON string.
    Json,
    /// As it is.
    Plain,
}

/// What a body says about the usage chunk of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum UsageWish {
    /// No `stream_options`.
    #[default]
    Silent,
    /// `stream_options` without `include_usage`: the place behind its brace, and whether it has no members.
    Unsaid(usize, bool),
    /// Something other than `true`, and where: the value of `include_usage`, or of a `stream_options` that is no object.
    Declined(Range<usize>, Declined),
    /// `include_usage: true`.
    Wanted,
}

/// What stands where `true` would have to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declined {
    /// The value of `include_usage`.
    Flag,
    /// The value of `stream_options`.
    Options,
}

/// Why a body cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFault {
    /// Its bytes are no text.
    #[error("the request body is not valid UTF-8; send JSON in UTF-8")]
    NotUtf8,
    /// Its text is no JSON object, or names a member twice.
    #[error("the request body is not a usable JSON object: {0}")]
    NotJson(String),
    /// The model is a number or the like.
    #[error("`model` must be a string")]
    ModelNotText,
    /// The model's name is longer than any model's.
    #[error("`model` is longer than {MAX_MODEL} bytes; name a model")]
    ModelTooLong,
    /// A multipart body without the end of a part.
    #[error("the multipart request body is malformed: {0}")]
    Multipart(&'static str),
}

/// A member named twice is an error here, and so is a `Model`, which some vendors read as `model`: gateway and vendor can never read two
/// different models out of one body.
#[derive(Default)]
struct Members<'a> {
    model: Option<&'a str>,
    stream: Option<&'a str>,
    stream_options: Option<&'a str>,
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct MembersVisitor;

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'a> Members<'a> {
    /// The members of a text that is sure to be an object without anything to complain of.
    fn scan(text: &'a str) -> Option<Self> {
        let mut members = Self::default();
        let mut scan = Scan::new(text);
        scan.space();
        scan.take(b'{')?;
        if scan.space()? == b'}' {
            scan.take(b'}')?;
            return scan.space().is_none().then_some(members);
        }
        loop {
            scan.space();
            let start = scan.position();
            scan.key()?;
            let name = text[start..scan.position() - 1].trim_end().strip_prefix('"')?.strip_suffix('"')?;
            scan.space();
            let start = scan.position();
            scan.value()?;
            let slot = match name {
                "model" => Some(&mut members.model),
                "stream" => Some(&mut members.stream),
                "stream_options" => Some(&mut members.stream_options),
                // A name with an escape may be any of these.
                other if other.contains('\\') || other.eq_ignore_ascii_case("model") => return None,
                _ => None,
            };
            if slot.is_some_and(|slot| slot.replace(&text[start..scan.position()]).is_some()) {
                return None;
            }
            scan.space();
            match scan.next()? {
                b',' => {}
                b'}' => return scan.space().is_none().then_some(members),
                _ => return None,
            }
        }
    }
}

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(Name(name)) = object.next_key()? {
            let (slot, name) = match &*name {
                "model" => (&mut members.model, "model"),
                "stream" => (&mut members.stream, "stream"),
                "stream_options" => (&mut members.stream_options, "stream_options"),
                other if other.eq_ignore_ascii_case("model") => {
                    return Err(A::Error::custom(format_args!("`{other}` must be written `model`")));
                }
                _ => {
                    object.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if slot.replace(object.next_value::<&RawValue>()?.get()).is_some() {
                return Err(A::Error::duplicate_field(name));
            }
        }
        Ok(members)
    }
}

#[derive(Deserialize)]
struct Options<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    include_usage: Option<&'a RawValue>,
}

/// A member that is there, even when it is `null`: putting a second one beside it would be wrong.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl ModelAt {
    pub(super) fn new(span: Range<usize>, text: &str, form: Form) -> Result<Self, BodyFault> {
        if text.len() > MAX_MODEL {
            return Err(BodyFault::ModelTooLong);
        }
        Ok(Self { span, text: text.into(), form })
    }
}

/// Reads a JSON body.
pub(crate) fn peek(body: &[u8]) -> Result<Peeked, BodyFault> {
    let text = std::str::from_utf8(body).map_err(|_| BodyFault::NotUtf8)?;
    let brace = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
    // Serde would also read the members from an array, in order.
    if text.as_bytes().get(brace) != Some(&b'{') {
        return Err(BodyFault::NotJson("it must begin with `{`".to_owned()));
    }
    let members = match Members::scan(text) {
        Some(members) => members,
        None => serde_json::from_str(text).map_err(|e| BodyFault::NotJson(e.to_string()))?,
    };
    let model = members.model.map(|raw| model_at(text, raw)).transpose()?.flatten();
    let usage = members.stream_options.map_or(UsageWish::Silent, |raw| usage_wish(text, raw));
    let null_model = members.model.filter(|raw| *raw == "null").map(|raw| span_of(text, raw));
    let stream = members.stream == Some("true");
    Ok(Peeked { model, null_model, stream, usage, inside: Some(brace + 1), bare: is_bare(&text[brace + 1..]) })
}

fn model_at(text: &str, raw: &str) -> Result<Option<ModelAt>, BodyFault> {
    if raw == "null" {
        return Ok(None);
    }
    let value: Cow<'_, str> = match raw.strip_prefix('"').and_then(|r| r.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
        Some(_) => Cow::Owned(serde_json::from_str(raw).map_err(|e| BodyFault::NotJson(e.to_string()))?),
        None => return Err(BodyFault::ModelNotText),
    };
    ModelAt::new(span_of(text, raw), &value, Form::Json).map(Some)
}

fn usage_wish(text: &str, raw: &str) -> UsageWish {
    let span = span_of(text, raw);
    if !raw.starts_with('{') {
        return UsageWish::Declined(span, Declined::Options);
    }
    match serde_json::from_str::<Options<'_>>(raw) {
        Ok(Options { include_usage: None }) => UsageWish::Unsaid(span.start + 1, is_bare(&raw[1..])),
        Ok(Options { include_usage: Some(flag) }) if flag.get() == "true" => UsageWish::Wanted,
        Ok(Options { include_usage: Some(flag) }) => UsageWish::Declined(span_of(text, flag.get()), Declined::Flag),
        // Named twice: the vendor's to judge.
        Err(_) => UsageWish::Wanted,
    }
}

/// Whether an object whose opening brace has been read ends right away.
fn is_bare(after_brace: &str) -> bool {
    after_brace.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('}')
}

/// Where `part`, borrowed from `text`, stands in it.
fn span_of(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests;
