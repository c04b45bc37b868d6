//! Model mapping of an upstream, precomputed: Higress's model-mapper (Console contract 7.4).

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Client's model → vendor's model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    exact: HashMap<Box<str>, Box<str>>,
    /// Alphabetically: the first that matches wins, so `gpt-*` beats `gpt-4*`.
    prefixes: Vec<(Box<str>, Box<str>)>,
    other: Option<Box<str>>,
}

impl Mapping {
    /// Reads the stored map. Values that are not text say nothing.
    pub fn new(stored: &Map<String, Value>) -> Self {
        let mut mapping = Self::default();
        for (key, value) in stored {
            let Some(target) = value.as_str() else { continue };
            match key.strip_suffix('*') {
                Some("") => mapping.other = Some(target.into()),
                Some(prefix) => mapping.prefixes.push((prefix.into(), target.into())),
                None => drop(mapping.exact.insert(key.as_str().into(), target.into())),
            }
        }
        // By the stored key, of which the prefix is all but the `*` at its end.
        mapping.prefixes.sort_by(|(a, _), (b, _)| a.bytes().chain([b'*']).cmp(b.bytes().chain([b'*'])));
        mapping
    }

    /// Whether no model is ever changed.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty() && self.other.is_none()
    }

    /// The model to ask the vendor for in place of `model`, or to put into a request that names none. `None`: leave it as it is.
    pub fn target(&self, model: Option<&str>) -> Option<&str> {
        let asked = model.unwrap_or_default();
        let target = self.named(asked).or(self.other())?;
        (!target.is_empty() && *target != *asked).then_some(target)
    }

    /// What the map says of this very model, by its id or how it begins.
    pub(crate) fn named(&self, model: &str) -> Option<&str> {
        let by_prefix = || self.prefixes.iter().find(|(prefix, _)| model.starts_with(&**prefix)).map(|(_, target)| target);
        self.exact.get(model).or_else(by_prefix).map(|target| &**target)
    }

    /// What the map says of all other models.
    pub(crate) fn other(&self) -> Option<&str> {
        self.other.as_deref()
    }
}
