//! The difference between two documents, shown without secrets.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::Document;
use crate::noun::Noun;
use crate::redact::{pointer_segment, redact, secret_pointers};

/// How an object changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Members of it differ.
    Changed,
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    /// What kind of object.
    pub noun: Noun,
    /// Its name.
    pub name: String,
    /// How it changed.
    pub kind: ChangeKind,
    /// What differs inside; empty unless `changed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberChange>,
}

/// One member that differs. An absent side means that the member is absent there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberChange {
    /// JSON pointer within the object.
    pub pointer: String,
    /// What it was; secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Whether this is a secret: the two masks may then look alike.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

/// Every object that differs, in the order of [`Noun::ALL`]. Version counters are not compared: they only say that something was written.
pub fn diff(before: &Document, after: &Document) -> Vec<Change> {
    let (before, after) = (as_members(before), as_members(after));
    Noun::ALL.into_iter().flat_map(|noun| diff_noun(noun, &before, &after)).collect()
}

/// The document as JSON members. A document always serialises to an object.
pub(crate) fn as_members(document: &Document) -> Map<String, Value> {
    match serde_json::to_value(document) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn diff_noun(noun: Noun, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let empty = Map::new();
    let of = |side: &'_ Map<String, Value>| side.get(noun.member()).and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (before, after) = (of(before), of(after));
    let mut changes = Vec::new();
    for (name, old) in &before {
        let Some(new) = after.get(name) else {
            changes.push(Change { noun, name: name.clone(), kind: ChangeKind::Removed, members: Vec::new() });
            continue;
        };
        let members = diff_object(old, new);
        if !members.is_empty() {
            changes.push(Change { noun, name: name.clone(), kind: ChangeKind::Changed, members });
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        changes.push(Change { noun, name: name.clone(), kind: ChangeKind::Added, members: Vec::new() });
    }
    changes
}

/// The members of one object that differ.
pub fn diff_object(before: &Value, after: &Value) -> Vec<MemberChange> {
    let secrets = [secret_pointers(before), secret_pointers(after)].concat();
    // What is shown is taken from the redacted whole: a part by itself no longer tells that it is a secret.
    let (shown_before, shown_after) = (redact(before), redact(after));
    let mut pointers = Vec::new();
    descend(before, after, &mut String::new(), &mut pointers);
    pointers.retain(|pointer| pointer != "/version");
    let change = |pointer: String| MemberChange {
        before: shown_before.pointer(&pointer).cloned(),
        after: shown_after.pointer(&pointer).cloned(),
        secret: secrets.contains(&pointer),
        pointer,
    };
    pointers.into_iter().map(change).collect()
}

/// Collects the pointers of what differs.
fn descend(before: &Value, after: &Value, at: &mut String, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                child(old.get(name), new.get(name), &pointer_segment(name), at, found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                child(old.get(index), new.get(index), &index.to_string(), at, found);
            }
        }
        _ if before == after => {}
        _ => found.push(at.clone()),
    }
}

fn child(old: Option<&Value>, new: Option<&Value>, segment: &str, at: &mut String, found: &mut Vec<String>) {
    let len = at.len();
    at.push('/');
    at.push_str(segment);
    match (old, new) {
        (Some(old), Some(new)) => descend(old, new, at, found),
        _ => found.push(at.clone()),
    }
    at.truncate(len);
}

#[cfg(test)]
mod tests;
