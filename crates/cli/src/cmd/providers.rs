//! `provider …`, and the documented `list-providers` and `create-provider`.

use agm_domain::secret::Secret;
use agm_ops::{KeyTest, ModelList, ProviderAdded, ProviderChanged, ProviderRemoved, ProviderTest, ProviderTypeView, ProviderView, Trial};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Session;
use crate::args::{CreateProvider, KeySource, ProviderAdd, ProviderCommand, ProviderSet, RotateKey};
use crate::ask;
use crate::client::Condition;
use crate::error::{CliError, Exit, Result};
use crate::output::{self, Cell, Sheet, Tint, age, count, details, say};

pub(super) async fn run(session: &Session, command: ProviderCommand) -> Result<Exit> {
    match command {
        ProviderCommand::List => list(session).await,
        ProviderCommand::Types => types(session).await,
        ProviderCommand::Show { name } => show(session, &name).await,
        ProviderCommand::Add(args) => add(session, args).await,
        ProviderCommand::Set(args) => set(session, args).await,
        ProviderCommand::RotateKey(args) => rotate_key(session, args).await,
        ProviderCommand::Test { name, model } => test(session, &name, model.as_deref()).await,
        ProviderCommand::Models { name, refresh } => models(session, &name, refresh).await,
        ProviderCommand::Rm { name, dry_run, yes } => remove(session, &name, dry_run, yes).await,
    }
}

pub(super) async fn list(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["providers"]).await?;
    session.out.list(&answer, "no providers yet; `agm provider add NAME --type TYPE` adds one", |providers: &[ProviderView]| {
        Sheet::of(&["name", "type", "base url", "keys", "agents", "state"], providers, |p| {
            vec![
                Cell::of(&p.name),
                Cell::of(&p.kind),
                Cell::of(&p.base_url),
                Cell::maybe((!p.keys.is_empty()).then(|| p.keys.iter().map(|key| key.mask.clone()).collect::<Vec<_>>().join(", "))),
                Cell::names(&p.agents),
                state(p),
            ]
        })
    })?;
    Ok(Exit::Done)
}

fn state(provider: &ProviderView) -> Cell {
    let out = provider.keys.iter().filter(|key| key.out.is_some()).count();
    if !provider.diagnostics.is_empty() {
        return Cell::new(count(provider.diagnostics.len(), "problem"), Tint::Bad);
    }
    match (out, provider.is_default) {
        (0, true) => Cell::new("default", Tint::Good),
        (0, false) => Cell::new("ok", Tint::Good),
        (out, _) => Cell::new(format!("{out} of {} keys out of use", provider.keys.len()), Tint::Warn),
    }
}

async fn types(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["provider-types"]).await?;
    session.out.list(&answer, "no types", |types: &[ProviderTypeView]| {
        Sheet::of(&["type", "title", "key", "models begin with", ""], types, |t| {
            let reason = t.reason.clone().map_or_else(|| "".into(), |reason| Cell::new(reason, Tint::Dim));
            vec![Cell::of(&t.id), Cell::of(&t.title), Cell::of(&t.key), Cell::names(&t.prefixes), reason]
        })
    })?;
    Ok(Exit::Done)
}

async fn show(session: &Session, name: &str) -> Result<Exit> {
    let answer = session.client.get(&["providers", name]).await?;
    session.out.show(&answer, |p: &ProviderView| session.out.sheet(&shown(p)))?;
    Ok(Exit::Done)
}

fn shown(p: &ProviderView) -> Sheet {
    let mut rows = vec![
        ("name", Cell::of(&p.name)),
        ("type", format!("{} ({})", p.kind, p.type_title).into()),
        ("state", state(p)),
        ("base url", Cell::of(&p.base_url)),
        ("chat", Cell::maybe(p.chat_url.as_deref())),
        ("apis", Cell::names(&p.apis)),
        ("routes", Cell::names(&p.routes)),
        ("agents", Cell::names(&p.agents)),
        ("models begin with", Cell::names(&p.prefixes)),
        ("models listed", Cell::maybe(p.models.as_ref().map(|m| format!("{} ({})", m.count, age(&m.fetched_at, Timestamp::now()))))),
    ];
    for key in &p.keys {
        let out = key.out.as_ref().map(|out| format!(", out of use since {} (status {})", out.since, out.status));
        rows.push(("key", Cell::new(format!("{}  {}{}", key.id, key.mask, out.as_deref().unwrap_or_default()), tint_of(out.is_none()))));
    }
    for (name, value) in &p.fields {
        rows.push(("field", format!("{name} = {value}").into()));
    }
    for diagnostic in &p.diagnostics {
        rows.push(("problem", Cell::new(output::sentence(diagnostic), Tint::Bad)));
    }
    details(rows)
}

fn tint_of(good: bool) -> Tint {
    if good { Tint::Plain } else { Tint::Warn }
}

pub(super) async fn create(session: &Session, args: CreateProvider) -> Result<Exit> {
    let CreateProvider { kind, name, token, url, dry_run } = args;
    let key = KeySource { key: token, key_stdin: false };
    add(session, ProviderAdd { name, kind: Some(kind), key, base_url: url, fields: Vec::new(), dry_run }).await
}

async fn add(session: &Session, args: ProviderAdd) -> Result<Exit> {
    let ProviderAdd { name, kind, key, base_url, fields, dry_run } = args;
    let kind = kind.unwrap_or_else(|| name.clone());
    let keys = match ask::given_keys(&key)? {
        keys if keys.is_empty() => prompted(session, &name, &kind).await?,
        keys => keys,
    };
    let mut body = json!({ "name": name, "type": kind, "apiKey": exposed(&keys) });
    if let Some(url) = base_url {
        body["baseUrl"] = url.into();
    }
    if !fields.is_empty() {
        body["fields"] = fields_of(&fields, false)?.into();
    }
    let answer = session.client.post(&["providers"], &dry(dry_run), Some(&body)).await?;
    session.out.show(&answer, |added: &ProviderAdded| {
        let p = &added.provider;
        let head = if dry_run { format!("would add provider {}", p.name) } else { format!("provider {} added", p.name) };
        let route = match &added.route_name {
            Some(route) => format!("route     {route}"),
            None => "route     none until a model of it is assigned".to_owned(),
        };
        format!("{head}\nbase url  {}\n{route}\n{}", p.base_url, output::changes(&added.changes))
    })?;
    told::<ProviderAdded>(&answer, |added| &added.notes)?;
    if session.out.is_table() && !dry_run {
        say(&format!("next: `agm provider test {name}`, then `agm model set manager MODEL --provider {name}`"))?;
    }
    Ok(Exit::Done)
}

/// Asks for the key where the type wants one.
async fn prompted(session: &Session, name: &str, kind: &str) -> Result<Vec<Secret>> {
    let types = session.client.get(&["provider-types"]).await?;
    let is_it = |found: &&Value| {
        let aliases = found["aliases"].as_array().is_some_and(|aliases| aliases.iter().any(|alias| alias == kind));
        found["id"] == kind || aliases
    };
    let found = types["items"].as_array().and_then(|items| items.iter().find(is_it));
    let need = found.and_then(|found| found["key"].as_str()).unwrap_or("none");
    if need == "none" {
        return Ok(Vec::new());
    }
    let hint = found.and_then(|found| found["keyHint"].as_str()).filter(|hint| !hint.is_empty());
    let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    let optional = if need == "optional" { ", empty for none" } else { "" };
    match ask::prompted_key(&format!("key of {name}{hint}{optional}"))? {
        Some(key) => Ok(vec![key]),
        None if need == "required" => {
            Err(CliError::usage(format!("provider {name} needs a key")).hint("`--key-stdin`, `--key -`, or AGM_PROVIDER_KEY"))
        }
        None => Ok(Vec::new()),
    }
}

async fn set(session: &Session, args: ProviderSet) -> Result<Exit> {
    let ProviderSet { name, base_url, fields, key, dry_run } = args;
    let mut body = Map::new();
    if let Some(url) = base_url {
        body.insert("baseUrl".to_owned(), url.into());
    }
    if !fields.is_empty() {
        body.insert("fields".to_owned(), fields_of(&fields, true)?.into());
    }
    let keys = ask::given_keys(&key)?;
    if !keys.is_empty() {
        body.insert("keys".to_owned(), json!({ "replace": exposed(&keys) }));
    }
    if body.is_empty() {
        return Err(CliError::usage("nothing to change was named").hint("`agm provider set --help` shows what can be"));
    }
    let path = ["providers", name.as_str()];
    let (_, etag) = session.client.with_etag(&path).await?;
    let body = Value::Object(body);
    let answer = session.client.change(Method::PATCH, &path, &dry(dry_run), Some(&body), Condition::Unchanged(&etag)).await?;
    changed(session, &answer, &name, dry_run)
}

async fn rotate_key(session: &Session, args: RotateKey) -> Result<Exit> {
    let RotateKey { name, key, add, remove, model, force, dry_run, yes } = args;
    let path = ["providers", name.as_str()];
    let (_, etag) = session.client.with_etag(&path).await?;
    let mut body = Map::new();
    if remove.is_empty() {
        let keys = match ask::given_keys(&key)? {
            keys if keys.is_empty() => ask::prompted_key(&format!("new key of {name}"))?.into_iter().collect(),
            keys => keys,
        };
        if keys.is_empty() {
            return Err(CliError::usage("no new key was given").hint("`--key-stdin`, `--key -`, or AGM_PROVIDER_KEY"));
        }
        body.insert(if add { "add" } else { "replace" }.to_owned(), exposed(&keys));
    } else {
        if !dry_run {
            ask::confirm(&format!("remove key {} of provider {name}", remove.join(", ")), yes)?;
        }
        body.insert("remove".to_owned(), remove.into());
    }
    if let Some(model) = model {
        body.insert("model".to_owned(), model.into());
    }
    if force {
        body.insert("force".to_owned(), true.into());
    }
    let path = ["providers", name.as_str(), "keys"];
    let body = Value::Object(body);
    let answer = session.client.change(Method::PUT, &path, &dry(dry_run), Some(&body), Condition::Unchanged(&etag)).await?;
    changed(session, &answer, &name, dry_run)
}

fn changed(session: &Session, answer: &Value, name: &str, dry_run: bool) -> Result<Exit> {
    session.out.show(answer, |changed: &ProviderChanged| {
        let head = if dry_run { format!("would change provider {name}") } else { format!("provider {name} changed") };
        let mut lines = vec![head];
        lines.extend(changed.tests.iter().map(tested));
        lines.push(output::changes(&changed.changes));
        lines.join("\n")
    })?;
    told::<ProviderChanged>(answer, |changed| &changed.notes)?;
    Ok(Exit::Done)
}

fn tested(test: &KeyTest) -> String {
    match (&test.failure, test.checked) {
        (Some(failure), _) => format!("{} key {}: {}", Tint::Bad.paint("✗"), test.mask, failure.message),
        (None, true) => format!("{} key {} works", Tint::Good.paint("✓"), test.mask),
        (None, false) => {
            format!("{} key {} could not be judged: this vendor lists its models to anybody", Tint::Warn.paint("·"), test.mask)
        }
    }
}

async fn test(session: &Session, name: &str, model: Option<&str>) -> Result<Exit> {
    let body = model.map_or_else(|| json!({}), |model| json!({ "model": model }));
    let answer = session.client.post(&["providers", name, "test"], &[], Some(&body)).await?;
    session.out.show(&answer, |test: &ProviderTest| {
        let mut lines = Vec::new();
        if let Some(models) = test.models {
            let judged = if test.key_checked { "" } else { "; it does so without a key, so a `--model` tells more" };
            lines.push(format!("{} {name} lists {} in {} ms{judged}", Tint::Good.paint("✓"), count(models, "model"), test.latency_ms));
        }
        lines.extend(test.keys.iter().map(tested));
        if let Some(trial) = &test.completion {
            lines.push(completion(trial, model.unwrap_or_default()));
        }
        if test.success && lines.is_empty() {
            lines.push(format!("{} {name} answers in {} ms", Tint::Good.paint("✓"), test.latency_ms));
        }
        lines.join("\n")
    })?;
    match failure_of(&answer) {
        Some(error) => Err(error),
        None => Ok(Exit::Done),
    }
}

fn completion(trial: &Trial, model: &str) -> String {
    match &trial.failure {
        None => format!("{} {model} answers in {} ms", Tint::Good.paint("✓"), trial.latency_ms),
        Some(failure) => format!("{} {model}: {}", Tint::Bad.paint("✗"), failure.message),
    }
}

/// A test that did not pass, as the command's error.
fn failure_of(answer: &Value) -> Option<CliError> {
    if answer["success"] == true {
        return None;
    }
    let failure = [&answer["failure"], &answer["completion"]["failure"]].into_iter().find(|failure| failure.is_object());
    let text = |name: &str| failure.and_then(|failure| failure[name].as_str()).map(str::to_owned);
    let mut error = CliError::new(Exit::NotReachable, text("message").unwrap_or_else(|| "the test did not pass".to_owned()));
    error.code = text("cause");
    error.hint = text("hint").filter(|hint| !hint.is_empty());
    Some(error)
}

async fn models(session: &Session, name: &str, refresh: bool) -> Result<Exit> {
    let query: &[(&str, &str)] = if refresh { &[("refresh", "true")] } else { &[] };
    let answer = session.client.get_with(&["providers", name, "models"], query).await?;
    session.out.show(&answer, |list: &ModelList| list.models.join("\n"))?;
    if session.out.is_table() {
        match (answer["offered"] == true, answer["stale"]["message"].as_str()) {
            (false, _) => say(&format!("{name} has no list of models; any model id it knows can be assigned"))?,
            (true, Some(why)) => say(&format!("{} this list is an old one: {why}", Tint::Warn.paint("note:")))?,
            (true, None) => {}
        }
    }
    Ok(Exit::Done)
}

async fn remove(session: &Session, name: &str, dry_run: bool, yes: bool) -> Result<Exit> {
    let path = ["providers", name];
    let (_, etag) = session.client.with_etag(&path).await?;
    if !dry_run {
        ask::confirm(&format!("remove provider {name} and its keys"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &path, &dry(dry_run), None, Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |removed: &ProviderRemoved| output::changes(&removed.changes))?;
    told::<ProviderRemoved>(&answer, |removed| &removed.notes)?;
    Ok(Exit::Done)
}

/// Says the notes of an answer, where a person reads.
fn told<T: serde::de::DeserializeOwned>(answer: &Value, notes: impl Fn(&T) -> &[agm_domain::diagnostic::Diagnostic]) -> Result<()> {
    match T::deserialize(answer) {
        Ok(view) => output::notes(notes(&view)),
        Err(_) => Ok(()),
    }
}

fn exposed(keys: &[Secret]) -> Value {
    keys.iter().map(Secret::expose).collect()
}

/// `name=value` as members; numbers and booleans are taken as such. An empty value removes, where something is changed.
fn fields_of(fields: &[String], removes: bool) -> Result<Map<String, Value>> {
    let mut members = Map::new();
    for field in fields {
        let Some((name, value)) = field.split_once('=') else {
            return Err(CliError::usage(format!("`--field {field}` is not of the form NAME=VALUE")));
        };
        let value = match value {
            "" if removes => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        };
        members.insert(name.to_owned(), value);
    }
    Ok(members)
}

/// The query of a dry run.
pub(super) fn dry(dry_run: bool) -> Vec<(&'static str, &'static str)> {
    if dry_run { vec![("dryRun", "true")] } else { Vec::new() }
}
