//! The three primitive edits of a text: add, set, remove. Every other byte stays where it is.

use jsonc_parser::ast::Value;
use jsonc_parser::common::{Range, Ranged};

use super::document::{Comment, Document, places};
use super::layout::{Layout, indent_of_line};
use super::path::{Path, Step};

/// A replaced stretch of a text.
struct Splice {
    start: usize,
    end: usize,
    with: String,
}

/// The text after an addition.
pub(super) struct Added {
    pub(super) text: String,
    /// The white space that stood in the container before, if it was quite empty.
    pub(super) interior: Option<String>,
}

/// Adds a member or an element at the end of its container; nothing if there is no such container.
pub(super) fn add(document: &Document<'_>, path: &Path, value: &serde_json::Value) -> Option<Added> {
    let (step, before) = path.split_last()?;
    let container = document.get(&before)?;
    let items = places(container);
    let slot = match items.last() {
        Some(last) => after_last(document, container, &items, *last),
        None => into_empty(document, container),
    };
    let layout = layout_of(document);
    let lines = slot.lines.as_deref();
    let piece = match step {
        Step::Member(name) => layout.member(name, value, lines),
        Step::Element { .. } => layout.value(value, lines),
    };
    let mut splices = slot.extra;
    splices.push(Splice { start: slot.at.start, end: slot.at.end, with: format!("{}{piece}{}", slot.before, slot.after) });
    Some(Added { text: apply(document.text(), splices), interior: slot.interior })
}

/// Puts a text in place of a value; nothing if there is no such value.
pub(super) fn set(document: &Document<'_>, path: &Path, with: &str) -> Option<String> {
    let range = document.get(path)?.range();
    Some(apply(document.text(), vec![Splice { start: range.start, end: range.end, with: with.to_owned() }]))
}

/// The text of a value as it would be set.
pub(super) fn written(document: &Document<'_>, value: &serde_json::Value) -> String {
    layout_of(document).value(value, None)
}

/// Takes a member or an element out, exactly as [`add`] puts one in; nothing if there is no such value.
///
/// `interior` is what [`add`] found in the container.
pub(super) fn remove(document: &Document<'_>, path: &Path, interior: Option<&str>) -> Option<String> {
    let found = document.find(path)?;
    let items = places(found.parent);
    let from = document.end_before(found.place.start);
    let inside = inside(found.parent);
    let alone = items.len() == 1 && from == inside.start && document.end_before(inside.end) == found.place.end;
    if let (true, Some(interior)) = (alone, interior) {
        return Some(apply(document.text(), vec![Splice { start: inside.start, end: inside.end, with: interior.to_owned() }]));
    }
    let mut splices = vec![Splice { start: from, end: found.place.end, with: String::new() }];
    let previous = found.index.checked_sub(1).and_then(|index| items.get(index));
    // The comma after it goes; the last of its container, without one, takes the comma before it along.
    let comma = document.comma_after(found.place.end).or_else(|| previous.and_then(|previous| document.comma_after(previous.end)));
    if let Some(comma) = comma {
        if comma.end == from {
            splices[0].start = comma.start;
        } else {
            splices.push(Splice { start: comma.start, end: comma.end, with: String::new() });
        }
    }
    Some(apply(document.text(), splices))
}

/// Where and how a new item goes.
struct Slot {
    at: Range,
    before: String,
    after: String,
    extra: Vec<Splice>,
    /// The indentation of the item, if its members get lines of their own.
    lines: Option<String>,
    interior: Option<String>,
}

fn after_last(document: &Document<'_>, container: &Value<'_>, items: &[Range], last: Range) -> Slot {
    let layout = layout_of(document);
    let text = document.text();
    let inside = inside(container);
    let gap_start = items.len().checked_sub(2).and_then(|index| items.get(index)).map_or(inside.start, |previous| previous.end);
    let own_line = text[gap_start..last.start].contains(['\n', '\r']);
    let end = document.end_before(inside.end);
    let indent = indent_of_line(text, last.start);
    let break_line = own_line || document.comment_before(inside.end) == Some(Comment::Line);
    let trailing = document.comma_after(last.end).is_some();
    let comma = Splice { start: last.end, end: last.end, with: ",".to_owned() };
    Slot {
        at: Range::new(end, end),
        before: if break_line { layout.line(indent) } else { layout.space().to_owned() },
        after: if trailing { ",".to_owned() } else { String::new() },
        extra: if trailing { Vec::new() } else { vec![comma] },
        lines: (own_line && !is_folded(document, container)).then(|| indent.to_owned()),
        interior: None,
    }
}

fn into_empty(document: &Document<'_>, container: &Value<'_>) -> Slot {
    let layout = layout_of(document);
    let text = document.text();
    let inside = inside(container);
    let outer = indent_of_line(text, container.start());
    let inner = layout.deeper(outer);
    let comment = document.comment_before(inside.end);
    let end = if comment.is_some() { document.end_before(inside.end) } else { inside.start };
    let spread = if comment.is_some() { text[inside.start..inside.end].contains(['\n', '\r']) } else { layout.is_multiline() };
    let before = if spread { layout.line(&inner) } else { layout.space().to_owned() };
    let lines = spread.then_some(inner);
    if comment.is_some() {
        // The comment and the white space after it stay; a line comment always has a line break after it.
        return Slot { at: Range::new(end, end), before, after: String::new(), extra: Vec::new(), lines, interior: None };
    }
    let after = if spread { layout.line(outer) } else { layout.space().to_owned() };
    let interior = Some(text[inside.start..inside.end].to_owned());
    // An array in one line has no space inside its brackets.
    let (before, after) = if !spread && container.as_array().is_some() { (String::new(), String::new()) } else { (before, after) };
    Slot { at: inside, before, after, extra: Vec::new(), lines, interior }
}

/// Whether the last item is an object or array written in one line, although the items have lines of their own.
fn is_folded(document: &Document<'_>, container: &Value<'_>) -> bool {
    let last = match container {
        Value::Object(object) => object.properties.last().map(|member| &member.value),
        Value::Array(array) => array.elements.last(),
        _ => None,
    };
    match last {
        Some(value @ (Value::Object(_) | Value::Array(_))) => !places(value).is_empty() && !document.text_of(value.range()).contains('\n'),
        _ => false,
    }
}

fn layout_of(document: &Document<'_>) -> Layout {
    Layout::of(document.text(), places(document.root()).first().map(|first| first.start))
}

/// What is between the brackets.
fn inside(container: &Value<'_>) -> Range {
    let range = container.range();
    Range::new(range.start + 1, range.end - 1)
}

fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    // Stable: two at the same place stay in the order given.
    splices.sort_by_key(|splice| splice.start);
    let mut edited = String::with_capacity(text.len() + splices.iter().map(|splice| splice.with.len()).sum::<usize>());
    let mut at = 0;
    for splice in splices {
        edited.push_str(&text[at..splice.start]);
        edited.push_str(&splice.with);
        at = splice.end;
    }
    edited.push_str(&text[at..]);
    edited
}
