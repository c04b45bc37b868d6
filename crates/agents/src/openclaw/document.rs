//! A parsed `openclaw.json` that knows where everything stands in its text.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::tokens::{Token, TokenAndRange};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::EditError;
use super::check::{check, line_and_column};

const BOM: char = '\u{feff}';

/// A checked text. Positions count from the first byte of [`Document::text`], which has no byte order mark.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Value<'t>,
    tokens: Vec<TokenAndRange<'t>>,
}

impl<'t> Document<'t> {
    /// Parses and checks a text without a byte order mark (see [`split_bom`]).
    pub(super) fn parse(text: &'t str) -> Result<Self, EditError> {
        // A missing comma is an error to every other JSON5 reader; the parser's default accepts it.
        let options = ParseOptions { allow_missing_commas: false, ..ParseOptions::default() };
        let collect = CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed = parse_to_ast(text, &collect, &options).map_err(|error| {
            let (line, column) = line_and_column(text, error.range().start.min(text.len()));
            EditError::Syntax { line, column, what: error.kind().to_string() }
        })?;
        let root = parsed.value.ok_or(EditError::NotAnObject)?;
        let tokens = parsed.tokens.unwrap_or_default();
        check(text, &root, &tokens)?;
        if root.as_object().is_none() {
            return Err(EditError::NotAnObject);
        }
        Ok(Self { text, root, tokens })
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn root(&self) -> &Value<'t> {
        &self.root
    }

    /// The text of a part.
    pub(super) fn text_of(&self, range: Range) -> &'t str {
        &self.text[range.start..range.end]
    }

    /// The end of the last thing before this position that is not white space: a token or a comment.
    pub(super) fn end_before(&self, position: usize) -> usize {
        self.token_before(position).map_or(0, |token| token.range.end)
    }

    /// Whether the last thing before this position is a comment, and which kind.
    pub(super) fn comment_before(&self, position: usize) -> Option<Comment> {
        match self.token_before(position)?.token {
            Token::CommentLine(_) => Some(Comment::Line),
            Token::CommentBlock(_) => Some(Comment::Block),
            _ => None,
        }
    }

    /// The comma that follows this position, comments aside.
    pub(super) fn comma_after(&self, position: usize) -> Option<Range> {
        let from = self.tokens.partition_point(|token| token.range.start < position);
        let next = self.tokens[from..].iter().find(|token| !matches!(token.token, Token::CommentLine(_) | Token::CommentBlock(_)))?;
        matches!(next.token, Token::Comma).then_some(next.range)
    }

    fn token_before(&self, position: usize) -> Option<&TokenAndRange<'t>> {
        let from = self.tokens.partition_point(|token| token.range.end <= position);
        self.tokens[..from].last()
    }
}

/// The two kinds of comments: what follows one of the first kind needs a line of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comment {
    Line,
    Block,
}

/// The byte order mark, if there is one, and the text after it.
pub(super) fn split_bom(text: &str) -> (&str, &str) {
    match text.strip_prefix(BOM) {
        Some(rest) => text.split_at(text.len() - rest.len()),
        None => ("", text),
    }
}

/// The value of a member.
pub(super) fn member<'a, 't>(object: &'a Object<'t>, name: &str) -> Option<&'a Value<'t>> {
    object.get(name).map(|member| &member.value)
}

/// The text of a string value.
pub(super) fn string<'a>(value: &'a Value<'_>) -> Option<&'a str> {
    value.as_string_lit().map(|literal| literal.value.as_ref())
}

/// What a value means, without its layout. Numbers that JSON has no form for (`Infinity`) become their text.
pub(super) fn meaning(value: &Value<'_>) -> serde_json::Value {
    value.clone().into()
}

/// The places of an object's members or an array's elements.
pub(super) fn places(value: &Value<'_>) -> Vec<Range> {
    match value {
        Value::Object(object) => object.properties.iter().map(Ranged::range).collect(),
        Value::Array(array) => array.elements.iter().map(Ranged::range).collect(),
        _ => Vec::new(),
    }
}
