//! What has to change in a document so that it says what is wished.

use std::fmt;

use agm_domain::secret::Secret;
use jsonc_parser::ast::{Object, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::document::{Document, meaning, member, string};
use super::reading::{self, Override};
use super::{EditError, Path, gateway_url};

/// The provider keys that HiClaw and AgentTeams give to the gateway (HiClaw contract 1.2).
const GATEWAY_KEYS: [&str; 2] = ["hiclaw-gateway", "agentteams-gateway"];

/// What an agent's `openclaw.json` should say.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The gateway as OpenClaw calls it, with `/v1`.
    pub gateway_base_url: String,
    /// The agent's gateway key. Written where the gateway's provider is added.
    pub api_key: Secret,
    /// Further keys of the agent that open the gateway: where the file has one of them, all is well.
    pub other_keys: Vec<Secret>,
    /// The model's id as it goes on the wire.
    pub model: String,
    /// Context window in tokens.
    pub context_window: u64,
    /// Most output tokens.
    pub max_tokens: u64,
    /// Whether the model reasons.
    pub reasoning: bool,
    /// Input modalities: `text`, `image`, … Written into a new entry only: what a model takes is for the user of an entry to say.
    pub input: Vec<String>,
}

/// Something about the file that agm does not change, and that matters to the wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Notice {
    /// The gateway's provider leads somewhere else.
    OtherGateway {
        /// JSON pointer of the base URL.
        pointer: String,
        /// What it says, without a password.
        base_url: String,
    },
    /// The gateway's provider has another key than the agent.
    OtherKey {
        /// JSON pointer of the key.
        pointer: String,
    },
    /// An agent in the file has a model of its own, which wins over the default.
    Overridden(Override),
    /// `gateway.reload.mode` is `off`: the file is read at the next start only.
    ReloadOff,
}

impl Notice {
    /// Whether the agent does not do what the rest of the file says. Of the agents in the file, `main` is the one that talks; that another is
    /// pinned to a model of its own is somebody's choice for that one, and is only told.
    pub fn contradicts(&self) -> bool {
        match self {
            Self::OtherGateway { .. } | Self::OtherKey { .. } => true,
            Self::Overridden(pinned) => pinned.pointer.starts_with("/agents/entries/main/"),
            Self::ReloadOff => false,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherGateway { pointer, base_url } => {
                write!(f, "`{pointer}` is {base_url}, not this gateway; change it there if the agent is to come here")
            }
            Self::OtherKey { pointer } => write!(f, "`{pointer}` is not this agent's gateway key; put the key of `agm agent key` there"),
            Self::Overridden(Override { pointer, model }) => {
                write!(f, "`{pointer}` is {model} and wins over the default; remove it if that agent is to follow")
            }
            Self::ReloadOff => f.write_str("`gateway.reload.mode` is off: OpenClaw takes the change at its next start only"),
        }
    }
}

/// One step of an edit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    /// A new member or element, at the end of its container.
    Add(Path, serde_json::Value),
    /// A new value for something that is there.
    Set(Path, serde_json::Value),
    /// A new key for one that no longer opens anything.
    SetKey(Path, Secret),
}

/// The steps to a wish, in order.
pub(super) struct Plan {
    pub(super) provider_key: String,
    /// The primary model afterwards, `<provider key>/<model>`.
    pub(super) reference: String,
    pub(super) ops: Vec<Op>,
    pub(super) notices: Vec<Notice>,
}

/// Finds out what has to change. A document that says it already has an empty plan.
pub(super) fn plan(document: &Document<'_>, wish: &Wish) -> Result<Plan, EditError> {
    check_wish(wish)?;
    let mut planner = Planner { document, ops: Vec::new(), notices: Vec::new() };
    let provider_key = planner.provider(wish)?;
    let reference = format!("{provider_key}/{}", wish.model);
    planner.alias(wish, &reference)?;
    planner.primary(&reference)?;
    planner.look_around(&reference);
    Ok(Plan { provider_key, reference, ops: planner.ops, notices: planner.notices })
}

fn check_wish(wish: &Wish) -> Result<(), EditError> {
    if wish.model.trim().is_empty() {
        return Err(EditError::Wish { what: "an empty model id" });
    }
    if wish.context_window == 0 || wish.max_tokens == 0 {
        return Err(EditError::Wish { what: "a limit of zero tokens" });
    }
    if wish.input.is_empty() {
        return Err(EditError::Wish { what: "a model without input modalities" });
    }
    if !gateway_url::is_same(&wish.gateway_base_url, &wish.gateway_base_url) {
        return Err(EditError::Wish { what: "a gateway address that is no URL" });
    }
    Ok(())
}

struct Planner<'d, 't> {
    document: &'d Document<'t>,
    ops: Vec<Op>,
    notices: Vec<Notice>,
}

impl<'d, 't> Planner<'d, 't> {
    /// The gateway's provider and its model entry; answers with the provider's key.
    fn provider(&mut self, wish: &Wish) -> Result<String, EditError> {
        self.object(&Path::default())?;
        let models = self.object_or_add(&Path::of(["models"]))?;
        let path = Path::of(["models", "providers"]);
        let providers = if models.is_some() { self.object_or_add(&path)? } else { self.add_object(&path) };
        let key = providers.and_then(|providers| gateway_key(self.document, providers, &wish.gateway_base_url));
        let Some(key) = key else {
            return Ok(self.new_provider(wish));
        };
        let at = path.member(&key);
        let provider = self.object(&at)?;
        self.watch_provider(provider, &at, wish);
        self.entry(provider, &at, wish)?;
        Ok(key)
    }

    fn new_provider(&mut self, wish: &Wish) -> String {
        let key = GATEWAY_KEYS[0];
        let at = Path::of(["models", "providers", key]);
        let provider = json!({
            "baseUrl": wish.gateway_base_url.trim_end_matches('/'),
            "apiKey": wish.api_key.expose(),
            "api": "openai-completions",
            "models": [],
        });
        self.ops.push(Op::Add(at.clone(), provider));
        self.ops.push(Op::Add(at.member("models").element(&wish.model), model_entry(wish)));
        key.to_owned()
    }

    fn entry(&mut self, provider: &Object<'t>, at: &Path, wish: &Wish) -> Result<(), EditError> {
        let list = at.member("models");
        match member(provider, "models") {
            None => self.ops.push(Op::Add(list.clone(), json!([]))),
            Some(Value::Array(_)) => {}
            Some(_) => return Err(self.shape(&list, "a list of models")),
        }
        let at = list.element(&wish.model);
        let Some(Value::Object(entry)) = self.document.get(&at) else {
            self.ops.push(Op::Add(at, model_entry(wish)));
            return Ok(());
        };
        for (name, wanted) in limits(wish) {
            match member(entry, name) {
                None => self.ops.push(Op::Add(at.member(name), wanted)),
                Some(value) if same(&meaning(value), &wanted) => {}
                Some(_) => self.ops.push(Op::Set(at.member(name), wanted)),
            }
        }
        Ok(())
    }

    fn alias(&mut self, wish: &Wish, reference: &str) -> Result<(), EditError> {
        let agents = self.object_or_add(&Path::of(["agents"]))?;
        let path = Path::of(["agents", "defaults"]);
        let defaults = if agents.is_some() { self.object_or_add(&path)? } else { self.add_object(&path) };
        let path = path.member("models");
        let aliases = if defaults.is_some() { self.object_or_add(&path)? } else { self.add_object(&path) };
        if aliases.is_none_or(|aliases| member(aliases, reference).is_none()) {
            self.ops.push(Op::Add(path.member(reference), json!({ "alias": wish.model })));
        }
        Ok(())
    }

    fn primary(&mut self, reference: &str) -> Result<(), EditError> {
        let at = Path::of(["agents", "defaults", "model"]);
        let wanted = serde_json::Value::from(reference);
        match self.document.get(&at) {
            None => self.ops.push(Op::Add(at, json!({ "primary": reference }))),
            Some(Value::StringLit(text)) if text.value == reference => {}
            Some(Value::StringLit(_)) => self.ops.push(Op::Set(at, wanted)),
            Some(Value::Object(_)) => {
                let model = self.object(&at)?;
                let at = at.member("primary");
                match member(model, "primary") {
                    None => self.ops.push(Op::Add(at, wanted)),
                    Some(Value::StringLit(text)) if text.value == reference => {}
                    Some(Value::StringLit(_)) => self.ops.push(Op::Set(at, wanted)),
                    Some(_) => return Err(self.shape(&at, "a model's name in quotes")),
                }
            }
            Some(_) => return Err(self.shape(&at, "a model's name or an object with `primary`")),
        }
        Ok(())
    }

    fn watch_provider(&mut self, provider: &Object<'_>, at: &Path, wish: &Wish) {
        if let Some(base_url) = member(provider, "baseUrl").and_then(string)
            && !gateway_url::is_same(base_url, &wish.gateway_base_url)
        {
            let pointer = self.document.pointer(&at.member("baseUrl"));
            self.notices.push(Notice::OtherGateway { pointer, base_url: gateway_url::shown(base_url) });
        }
        // A reference to a variable (`${VAR}`) or to a secret (an object) cannot be compared.
        if let Some(key) = member(provider, "apiKey").and_then(string)
            && ![&wish.api_key].into_iter().chain(&wish.other_keys).any(|own| own.expose() == key)
            && !key.contains("${")
        {
            self.notices.push(Notice::OtherKey { pointer: self.document.pointer(&at.member("apiKey")) });
        }
    }

    fn look_around(&mut self, reference: &str) {
        let overrides = reading::overrides(self.document).into_iter().filter(|found| found.model != reference);
        self.notices.extend(overrides.map(Notice::Overridden));
        if !reading::reloads(self.document) {
            self.notices.push(Notice::ReloadOff);
        }
    }

    /// The object at a path, which is there.
    fn object(&self, at: &Path) -> Result<&'d Object<'t>, EditError> {
        match self.document.get(at) {
            // OpenClaw merges such a file in from elsewhere: what is absent here may be present there.
            Some(Value::Object(object)) if object.get("$include").is_some() => {
                Err(EditError::Include { pointer: self.document.pointer(at) })
            }
            Some(Value::Object(object)) => Ok(object),
            _ => Err(self.shape(at, "an object")),
        }
    }

    /// The object at a path; if it is not there, it is to be added.
    fn object_or_add(&mut self, at: &Path) -> Result<Option<&'d Object<'t>>, EditError> {
        if self.document.get(at).is_none() {
            return Ok(self.add_object(at));
        }
        self.object(at).map(Some)
    }

    fn add_object(&mut self, at: &Path) -> Option<&'d Object<'t>> {
        self.ops.push(Op::Add(at.clone(), json!({})));
        None
    }

    fn shape(&self, at: &Path, expected: &'static str) -> EditError {
        EditError::Shape { pointer: self.document.pointer(at), expected }
    }
}

/// The key of the provider that is the gateway, among those of the file.
pub(super) fn gateway_key(document: &Document<'_>, providers: &Object<'_>, base_url: &str) -> Option<String> {
    let leads_here = |key: &str| {
        let provider = member(providers, key).and_then(Value::as_object);
        let found = provider.and_then(|provider| member(provider, "baseUrl")).and_then(string);
        found.is_some_and(|found| gateway_url::is_same(found, base_url))
    };
    let mut candidates: Vec<&str> = GATEWAY_KEYS.into_iter().filter(|key| member(providers, key).is_some()).collect();
    if candidates.is_empty() {
        candidates = providers.properties.iter().map(|provider| provider.name.as_str()).filter(|key| leads_here(key)).collect();
    }
    // Of several: the one that leads here, then the one in use, then the first.
    let in_use = reading::primary(document).and_then(|primary| Some(primary.split_once('/')?.0.to_owned()));
    let rank = |key: &&str| (!leads_here(key), in_use.as_deref() != Some(*key));
    candidates.into_iter().min_by_key(rank).map(str::to_owned)
}

fn model_entry(wish: &Wish) -> serde_json::Value {
    let mut entry = json!({ "id": wish.model, "name": wish.model });
    if let Some(members) = entry.as_object_mut() {
        members.extend(limits(wish).into_iter().map(|(name, value)| (name.to_owned(), value)));
        members.insert("input".to_owned(), json!(wish.input));
    }
    entry
}

/// The members of a model entry that the assignment decides.
fn limits(wish: &Wish) -> [(&'static str, serde_json::Value); 3] {
    [("reasoning", json!(wish.reasoning)), ("contextWindow", json!(wish.context_window)), ("maxTokens", json!(wish.max_tokens))]
}

/// Whether two values mean the same: `1.5e5` is 150000.
fn same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value::Number;
    match (one, other) {
        (Number(one), Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}
