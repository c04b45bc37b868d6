//! Following a [`Path`] through a document.

use agm_domain::redact::pointer_segment;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Range;

use super::document::{Document, member, places, string};
use super::path::{Path, Step};

/// Where a value stands.
pub(super) struct Found<'a, 't> {
    /// The object or array that holds it.
    pub(super) parent: &'a Value<'t>,
    /// The member with its name, or the element.
    pub(super) place: Range,
    /// Its number among its siblings.
    pub(super) index: usize,
}

impl<'t> Document<'t> {
    /// The value at a path.
    pub(super) fn get(&self, path: &Path) -> Option<&Value<'t>> {
        path.steps().iter().try_fold(self.root(), |value, step| Some(child(value, step)?.1))
    }

    /// Where the value at a path stands; nothing for the root.
    pub(super) fn find(&self, path: &Path) -> Option<Found<'_, 't>> {
        let (last, before) = path.split_last()?;
        let parent = self.get(&before)?;
        let (index, _) = child(parent, last)?;
        let place = *places(parent).get(index)?;
        Some(Found { parent, place, index })
    }

    /// The path as a JSON pointer. An element that is not there yet gets the number it would have at the end.
    pub(super) fn pointer(&self, path: &Path) -> String {
        let mut pointer = String::new();
        let mut value = Some(self.root());
        for step in path.steps() {
            let found = value.and_then(|value| child(value, step));
            pointer.push('/');
            match step {
                Step::Member(name) => pointer.push_str(&pointer_segment(name)),
                Step::Element { .. } => {
                    let end = value.and_then(Value::as_array).map_or(0, |array| array.elements.len());
                    pointer.push_str(&found.map_or(end, |(index, _)| index).to_string());
                }
            }
            value = found.map(|(_, value)| value);
        }
        pointer
    }
}

fn child<'a, 't>(value: &'a Value<'t>, step: &Step) -> Option<(usize, &'a Value<'t>)> {
    match (value, step) {
        (Value::Object(object), Step::Member(name)) => object
            .properties
            .iter()
            .enumerate()
            .find(|(_, member)| member.name.as_str() == name)
            .map(|(index, member)| (index, &member.value)),
        (Value::Array(array), Step::Element { id }) => array.elements.iter().enumerate().find(|(_, element)| has_id(element, id)),
        _ => None,
    }
}

fn has_id(element: &Value<'_>, id: &str) -> bool {
    element.as_object().and_then(|object| member(object, "id")).and_then(string) == Some(id)
}
