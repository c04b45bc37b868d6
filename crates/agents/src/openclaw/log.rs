//! What OpenClaw's log says about its configuration.
//!
//! The log file has one JSON object per line; what a terminal or a redirected output shows has plain lines. Both carry the same messages.
//! Seen with OpenClaw 2026.9.6: a change of the file is applied 0.5 to 0.8 s after it was written, without a restart.

use agm_domain::redact::redact_text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest message kept as evidence, in characters.
const LONGEST: usize = 400;

/// One line that is about the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was written, as the line says.
    pub time: Timestamp,
    /// The message alone.
    pub message: String,
    /// What it means.
    pub event: Event,
}

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A change of the file is in force; the places that changed, as `agents.defaults.model.primary`.
    Applied(Vec<String>),
    /// A change of the file was refused or failed; the old configuration stays in force.
    Refused,
    /// Changes are not taken while it runs.
    Off,
    /// The process started with this model, `<provider>/<model>`.
    Started(String),
}

/// Whether the running agent has taken the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "loaded", content = "evidence", rename_all = "kebab-case")]
pub enum Loaded {
    /// It says so.
    Yes(ReloadEvidence),
    /// It says the contrary.
    No(ReloadEvidence),
    /// It has said nothing about it yet.
    NotYet,
}

/// The line that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadEvidence {
    /// When the line was written.
    pub time: Timestamp,
    /// Its message, without secrets and cut to a readable length.
    pub line: String,
}

/// What is looked for in the log.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The primary model as written, `<provider>/<model>`.
    pub reference: &'a str,
    /// The places that changed, as [`super::Change::path`] has them.
    pub paths: &'a [&'a str],
    /// Text to mask, should it appear.
    pub secrets: &'a [&'a str],
}

/// Reads one line; nothing if it is not about the configuration, or does not begin as every line of OpenClaw's log does, with its time:
/// what an agent says is written to the same place, line by line.
pub fn parse(line: &str) -> Option<Entry> {
    let line = line.trim();
    if line.starts_with('{') { parse_json(line) } else { parse_plain(line) }
}

/// Decides from the lines since the delivery, oldest first.
pub fn judge(entries: &[Entry], expected: Expected<'_>) -> Loaded {
    let mut loaded = Loaded::NotYet;
    for entry in entries {
        let shown: String = redact_text(&entry.message, expected.secrets.iter().copied()).chars().take(LONGEST).collect();
        let evidence = ReloadEvidence { time: entry.time, line: shown };
        match &entry.event {
            Event::Applied(paths) if paths.iter().any(|path| expected.paths.iter().any(|changed| touches(path, changed))) => {
                loaded = Loaded::Yes(evidence);
            }
            Event::Started(model) if model == expected.reference => loaded = Loaded::Yes(evidence),
            Event::Started(_) => loaded = Loaded::No(evidence),
            // A later refusal leaves in force what was applied before it.
            Event::Refused | Event::Off if !matches!(loaded, Loaded::Yes(_)) => loaded = Loaded::No(evidence),
            _ => {}
        }
    }
    loaded
}

/// Whether one place is the other or contains it: OpenClaw names the outermost object that is new, and never enters a list.
fn touches(one: &str, other: &str) -> bool {
    let (shorter, longer) = if one.len() < other.len() { (one, other) } else { (other, one) };
    longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A line of the log file. Its subsystem tells OpenClaw's own words from a model's answer, which is logged too.
fn parse_json(line: &str) -> Option<Entry> {
    let line: Value = serde_json::from_str(line).ok()?;
    let name = line.pointer("/_meta/name").or_else(|| line.get("0")).and_then(Value::as_str)?;
    let subsystem: Value = serde_json::from_str(name).ok()?;
    let subsystem = subsystem.get("subsystem")?.as_str()?;
    // Releases before 2026 have the message only as a numbered argument.
    let numbered = || ["1", "2"].into_iter().find_map(|argument| line.get(argument).and_then(Value::as_str));
    let message = line.get("message").and_then(Value::as_str).or_else(numbered)?;
    let time = line.get("time").or_else(|| line.pointer("/_meta/date")).and_then(Value::as_str)?.parse().ok()?;
    Some(Entry { time, message: message.to_owned(), event: event(subsystem, message)? })
}

/// `2026-11-20T12:51:55.705+00:00 [reload] config hot reload applied (…)`, perhaps in colour.
fn parse_plain(line: &str) -> Option<Entry> {
    let line = without_colour(line);
    let (before, rest) = line.split_once('[')?;
    let (subsystem, message) = rest.split_once("] ")?;
    let time = before.trim().parse().ok()?;
    let subsystem = if subsystem == "reload" { "gateway/reload" } else { subsystem };
    Some(Entry { time, message: message.to_owned(), event: event(subsystem, message)? })
}

fn event(subsystem: &str, message: &str) -> Option<Event> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| message.starts_with(prefix));
    match subsystem {
        "gateway/reload" => {
            if let Some(paths) = in_brackets(message, "config hot reload applied (") {
                return Some(Event::Applied(paths));
            }
            if let Some(paths) = in_brackets(message, "config change applied (dynamic reads: ") {
                return Some(Event::Applied(paths));
            }
            if starts(&["config reload disabled", "config hot-reload disabled"]) {
                return Some(Event::Off);
            }
            starts(&["config reload skipped", "config reload failed", "config hot reload failed"]).then_some(Event::Refused)
        }
        "gateway" => {
            let model = message.strip_prefix("agent model: ")?;
            let model = model.split_once(" (").map_or(model, |(model, _)| model);
            Some(Event::Started(model.trim().to_owned()))
        }
        _ => None,
    }
}

fn in_brackets(message: &str, prefix: &str) -> Option<Vec<String>> {
    let inside = message.strip_prefix(prefix)?;
    let inside = inside.strip_suffix(')').unwrap_or(inside);
    Some(inside.split(", ").map(str::to_owned).collect())
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix('m').unwrap_or(rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests;
