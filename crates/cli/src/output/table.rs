//! Tables that fit the terminal.

use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::Tint;

/// A text with its meaning.
#[derive(Clone, Debug)]
pub(crate) struct Cell(String, Tint);

impl Cell {
    pub(crate) fn new(text: impl Into<String>, tint: Tint) -> Self {
        Self(text.into(), tint)
    }

    /// A number, or whatever has a text.
    pub(crate) fn of(value: impl std::fmt::Display) -> Self {
        Self(value.to_string(), Tint::Plain)
    }

    /// A text that may be absent.
    pub(crate) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(|| Self::new("–", Tint::Dim), |text| Self(text.into(), Tint::Plain))
    }

    /// Names with commas between.
    pub(crate) fn names(names: &[String]) -> Self {
        Self::maybe((!names.is_empty()).then(|| names.join(", ")))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned(), Tint::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text, Tint::Plain)
    }
}

/// Rows under a header.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    header: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    pub(crate) fn new(header: &'static [&'static str]) -> Self {
        Self { header, rows: Vec::new() }
    }

    /// A table of what `row` makes of every item.
    pub(crate) fn of<T>(header: &'static [&'static str], items: &[T], row: impl Fn(&T) -> Vec<Cell>) -> Self {
        Self { header, rows: items.iter().map(row).collect() }
    }

    pub(crate) fn row(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The table as text, within `width` columns if there are any.
    pub(crate) fn render(&self, width: Option<u16>, colour: bool) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if !self.header.is_empty() {
            table.set_header(self.header.iter().map(|title| comfy_table::Cell::new(title.to_uppercase()).add_attribute(Attribute::Bold)));
        }
        for row in &self.rows {
            table.add_row(row.iter().map(cell));
        }
        match width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        if colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        // The first column holds names, which are copied by hand: it is the last to be broken.
        let names = self.rows.iter().filter_map(|row| row.first()).map(|Cell(name, _)| name.chars().count()).max().unwrap_or(0);
        let first = u16::try_from(names + 2).unwrap_or(u16::MAX).min(width.unwrap_or(0) / 2);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index == 0 && width.is_some() {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(first)));
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

fn cell(Cell(text, tint): &Cell) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text);
    match tint {
        Tint::Good => cell.fg(Color::Green),
        Tint::Bad => cell.fg(Color::Red),
        Tint::Warn => cell.fg(Color::Yellow),
        Tint::Dim => cell.add_attribute(Attribute::Dim),
        Tint::Plain => cell,
    }
}

/// Names and values, one a line.
pub(crate) fn details(rows: Vec<(&str, Cell)>) -> Sheet {
    Sheet { header: &[], rows: rows.into_iter().map(|(name, value)| vec![Cell::new(name, Tint::Dim), value]).collect() }
}
