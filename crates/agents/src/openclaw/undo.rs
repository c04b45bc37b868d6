//! Taking an edit back, as far as the file still shows it.

use agm_blob::sha256;
use agm_domain::redact::pointer_segment;
use jsonc_parser::ast;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Document, meaning, split_bom};
use super::edit::{Change, is_empty, not_read_back, shown};
use super::{EditError, Path, splice};

/// How to take one edit back. It holds no secret: a key that was added is remembered as its hash, and one that was replaced not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undo {
    /// The model reference that was written, `<provider key>/<model>`.
    reference: String,
    /// Whether the file named it already, so that being named says nothing about what the edit added.
    named_before: bool,
    /// What was done, in that order.
    pub(super) steps: Vec<Undoing>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub(super) enum Undoing {
    /// Something was added.
    Add {
        path: Path,
        written: Value,
        /// The white space in its container, if that was empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interior: Option<String>,
    },
    /// A value was set; `before` is the text that stood there.
    #[serde(rename = "set")]
    Restore { path: Path, written: Value, before: String },
}

/// What an undo did.
#[derive(Clone, PartialEq)]
pub struct Undone {
    /// The whole text, with the secrets that are in it.
    pub text: String,
    /// What changed; empty if nothing of the edit was left.
    pub changes: Vec<Change>,
    /// What is no longer as the edit wrote it and was therefore left alone.
    pub left: Vec<Left>,
}

/// Something that an undo left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// JSON pointer of the place.
    pub pointer: String,
    /// The value there, without secrets.
    pub now: Value,
    /// Why it was left.
    pub because: Because,
}

/// Why an undo left something alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// Somebody changed it since.
    Changed,
    /// Something else in the file, at this JSON pointer, names the model by now.
    UsedBy(String),
}

impl Undo {
    pub(super) fn new(document: &Document<'_>, reference: &str) -> Self {
        let named_before = user_of(document.root(), reference, None, &mut String::new()).is_some();
        Self { reference: reference.to_owned(), named_before, steps: Vec::new() }
    }

    /// Whether the edit changed nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Undoing {
    pub(super) fn added(path: Path, value: &Value, interior: Option<String>) -> Self {
        Self::Add { path, written: without_key(value.clone()), interior }
    }
}

/// Takes an edit back: a value is set back if it still is the edit's, what was added is removed if it is still as written and nothing uses
/// it. Done twice it changes nothing more.
pub fn undo(text: &str, undo: &Undo) -> Result<Undone, EditError> {
    let (bom, body) = split_bom(text);
    let mut done = Undone { text: String::new(), changes: Vec::new(), left: Vec::new() };
    let mut body = body.to_owned();
    Document::parse(&body)?;
    for step in undo.steps.iter().rev() {
        let document = Document::parse(&body).map_err(|error| not_read_back(&error.to_string()))?;
        let next = match step {
            Undoing::Add { path, written, interior } => {
                let itself = document.pointer(path);
                let user = || user_of(document.root(), &undo.reference, Some(&itself), &mut String::new());
                let user = if undo.named_before { None } else { user() };
                done.take_out(&document, path, written, interior.as_deref(), user)
            }
            Undoing::Restore { path, written, before } => done.set_back(&document, path, written, before)?,
        };
        if let Some(next) = next {
            body = next;
        }
    }
    Document::parse(&body).map_err(|error| not_read_back(&error.to_string()))?;
    done.text = format!("{bom}{body}");
    Ok(done)
}

impl Undone {
    fn take_out(
        &mut self,
        document: &Document<'_>,
        path: &Path,
        written: &Value,
        interior: Option<&str>,
        user: Option<String>,
    ) -> Option<String> {
        let now = meaning(document.get(path)?);
        if without_key(now.clone()) != *written {
            // A container that others filled since is theirs; it needs no mention.
            if !is_empty(written) {
                self.leave(document, path, &now, Because::Changed);
            }
            return None;
        }
        if !is_empty(written)
            && let Some(user) = user
        {
            self.leave(document, path, &now, Because::UsedBy(user));
            return None;
        }
        let text = splice::remove(document, path, interior)?;
        if !is_empty(written) {
            self.changes.push(Change::new(document, path, Some(&now), None));
        }
        Some(text)
    }

    fn set_back(&mut self, document: &Document<'_>, path: &Path, written: &Value, before: &str) -> Result<Option<String>, EditError> {
        let Some(value) = document.get(path) else {
            return Ok(None);
        };
        let now = meaning(value);
        let old = Document::parse(&format!("{{old:{before}\n}}")).ok().and_then(|old| old.get(&Path::of(["old"])).map(meaning));
        let old = old.ok_or_else(|| not_read_back("the undo record is damaged"))?;
        if now == old {
            return Ok(None);
        }
        if now != *written {
            self.leave(document, path, &now, Because::Changed);
            return Ok(None);
        }
        self.changes.push(Change::new(document, path, Some(&now), Some(&old)));
        Ok(splice::set(document, path, before))
    }

    fn leave(&mut self, document: &Document<'_>, path: &Path, now: &Value, because: Because) {
        self.left.push(Left { pointer: document.pointer(path), now: shown(now), because });
    }
}

/// The first value (not a name) outside of `except` that is this text.
fn user_of(value: &ast::Value<'_>, text: &str, except: Option<&str>, at: &mut String) -> Option<String> {
    let inner: Vec<(String, &ast::Value<'_>)> = match value {
        _ if except == Some(at.as_str()) => return None,
        ast::Value::StringLit(literal) => return (literal.value == text).then(|| at.clone()),
        ast::Value::Object(object) => {
            object.properties.iter().map(|member| (pointer_segment(member.name.as_str()), &member.value)).collect()
        }
        ast::Value::Array(array) => array.elements.iter().enumerate().map(|(index, element)| (index.to_string(), element)).collect(),
        _ => return None,
    };
    let whole = at.len();
    inner.into_iter().find_map(|(segment, value)| {
        at.push('/');
        at.push_str(&segment);
        let found = user_of(value, text, except, at);
        at.truncate(whole);
        found
    })
}

/// A provider with its key as a hash, which tells whether it is the same and nothing else.
fn without_key(mut value: Value) -> Value {
    if let Some(Value::String(key)) = value.get_mut("apiKey") {
        *key = format!("sha256:{}", sha256(key.as_bytes()));
    }
    value
}
