//! Header changes of a route, ready to be made.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::route::HeaderEdits;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers that frame a message: changing them would break it.
const FRAMING: [HeaderName; 7] = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TE, TRAILER];

/// Changes to a set of headers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Edits {
    remove: Vec<HeaderName>,
    set: Vec<(HeaderName, HeaderValue)>,
    add: Vec<(HeaderName, HeaderValue)>,
}

impl Edits {
    /// Reads stored changes. Those that cannot be made are left out and reported under `place`.
    pub(crate) fn compile(stored: &HeaderEdits, place: &str, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut name_of = |text: &str, pointer: String| match HeaderName::try_from(text) {
            Ok(name) if !FRAMING.contains(&name) => Some(name),
            Ok(name) => {
                let message = format!("`{name}` frames the message and cannot be changed");
                diagnostics.push(Diagnostic::policy(Code::ValidationFailed, pointer, message).hint("remove this entry"));
                None
            }
            Err(_) => {
                let found = Diagnostic::policy(Code::ValidationFailed, pointer, "this is not a header name");
                diagnostics.push(found.hint("use letters, digits and `-`"));
                None
            }
        };
        let remove = stored.remove.iter().enumerate().filter_map(|(i, n)| name_of(n, format!("{place}/remove/{i}"))).collect();
        let mut unsendable = Vec::new();
        let mut pairs = |list: &[agm_domain::route::HeaderValue], kind: &str| -> Vec<(HeaderName, HeaderValue)> {
            let pair = |(i, h): (usize, &agm_domain::route::HeaderValue)| {
                let name = name_of(&h.key, format!("{place}/{kind}/{i}/key"))?;
                let Ok(value) = HeaderValue::from_str(&h.value) else {
                    unsendable.push(format!("{place}/{kind}/{i}/value"));
                    return None;
                };
                Some((name, value))
            };
            list.iter().enumerate().filter_map(pair).collect()
        };
        let set = pairs(&stored.set, "set");
        let add = pairs(&stored.add, "add");
        diagnostics.extend(unsendable.into_iter().map(|pointer| {
            Diagnostic::policy(Code::ValidationFailed, pointer, "this text cannot be sent in a header").hint("leave out control characters")
        }));
        Self { remove, set, add }
    }

    /// Makes the changes: what is removed first may be set or added again, as Envoy does it.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.remove {
            headers.remove(name);
        }
        for (name, value) in &self.set {
            headers.insert(name.clone(), value.clone());
        }
        for (name, value) in &self.add {
            headers.append(name.clone(), value.clone());
        }
    }
}
