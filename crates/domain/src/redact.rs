//! Finding the secrets of a stored value, and showing it without them.

use std::fmt;

use serde_json::{Map, Value};

use crate::secret::{is_secret_name, mask};

/// JSON pointers of every text and number in `value` that is a secret, in document order.
///
/// It is one when its member (or the array it stands in) has a secret's name, when it is among a credential's `values`, or when it is
/// the value of a header whose name says so. Where in doubt it counts as one: sealing loses nothing, and masking only hides.
pub fn secret_pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    // An empty text hides nothing, and neither does what is only true or false.
    let hides = |value: &Value| value.is_number() || value.as_str().is_some_and(|text| !text.is_empty());
    walk(value, &mut String::new(), false, &mut |at, value| found.extend(hides(value).then(|| at.to_owned())));
    found
}

/// The value with every secret masked.
pub fn redact(value: &Value) -> Value {
    let mut shown = value.clone();
    for pointer in secret_pointers(value) {
        if let Some(secret) = shown.pointer_mut(&pointer) {
            *secret = mask(secret.as_str().unwrap_or_default()).into();
        }
    }
    shown
}

/// Members as they may be formatted: with every secret masked.
pub struct Redacted<'a>(pub &'a Map<String, Value>);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(&Value::Object(self.0.clone())).fmt(f)
    }
}

/// Whether the values of this header are secrets.
pub fn is_secret_header(name: &str) -> bool {
    is_secret_name(name) || name.to_ascii_lowercase().ends_with("-key")
}

/// JSON pointers of what does not count when two documents are compared: the version counters, which only say that something was written.
pub fn counter_pointers(document: &Value) -> Vec<String> {
    let routes = document.get("routes").and_then(Value::as_object);
    routes.into_iter().flat_map(Map::keys).map(|name| format!("/routes/{}/version", pointer_segment(name))).collect()
}

/// Text with every occurrence of the given secrets masked: vendors quote keys in their error messages.
pub fn redact_text<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown = text.to_owned();
    // The longest first: one key may begin another, whose end would be left in clear.
    let mut secrets: Vec<&str> = secrets.into_iter().collect();
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        if secret.len() >= 4 && shown.contains(secret) {
            shown = shown.replace(secret, &mask(secret));
        }
    }
    shown
}

/// One segment of a JSON pointer, escaped (RFC 6901).
pub fn pointer_segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Calls `found` with every text and number that stands where a secret stands.
fn walk(value: &Value, at: &mut String, secret: bool, found: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // What is inside an object is judged by its own member names.
                step(at, &index.to_string(), |at| walk(item, at, secret && !item.is_object(), found));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let is_secret = member_is_secret(members, name);
                step(at, &pointer_segment(name), |at| walk(member, at, is_secret && !member.is_object(), found));
            }
        }
        leaf if secret => found(at, leaf),
        _ => {}
    }
}

fn step(at: &mut String, segment: &str, then: impl FnOnce(&mut String)) {
    let len = at.len();
    at.push('/');
    at.push_str(segment);
    then(at);
    at.truncate(len);
}

fn member_is_secret(members: &Map<String, Value>, name: &str) -> bool {
    match name {
        // A consumer's credential (Console contract 5.1) and its older single value.
        "values" | "value" if members.contains_key("source") => true,
        "value" | "matchValue" => members.get("key").and_then(Value::as_str).is_some_and(is_secret_header),
        // The name of a header or parameter, not a key.
        "key" => !["value", "matchValue", "source"].iter().any(|sibling| members.contains_key(*sibling)),
        _ => is_secret_name(name),
    }
}

#[cfg(test)]
mod tests;
