//! What changed, object by object.

use agm_domain::diff::{Change, ChangeKind, MemberChange};
use serde_json::Value;

use super::Tint;

/// A line for each object, and one for each member of those that were changed.
pub(crate) fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "nothing changes".to_owned();
    }
    changes.iter().flat_map(lines).collect::<Vec<_>>().join("\n")
}

fn lines(change: &Change) -> Vec<String> {
    let (sign, tint) = match change.kind {
        ChangeKind::Added => ("+", Tint::Good),
        ChangeKind::Removed => ("-", Tint::Bad),
        ChangeKind::Changed => ("~", Tint::Warn),
    };
    let head = tint.paint(&format!("{sign} {}/{}", change.noun, change.name));
    std::iter::once(head).chain(change.members.iter().map(member)).collect()
}

fn member(change: &MemberChange) -> String {
    let shown = |side: &Option<Value>| side.as_ref().map_or_else(|| "–".to_owned(), Value::to_string);
    let secret = if change.secret { " (secret)" } else { "" };
    format!("    {}: {} → {}{secret}", change.pointer, shown(&change.before), shown(&change.after))
}
