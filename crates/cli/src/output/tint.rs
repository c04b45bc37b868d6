//! Colours that mean something.

use clap::builder::styling::{AnsiColor, Style};

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tint {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Warn,
    /// Of little weight.
    Dim,
    /// Just text.
    Plain,
}

impl Tint {
    /// The text with its colour. The stream it is written to removes that where it does not belong.
    pub(crate) fn paint(self, text: &str) -> String {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        let style = match self {
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red),
            Self::Warn => colour(AnsiColor::Yellow),
            Self::Dim => Style::new().dimmed(),
            Self::Plain => return text.to_owned(),
        };
        format!("{style}{text}{style:#}")
    }
}
