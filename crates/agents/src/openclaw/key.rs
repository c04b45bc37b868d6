//! A new gateway key for an old one: nothing else of the file changes.

use agm_domain::secret::Secret;
use jsonc_parser::ast::Value;

use super::document::{Document, member, string};
use super::edit::{self, Edited};
use super::plan::{Notice, Op, Plan, gateway_key};
use super::{EditError, Path, reading};

/// The key that the gateway's provider of an `openclaw.json` should have, where it has one of the agent's.
#[derive(Clone, Debug)]
pub struct KeyWish {
    /// The gateway as OpenClaw calls it, with `/v1`.
    pub gateway_base_url: String,
    /// Those that are replaced. A file with another key, or none, is left alone.
    pub old: Vec<Secret>,
    /// The one in their place. There is no record of how to take that back: the old ones open nothing later.
    pub new: Secret,
}

/// Replaces the key. [`Edited::reference`] is the primary model as the file has it.
pub fn replace_key(text: &str, wish: &KeyWish) -> Result<Edited, EditError> {
    edit::run(text, |document| Ok(plan(document, wish)))
}

fn plan(document: &Document<'_>, wish: &KeyWish) -> Plan {
    let reference = reading::primary(document).unwrap_or_default();
    let path = Path::of(["models", "providers"]);
    let providers = document.get(&path).and_then(Value::as_object);
    let mut plan = Plan { provider_key: String::new(), reference, ops: Vec::new(), notices: Vec::new() };
    let Some(provider_key) = providers.and_then(|providers| gateway_key(document, providers, &wish.gateway_base_url)) else { return plan };
    let provider = path.member(&provider_key);
    let at = provider.member("apiKey");
    let found = document.get(&provider).and_then(Value::as_object).and_then(|provider| member(provider, "apiKey")).and_then(string);
    // A reference to a variable (`${VAR}`) or to a secret (an object) cannot be compared.
    if let Some(key) = found.filter(|key| *key != wish.new.expose() && !key.contains("${")) {
        if wish.old.iter().any(|old| !old.is_empty() && old.expose() == key) {
            plan.ops.push(Op::SetKey(at, wish.new.clone()));
        } else {
            plan.notices.push(Notice::OtherKey { pointer: document.pointer(&at) });
        }
    }
    Plan { provider_key, ..plan }
}
