//! The edit: a text and a wish become the text that says so.

use std::fmt;

use agm_domain::redact::redact;
use agm_domain::secret::mask;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Document, meaning, split_bom, string};
use super::plan::{Notice, Op, Plan, Wish, plan};
use super::splice;
use super::undo::{Undo, Undoing};
use super::{EditError, Path};

/// One changed place of a file, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// JSON pointer of the place, in the file as it was at that moment.
    pub pointer: String,
    /// The value before; nothing if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; nothing if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The place as OpenClaw names it in its log: `agents.defaults.model.primary`.
    pub path: String,
}

impl Change {
    pub(super) fn new(document: &Document<'_>, path: &Path, before: Option<&Value>, after: Option<&Value>) -> Self {
        Self { pointer: document.pointer(path), before: before.map(shown), after: after.map(shown), path: path.to_string() }
    }
}

/// An edited text.
#[derive(Clone, PartialEq)]
pub struct Edited {
    /// The whole text, with the secrets that were in it.
    pub text: String,
    /// The provider that stands for the gateway in this file.
    pub provider_key: String,
    /// The primary model as it is written now: `<provider key>/<model>`.
    pub reference: String,
    /// What changed; empty if the text said it already.
    pub changes: Vec<Change>,
    /// What was not changed although it matters.
    pub notices: Vec<Notice>,
    /// How to take the change back, but for a key that was replaced.
    pub undo: Undo,
}

/// Without the text: it holds keys.
impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edited").field("reference", &self.reference).field("changes", &self.changes).finish_non_exhaustive()
    }
}

/// Edits a configuration file. Only the places in [`Edited::changes`] differ afterwards, by their bytes; applied again it changes nothing.
pub fn edit(text: &str, wish: &Wish) -> Result<Edited, EditError> {
    run(text, |document| plan(document, wish))
}

/// Makes a plan for a text and carries it out.
pub(super) fn run(text: &str, plan: impl Fn(&Document<'_>) -> Result<Plan, EditError>) -> Result<Edited, EditError> {
    let (bom, body) = split_bom(text);
    let document = Document::parse(body)?;
    let Plan { provider_key, reference, ops, notices } = plan(&document)?;
    let mut undo = Undo::new(&document, &reference);
    let mut body = body.to_owned();
    let mut changes = Vec::new();
    for op in ops {
        let document = Document::parse(&body).map_err(|error| not_read_back(&error.to_string()))?;
        let (next, undoing) = apply(&document, &op, &mut changes)?;
        undo.steps.extend(undoing);
        body = next;
    }
    confirm(&body, plan)?;
    Ok(Edited { text: format!("{bom}{body}"), provider_key, reference, changes, notices, undo })
}

fn apply(document: &Document<'_>, op: &Op, changes: &mut Vec<Change>) -> Result<(String, Option<Undoing>), EditError> {
    let lost = || not_read_back("a place to write to was not found");
    match op {
        Op::Add(path, value) => {
            // An empty object on the way is no change worth showing: what goes into it is.
            if !is_empty(value) {
                changes.push(Change::new(document, path, None, Some(value)));
            }
            let added = splice::add(document, path, value).ok_or_else(lost)?;
            Ok((added.text, Some(Undoing::added(path.clone(), value, added.interior))))
        }
        Op::Set(path, value) => {
            let old = document.get(path).ok_or_else(lost)?;
            changes.push(Change::new(document, path, Some(&meaning(old)), Some(value)));
            let before = document.text_of(jsonc_parser::common::Ranged::range(old)).to_owned();
            let text = splice::set(document, path, &splice::written(document, value)).ok_or_else(lost)?;
            Ok((text, Some(Undoing::Restore { path: path.clone(), written: value.clone(), before })))
        }
        Op::SetKey(path, key) => {
            let old = document.get(path).and_then(string).ok_or_else(lost)?;
            changes.push(Change::new(document, path, Some(&mask(old).into()), Some(&key.mask().into())));
            let text = splice::set(document, path, &splice::written(document, &key.expose().into())).ok_or_else(lost)?;
            Ok((text, None))
        }
    }
}

/// The result parses, and nothing is left to do: it says what was wished, and a second edit would change nothing.
fn confirm(body: &str, plan: impl Fn(&Document<'_>) -> Result<Plan, EditError>) -> Result<(), EditError> {
    let document = Document::parse(body).map_err(|error| not_read_back(&error.to_string()))?;
    match plan(&document)?.ops.first() {
        None => Ok(()),
        Some(Op::Add(path, _) | Op::Set(path, _) | Op::SetKey(path, _)) => Err(not_read_back(&document.pointer(path))),
    }
}

/// A value without its secrets. The headers of a provider may hold any, under any name.
pub(super) fn shown(value: &Value) -> Value {
    let mut value = redact(value);
    if let Some(Value::Object(headers)) = value.get_mut("headers") {
        headers.values_mut().for_each(|header| *header = "…".into());
    }
    value
}

pub(super) fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Object(members) if members.is_empty()) || matches!(value, Value::Array(elements) if elements.is_empty())
}

pub(super) fn not_read_back(what: &str) -> EditError {
    EditError::NotReadBack { what: what.to_owned() }
}
