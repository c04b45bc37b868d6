//! What a restore would make of the present document: three-way edits, not an old document put back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diff::as_members;
use crate::document::Document;
use crate::edit::next_version;
use crate::name::{ConsumerName, RouteName};
use crate::noun::Noun;

/// What to restore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Objects to restore; none means everything.
    #[serde(default)]
    pub objects: BTreeSet<(Noun, String)>,
    /// Whether the keys of consumers go back to the old ones too: agents that were given newer keys then stop working.
    #[serde(default)]
    pub consumer_keys: bool,
}

impl Selection {
    fn takes(&self, noun: Noun, name: &str) -> bool {
        self.objects.is_empty() || self.objects.contains(&(noun, name.to_owned()))
    }
}

/// What is selected and neither in the snapshot nor there today.
pub fn unknown<'a>(snapshot: &Document, present: &Document, selection: &'a Selection) -> Option<&'a (Noun, String)> {
    let sides = [as_members(snapshot), as_members(present)];
    let is_in =
        |side: &Map<String, Value>, noun: Noun, name: &str| side.get(noun.member()).is_some_and(|objects| objects.get(name).is_some());
    selection.objects.iter().find(|(noun, name)| !sides.iter().any(|side| is_in(side, *noun, name)))
}

/// The document after restoring the selected objects of `snapshot` into `present`.
///
/// - Objects of the snapshot come back as they were then; objects that are new since then go, unless the selection names others only.
/// - Agents registered since then stay, with their consumers: a restore is no reason to lock somebody out.
/// - Allow-lists of the routes that hybrid routing keeps become the union of the snapshot's and today's agents. Those of other routes become
///   the union of the snapshot's and today's list: whoever closed one did it on purpose.
/// - Consumers that exist keep today's keys, unless asked for.
/// - Temporary routes never come back.
/// - Version counters go on from today's, so that a stale writer is still noticed.
pub fn restore(snapshot: &Document, present: &Document, selection: &Selection) -> Document {
    let (old, mut members) = (as_members(snapshot), as_members(present));
    for noun in Noun::ALL {
        let then = old.get(noun.member()).and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(Value::Object(now)) = members.get_mut(noun.member()) {
            restore_noun(noun, &then, now, present, selection);
        }
    }
    // Both sides are documents, so the mixture is one; if it were not, the present one stands.
    let mut restored: Document = serde_json::from_value(Value::Object(members)).unwrap_or_else(|_| present.clone());
    finish_routes(present, &mut restored, selection);
    restored
}

fn restore_noun(noun: Noun, then: &Map<String, Value>, now: &mut Map<String, Value>, present: &Document, selection: &Selection) {
    let names: BTreeSet<String> = then.keys().chain(now.keys()).cloned().collect();
    for name in names.into_iter().filter(|name| selection.takes(noun, name)) {
        match (then.get(&name), now.get(&name)) {
            (None, Some(_)) if keeps(noun, &name, present) => {}
            (None, _) => {
                now.remove(&name);
            }
            (Some(_), _) if noun == Noun::Route && RouteName::from(name.as_str()).is_probe() => {}
            (Some(_), Some(_)) if noun == Noun::Consumer && !selection.consumer_keys => {}
            (Some(_), Some(_)) if noun == Noun::Agent => {}
            (Some(value), _) => {
                now.insert(name, value.clone());
            }
        }
    }
}

/// What is new since the snapshot and stays nevertheless.
fn keeps(noun: Noun, name: &str, present: &Document) -> bool {
    match noun {
        Noun::Agent => true,
        Noun::Consumer => present.agent_of(&ConsumerName::from(name)).is_some(),
        Noun::Route => RouteName::from(name).is_probe(),
        _ => false,
    }
}

fn finish_routes(present: &Document, restored: &mut Document, selection: &Selection) {
    let agents: Vec<ConsumerName> = restored.agents.values().map(|a| a.consumer.clone()).collect();
    for (name, route) in &mut restored.routes {
        let today = present.routes.get(name);
        if !selection.takes(Noun::Route, name.as_str()) || today == Some(route) {
            continue;
        }
        let kept = route.is_kept();
        if let Some(auth) = &mut route.auth_config {
            auth.allowed_consumers.retain(|c| restored.consumers.contains_key(c) || !present.consumers.contains_key(c));
            let own = today.and_then(|r| r.auth_config.as_ref()).map(|auth| auth.allowed_consumers.as_slice()).unwrap_or_default();
            let own = own.iter().filter(|c| restored.consumers.contains_key(*c));
            for consumer in own.chain(agents.iter().filter(|_| kept)) {
                if !auth.allowed_consumers.contains(consumer) {
                    auth.allowed_consumers.push(consumer.clone());
                }
            }
        }
        let version = today.map_or(route.version.as_deref(), |r| r.version.as_deref());
        route.version = Some(next_version(version));
    }
}

#[cfg(test)]
mod tests;
