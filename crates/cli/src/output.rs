//! Data goes to stdout in the format that was asked for; everything said to a person goes to stderr.

mod age;
mod changes;
mod evidence;
mod table;
mod tint;

use std::io::{self, IsTerminal as _, Write as _};

use agm_domain::diagnostic::Diagnostic;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use age::age;
pub(crate) use changes::changes;
pub(crate) use evidence::ladder;
pub(crate) use table::{Cell, Sheet, details};
pub(crate) use tint::Tint;

use crate::args::Format;
use crate::error::{CliError, Result};

/// Where to print, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Whether stdout takes colours.
    colour: bool,
    /// The columns of the terminal; none when it is not one, where nothing is wrapped.
    width: Option<u16>,
}

impl Output {
    /// For this process's stdout. anstream knows terminals, `NO_COLOR` and their like.
    pub(crate) fn new(format: Format) -> Self {
        let stdout = io::stdout();
        let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
        let width = stdout.is_terminal().then(terminal_width).flatten();
        Self { format, colour, width }
    }

    /// Whether tables are printed.
    pub(crate) fn is_table(self) -> bool {
        self.format == Format::Table
    }

    /// Prints an answer: as it came, or as `table` shows it to people.
    pub(crate) fn show<T: DeserializeOwned>(self, answer: &Value, table: impl FnOnce(&T) -> String) -> Result<()> {
        if !self.is_table() {
            return self.value(answer);
        }
        let view = T::deserialize(answer).map_err(|error| {
            CliError::failed(format!("the server's answer cannot be understood: {error}"))
                .hint("`agm version` and `agm status` show both versions; `-o json` prints the answer as it is")
        })?;
        print(&table(&view))
    }

    /// Prints a list, `{items: […]}`, as a table of its items; `empty` is said when there are none.
    pub(crate) fn list<T: DeserializeOwned>(self, answer: &Value, empty: &str, table: impl FnOnce(&[T]) -> Sheet) -> Result<()> {
        let items = answer.get("items").unwrap_or(answer);
        if self.is_table() && items.as_array().is_some_and(Vec::is_empty) {
            return say(empty);
        }
        if !self.is_table() {
            return self.value(answer);
        }
        self.show(items, |items: &Vec<T>| self.sheet(&table(items)))
    }

    /// Prints a value in the format for programs.
    pub(crate) fn value(self, value: &Value) -> Result<()> {
        let text = match self.format {
            Format::Yaml => {
                serde_saphyr::to_string(value).map_err(|error| CliError::failed(format!("this cannot be said in YAML: {error}")))?
            }
            Format::Json | Format::Table => serde_json::to_string_pretty(value).unwrap_or_default(),
        };
        print(&text)
    }

    /// Prints one line of JSON: for streams, where every line is a value.
    pub(crate) fn line(self, value: &Value) -> Result<()> {
        match self.format {
            Format::Yaml => print(&format!("---\n{}", serde_saphyr::to_string(value).unwrap_or_default().trim_end())),
            Format::Json | Format::Table => print(&value.to_string()),
        }
    }

    /// A table as text.
    pub(crate) fn sheet(self, sheet: &Sheet) -> String {
        sheet.render(self.width, self.colour)
    }
}

/// Prints text on stdout.
pub(crate) fn print(text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{}", text.trim_end_matches('\n'))?;
    stdout.flush()?;
    Ok(())
}

/// Says something to a person.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "{text}")?;
    Ok(())
}

/// Findings that stop nothing, on stderr.
pub(crate) fn notes(notes: &[Diagnostic]) -> Result<()> {
    for note in notes {
        say(&format!("{} {}", Tint::Warn.paint("note:"), sentence(note)))?;
    }
    Ok(())
}

/// A finding with its cure.
pub(crate) fn sentence(diagnostic: &Diagnostic) -> String {
    match &diagnostic.hint {
        Some(hint) => format!("{}; {hint}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// A text in which long ids are cut to their end, which is what tells them apart.
pub(crate) fn short(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.bytes().enumerate().all(|(at, b)| (b == b'-') == matches!(at, 8 | 13 | 18 | 23));
    let cut = |word: &str| {
        let bare = word.trim_end_matches([':', ',']);
        if is_id(bare) { word.get(24..).map(|end| format!("…{end}")) } else { None }
    };
    text.split(' ').map(|word| cut(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
}

/// `1 route`, `2 routes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn terminal_width() -> Option<u16> {
    comfy_table::Table::new().width()
}

#[cfg(test)]
mod tests;
