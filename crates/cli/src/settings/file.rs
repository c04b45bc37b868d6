//! `agm.toml`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use toml::Value;

use super::table::TABLE;
use crate::error::{CliError, Result};

/// The settings in the file, by their dotted names. A file that is not there is an empty one, unless it was `named`.
pub(crate) fn read(path: &Path, named: bool) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !named => return Ok(BTreeMap::new()),
        Err(error) => return Err(CliError::usage(format!("cannot read {}: {error}", path.display()))),
    };
    parse(&text).map_err(|problem| CliError::usage(format!("{}: {problem}", path.display())).hint("`agm config show` lists every setting"))
}

/// The settings in a text, or the first thing that is wrong with it.
fn parse(text: &str) -> std::result::Result<BTreeMap<String, String>, String> {
    // The parser's own words quote the line, which may be one with a secret: only its place is told.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", error.message())
    })?;
    let mut settings = BTreeMap::new();
    for (name, value) in &table {
        flatten(name, value, &mut settings)?;
    }
    Ok(settings)
}

fn flatten(key: &str, value: &Value, into: &mut BTreeMap<String, String>) -> std::result::Result<(), String> {
    if let Value::Table(table) = value {
        return table.iter().try_for_each(|(name, value)| flatten(&format!("{key}.{name}"), value, into));
    }
    if !TABLE.iter().any(|setting| setting.key == key) {
        return Err(format!("there is no setting `{key}`"));
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Array(items) => match items.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
            Some(items) => items.join(","),
            None => return Err(format!("`{key}` is a list of something that is not text")),
        },
        _ => return Err(format!("`{key}` is neither text, number, list nor true or false")),
    };
    into.insert(key.to_owned(), text);
    Ok(())
}

#[cfg(test)]
mod tests;
