//! The provider's own model mapping: ai-proxy's `modelMapping`, which knows patterns (Console contract 7.4). A route's mapping comes before it.

use std::borrow::Cow;

use regex::Regex;
use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::table::Mapping;

/// Exact id, then `prefix*`, then `~pattern`, then `*`. Where several prefixes or patterns match, Higress takes any of them; agm takes the
/// alphabetically first.
#[derive(Debug, Default)]
pub(crate) struct ModelMapping {
    plain: Mapping,
    patterns: Vec<(Regex, String)>,
}

impl ModelMapping {
    pub(crate) fn new(raw: &Map<String, Value>, found: &mut Vec<Diagnostic>) -> Self {
        let Some(stored) = raw.get("modelMapping").and_then(Value::as_object) else { return Self::default() };
        let (patterns, plain): (Map<_, _>, Map<_, _>) = stored.clone().into_iter().partition(|(key, _)| key.starts_with('~'));
        let mut compiled = Vec::new();
        for (key, target) in &patterns {
            match Regex::new(&key[1..]) {
                Ok(pattern) => compiled.push((pattern, target.as_str().unwrap_or_default().to_owned())),
                Err(_) => found.push(
                    Diagnostic::hard(Code::ValidationFailed, "/rawConfigs/modelMapping", format!("`{key}` is not a regular expression"))
                        .hint("correct the pattern, or use an id or `prefix*`"),
                ),
            }
        }
        compiled.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        Self { plain: Mapping::new(&plain), patterns: compiled }
    }

    /// The model to ask for in place of this one; `None`: this one.
    pub(crate) fn target<'a>(&'a self, model: &'a str) -> Option<Cow<'a, str>> {
        let by_pattern = || self.patterns.iter().find(|(p, _)| p.is_match(model)).map(|(p, to)| p.replace_all(model, to));
        let target = self.plain.named(model).map(Cow::Borrowed).or_else(by_pattern).or_else(|| self.plain.other().map(Cow::Borrowed))?;
        (!target.is_empty() && *target != *model).then_some(target)
    }
}
