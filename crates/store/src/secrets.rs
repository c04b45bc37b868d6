//! The secrets inside a document: sealed where they stand, opened where they were sealed.

use serde_json::Value;
use zeroize::Zeroize;

use crate::Error;
use crate::keyring::Keyring;

/// Seals the texts at `pointers`; returns the pointers that were sealed.
///
/// A pointer to nothing, or to null, is skipped; one to anything else than a text is refused,
/// because the document would be stored with that secret open.
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
            Some(_) => return Err(Error::SecretNotText { pointer }),
        }
    }
    Ok(sealed)
}

/// Opens the texts at `pointers`, all of which were sealed.
pub(crate) fn open(keyring: &Keyring, kind: &str, pointers: &[String], document: &mut Value) -> Result<(), Error> {
    for pointer in pointers {
        let context = context(kind, pointer);
        let unreadable = |reason| Error::Unreadable { context: context.clone(), reason };
        let Some(Value::String(text)) = document.pointer_mut(pointer) else {
            return Err(unreadable("it is missing"));
        };
        let secret = keyring.open(&context, text)?;
        str::from_utf8(&secret).map_err(|_| unreadable("it is not a text"))?.clone_into(text);
    }
    Ok(())
}

/// What a secret is bound to: the kind of document and the place in it.
fn context(kind: &str, pointer: &str) -> String {
    format!("{kind}#{pointer}")
}

#[cfg(test)]
mod tests;
