//! The secrets inside a document: sealed where they stand, opened where they were sealed.

use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use crate::Error;
use crate::keyring::Keyring;

/// Seals the texts, numbers and truth values at `pointers`; returns the pointers that were sealed.
///
/// A pointer to nothing, or to null, is skipped; one to a list or an object is refused, because the
/// document would be stored with that secret open.
pub(crate) fn seal(keyring: &Keyring, kind: &str, pointers: Vec<String>, document: &mut Value) -> Result<Vec<String>, Error> {
    let mut sealed = Vec::new();
    for pointer in pointers {
        match document.pointer_mut(&pointer) {
            None | Some(Value::Null) => {}
            // Named twice: sealed already.
            Some(_) if sealed.contains(&pointer) => {}
            Some(Value::String(secret)) => {
                let text = keyring.seal(&context(kind, &pointer), secret.as_bytes())?;
                secret.zeroize();
                *secret = text;
                sealed.push(pointer);
            }
            Some(secret @ (Value::Number(_) | Value::Bool(_))) => {
                let clear = Zeroizing::new(secret.to_string());
                *secret = keyring.seal(&bare_context(kind, &pointer), clear.as_bytes())?.into();
                sealed.push(pointer);
            }
            Some(Value::Array(_) | Value::Object(_)) => return Err(Error::SecretNotSingle { pointer }),
        }
    }
    Ok(sealed)
}

/// Opens the values at `pointers`, all of which were sealed.
pub(crate) fn open(keyring: &Keyring, kind: &str, pointers: &[String], document: &mut Value) -> Result<(), Error> {
    for pointer in pointers {
        let context = context(kind, pointer);
        let unreadable = |reason| Error::Unreadable { context: context.clone(), reason };
        let Some(value) = document.pointer_mut(pointer) else {
            return Err(unreadable("it is missing"));
        };
        let Value::String(sealed) = value else {
            return Err(unreadable("it is not sealed"));
        };
        // What it is bound to tells which of the two it was.
        *value = match keyring.open(&context, sealed) {
            Ok(secret) => str::from_utf8(&secret).map_err(|_| unreadable("it is not a text"))?.into(),
            Err(no_text) => {
                let secret = keyring.open(&bare_context(kind, pointer), sealed).map_err(|_| no_text)?;
                bare(&secret).ok_or_else(|| unreadable("it is neither a number nor a truth value"))?
            }
        };
    }
    Ok(())
}

/// A number or a truth value from its JSON, exactly: the parser of JSON may miss the last digit of a fraction, the standard library does not.
fn bare(json: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(json).ok()?;
    if !value.is_f64() {
        return Some(value);
    }
    Some(Value::from(str::from_utf8(json).ok()?.parse::<f64>().ok()?))
}

/// What a secret is bound to: the kind of document and the place in it.
fn context(kind: &str, pointer: &str) -> String {
    format!("{kind}#{pointer}")
}

/// The same for a value that is no text, so that neither opens as the other.
fn bare_context(kind: &str, pointer: &str) -> String {
    format!("bare {}", context(kind, pointer))
}

#[cfg(test)]
mod tests;
