//! How a document is laid out, and values written in that way.

use serde_json::Value;

/// The habits of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// What ends a line.
    eol: &'static str,
    /// One level of indentation.
    unit: String,
    /// More than one line.
    multiline: bool,
    /// Not even a space between tokens.
    tight: bool,
}

impl Layout {
    /// The layout of a text whose root object's first member begins at `first_member`.
    pub(super) fn of(text: &str, first_member: Option<usize>) -> Self {
        let multiline = text.contains('\n');
        let eol = if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" };
        let unit = first_member.map(|at| indent_of_line(text, at)).filter(|indent| !indent.is_empty()).unwrap_or("  ");
        // White space outside strings would be the exact sign; a colon or comma followed by a space inside one costs nothing.
        let tight = !multiline && !text.contains(": ") && !text.contains(", ");
        Self { eol, unit: unit.to_owned(), multiline, tight }
    }

    pub(super) fn is_multiline(&self) -> bool {
        self.multiline
    }

    /// A line break and the indentation after it.
    pub(super) fn line(&self, indent: &str) -> String {
        format!("{}{indent}", self.eol)
    }

    /// One level deeper.
    pub(super) fn deeper(&self, indent: &str) -> String {
        format!("{indent}{}", self.unit)
    }

    /// What stands between two tokens of one line.
    pub(super) fn space(&self) -> &'static str {
        if self.tight { "" } else { " " }
    }

    /// A member: its name, always in double quotes, and its value.
    pub(super) fn member(&self, name: &str, value: &Value, lines: Option<&str>) -> String {
        format!("{}:{}{}", Value::from(name), self.space(), self.value(value, lines))
    }

    /// A value, in one line or, with `lines`, its members in lines of their own, indented deeper than that.
    pub(super) fn value(&self, value: &Value, lines: Option<&str>) -> String {
        match (value, lines) {
            (Value::Object(members), _) if members.is_empty() => "{}".to_owned(),
            (Value::Object(members), Some(indent)) => {
                let inner = self.deeper(indent);
                let line = self.line(&inner);
                let members: Vec<_> = members.iter().map(|(name, value)| self.member(name, value, Some(&inner))).collect();
                format!("{{{line}{}{}}}", members.join(&format!(",{line}")), self.line(indent))
            }
            (Value::Object(members), None) => {
                let members: Vec<_> = members.iter().map(|(name, value)| self.member(name, value, None)).collect();
                format!("{{{space}{}{space}}}", members.join(&self.comma()), space = self.space())
            }
            // The only arrays we write are short lists of words.
            (Value::Array(elements), _) => {
                let elements: Vec<_> = elements.iter().map(|element| self.value(element, None)).collect();
                format!("[{}]", elements.join(&self.comma()))
            }
            (scalar, _) => scalar.to_string(),
        }
    }

    fn comma(&self) -> String {
        format!(",{}", self.space())
    }
}

/// The white space that the line of this position begins with.
pub(super) fn indent_of_line(text: &str, position: usize) -> &str {
    let start = text[..position].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let line = &text[start..position];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
