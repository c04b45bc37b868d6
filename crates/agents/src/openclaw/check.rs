//! What the parser accepts and OpenClaw's reader does not, or reads differently.

use std::collections::HashSet;

use agm_domain::redact::pointer_segment;
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::tokens::{Token, TokenAndRange};

use super::EditError;

/// Refuses a text that another JSON5 reader would refuse or understand in another way.
pub(super) fn check(text: &str, root: &Value<'_>, tokens: &[TokenAndRange<'_>]) -> Result<(), EditError> {
    for token in tokens {
        // JSON5 ends such a comment there, the parser at the next line feed.
        if matches!(&token.token, Token::CommentLine(comment) if comment.contains(['\u{2028}', '\u{2029}'])) {
            return Err(syntax(text, token.range, "a comment contains an invisible line separator (U+2028 or U+2029)"));
        }
    }
    check_value(text, root, &mut String::new())
}

fn check_value(text: &str, value: &Value<'_>, at: &mut String) -> Result<(), EditError> {
    match value {
        Value::Object(object) => {
            let mut names = HashSet::new();
            for member in &object.properties {
                let name = member.name.as_str();
                let whole = at.len();
                at.push('/');
                at.push_str(&pointer_segment(name));
                if let ObjectPropName::Word(word) = &member.name
                    && !is_identifier(name)
                {
                    return Err(syntax(text, word.range, "this name must stand in quotes"));
                }
                if !names.insert(name) {
                    return Err(EditError::DuplicateKey { pointer: at.clone(), line: line_and_column(text, member.start()).0 });
                }
                check_value(text, &member.value, at)?;
                at.truncate(whole);
            }
            Ok(())
        }
        Value::Array(array) => {
            for (index, element) in array.elements.iter().enumerate() {
                let whole = at.len();
                at.push('/');
                at.push_str(&index.to_string());
                check_value(text, element, at)?;
                at.truncate(whole);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether JSON5 takes the word as an unquoted name. Escapes in names are refused: nobody writes them, and readers differ.
fn is_identifier(word: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || c == '$' || c == '_';
    word.starts_with(starts) && word.chars().all(|c| starts(c) || c.is_numeric() || c == '\u{200c}' || c == '\u{200d}')
}

fn syntax(text: &str, range: Range, what: &str) -> EditError {
    let (line, column) = line_and_column(text, range.start);
    EditError::Syntax { line, column, what: what.to_owned() }
}

/// Line and column of a byte, both from 1.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[before.rfind('\n').map_or(0, |end| end + 1)..].chars().count() + 1;
    (line, column)
}
