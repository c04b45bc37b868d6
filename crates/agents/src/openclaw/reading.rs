//! What a document says about the model in use.

use jsonc_parser::ast::{Object, Value};
use serde::{Deserialize, Serialize};

use super::document::{Document, member, split_bom, string};
use super::{EditError, Path, gateway_url};

/// What an `openclaw.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The primary model as written, `<provider>/<model>`.
    pub primary: Option<String>,
    /// The provider of the primary model: what is before its first slash.
    pub provider_key: Option<String>,
    /// The id of the primary model: what is after its first slash.
    pub model: Option<String>,
    /// Where that provider leads, without a password.
    pub base_url: Option<String>,
    /// Agents in the file with a model of their own.
    pub overrides: Vec<Override>,
    /// Whether OpenClaw takes changes of the file while it runs.
    pub reloads: bool,
}

/// An agent's own model, which wins over the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// JSON pointer of the model.
    pub pointer: String,
    /// The model, `<provider>/<model>`.
    pub model: String,
}

/// Reads a configuration file.
pub fn read(text: &str) -> Result<Reading, EditError> {
    let (_, text) = split_bom(text);
    Ok(of(&Document::parse(text)?))
}

pub(super) fn of(document: &Document<'_>) -> Reading {
    let primary = primary(document);
    // Names of models may have slashes too; only the first one divides (HiClaw contract 3.4).
    let (provider_key, model) = match primary.as_deref().and_then(|primary| primary.split_once('/')) {
        Some((key, model)) => (Some(key.to_owned()), Some(model.to_owned())),
        None => (None, None),
    };
    let base_url = provider_key.as_deref().and_then(|key| {
        let path = Path::of(["models", "providers", key, "baseUrl"]);
        document.get(&path).and_then(string).map(gateway_url::shown)
    });
    let (overrides, reloads) = (overrides(document), reloads(document));
    Reading { primary, provider_key, model, base_url, overrides, reloads }
}

/// The default agent model, in either of its two forms.
pub(super) fn primary(document: &Document<'_>) -> Option<String> {
    model_name(document.get(&Path::of(["agents", "defaults", "model"]))?).map(str::to_owned)
}

/// The agents with a model of their own: `agents.entries.<id>` since 2026, `agents.list[]` before.
pub(super) fn overrides(document: &Document<'_>) -> Vec<Override> {
    let own = |agent: &Value<'_>| agent.as_object().and_then(|agent| member(agent, "model")).and_then(model_name).map(str::to_owned);
    let entries = document.get(&Path::of(["agents", "entries"])).and_then(Value::as_object);
    let entries = entries.into_iter().flat_map(|entries: &Object<'_>| &entries.properties).filter_map(|entry| {
        let path = Path::of(["agents", "entries", entry.name.as_str(), "model"]);
        Some(Override { pointer: document.pointer(&path), model: own(&entry.value)? })
    });
    let list = document.get(&Path::of(["agents", "list"])).and_then(Value::as_array);
    let list = list.into_iter().flat_map(|list| list.elements.iter().enumerate());
    let list = list.filter_map(|(index, agent)| Some(Override { pointer: format!("/agents/list/{index}/model"), model: own(agent)? }));
    entries.chain(list).collect()
}

pub(super) fn reloads(document: &Document<'_>) -> bool {
    document.get(&Path::of(["gateway", "reload", "mode"])).and_then(string) != Some("off")
}

fn model_name<'a>(model: &'a Value<'_>) -> Option<&'a str> {
    match model {
        Value::StringLit(text) => Some(text.value.as_ref()),
        Value::Object(object) => member(object, "primary").and_then(string),
        _ => None,
    }
}
