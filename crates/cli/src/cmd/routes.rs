//! `route …`.

use agm_ops::{DefaultSet, Explanation, RouteChanged, RouteFinding, RouteRemoved, RouteUpstream, RouteView, RoutesRepaired};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Session;
use super::providers::dry;
use crate::args::{RouteCommand, RouteSet, Upstream};
use crate::ask;
use crate::client::Condition;
use crate::error::{CliError, Exit, Result};
use crate::output::{self, Cell, Sheet, Tint, count, details, say};

pub(super) async fn run(session: &Session, command: RouteCommand) -> Result<Exit> {
    match command {
        RouteCommand::List => list(session).await,
        RouteCommand::Show { name } => show(session, &name).await,
        RouteCommand::Explain { model, caller } => explain(session, &model, caller.as_deref()).await,
        RouteCommand::Set(args) => set(session, args).await,
        RouteCommand::SetDefault { provider, dry_run } => set_default(session, &provider, dry_run).await,
        RouteCommand::Repair { dry_run } => repair(session, dry_run).await,
        RouteCommand::Rm { name, dry_run, yes } => remove(session, &name, dry_run, yes).await,
    }
}

async fn list(session: &Session) -> Result<Exit> {
    let answer = session.client.get(&["routes"]).await?;
    session.out.list(&answer, "no routes yet; the first provider brings the default route", |routes: &[RouteView]| {
        Sheet::of(&["route", "takes", "sends to", "consumers", "state"], routes, |route| {
            vec![
                Cell::of(&route.name),
                takes(route).into(),
                sends_to(&route.upstreams).into(),
                if route.auth.enabled { Cell::of(route.auth.consumers.len()) } else { Cell::new("anybody", Tint::Warn) },
                state(route),
            ]
        })
    })?;
    if session.out.is_table() {
        let findings: Vec<RouteFinding> = serde_json::from_value(answer["findings"].clone()).unwrap_or_default();
        for finding in &findings {
            let cure = if finding.repairable { "; `agm route repair` mends it" } else { "" };
            say(&format!("{} {}: {}{cure}", Tint::Warn.paint("finding:"), finding.route, output::sentence(&finding.diagnostic)))?;
        }
    }
    Ok(Exit::Done)
}

fn takes(route: &RouteView) -> String {
    if route.model_predicates.is_empty() {
        return if route.is_default { "every other model".to_owned() } else { "any model".to_owned() };
    }
    let shown = route.model_predicates.iter().map(|predicate| {
        let predicate = serde_json::to_value(predicate).unwrap_or_default();
        let text = predicate["matchValue"].as_str().unwrap_or_default().to_owned();
        if predicate["matchType"] == "PRE" { format!("{text}*") } else { text }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn sends_to(upstreams: &[RouteUpstream]) -> String {
    let alone = upstreams.len() == 1;
    let one = |upstream: &RouteUpstream| {
        if alone { upstream.provider.clone() } else { format!("{} {} %", upstream.provider, upstream.weight) }
    };
    upstreams.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn state(route: &RouteView) -> Cell {
    match route.findings.len() {
        0 => Cell::new("ok", Tint::Good),
        found => Cell::new(count(found, "finding"), Tint::Warn),
    }
}

async fn show(session: &Session, name: &str) -> Result<Exit> {
    let answer = session.client.get(&["routes", name]).await?;
    session.out.show(&answer, |route: &RouteView| session.out.sheet(&shown(route)))?;
    Ok(Exit::Done)
}

fn shown(route: &RouteView) -> Sheet {
    let path = route.path.as_ref().and_then(|path| serde_json::to_value(path).ok());
    let path =
        path.map(|path| format!("{} {}", path["matchType"].as_str().unwrap_or_default(), path["matchValue"].as_str().unwrap_or_default()));
    let mut rows = vec![
        ("name", Cell::of(&route.name)),
        ("kept by agm", Cell::of(if route.managed { "yes" } else { "no" })),
        ("state", state(route)),
        ("takes", takes(route).into()),
        ("path", Cell::maybe(path)),
        ("domains", Cell::names(&route.domains)),
        ("sends to", sends_to(&route.upstreams).into()),
    ];
    for upstream in route.upstreams.iter().filter(|upstream| !upstream.model_mapping.is_empty()) {
        for (asked, wanted) in &upstream.model_mapping {
            let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
            rows.push(("mapping", format!("{}: {asked} → {wanted}", upstream.provider).into()));
        }
    }
    if let Some(fallback) = &route.fallback {
        rows.push(("fallback", sends_to(&fallback.upstreams).into()));
    }
    let consumers = if route.auth.enabled { Cell::names(&route.auth.consumers) } else { Cell::new("open to anybody", Tint::Warn) };
    rows.push(("consumers", consumers));
    for finding in &route.findings {
        rows.push(("finding", Cell::new(output::sentence(finding), Tint::Warn)));
    }
    details(rows)
}

async fn explain(session: &Session, model: &str, caller: Option<&str>) -> Result<Exit> {
    let mut query = vec![("model", model)];
    query.extend(caller.map(|caller| ("as", caller)));
    let answer = session.client.get_with(&["routes", "explain"], &query).await?;
    session.out.show(&answer, |explanation: &Explanation| {
        let considered = Sheet::of(&["route", "verdict", "why"], &explanation.considered, |considered| {
            let considered = serde_json::to_value(considered).unwrap_or_default();
            let text = |name: &str| considered[name].as_str().map(str::to_owned);
            let verdict = text("verdict").unwrap_or_default();
            let tint = if verdict == "taken" { Tint::Good } else { Tint::Dim };
            vec![Cell::maybe(text("route")), Cell::new(verdict, tint), Cell::maybe(text("reason"))]
        });
        format!("{}\n\n{}", explanation.sentence, session.out.sheet(&considered))
    })?;
    Ok(Exit::Done)
}

async fn set(session: &Session, args: RouteSet) -> Result<Exit> {
    let body = edit(&args)?;
    let path = ["routes", args.name.as_str()];
    let etag = match session.client.with_etag(&path).await {
        Ok((_, etag)) => Some(etag),
        // A route with a mapping alone can be a provider's own, which goes to that provider.
        Err(error) if error.exit == Exit::NotFound && !(args.upstreams.is_empty() && args.mapping.is_empty()) => None,
        Err(error) => return Err(error),
    };
    let condition = etag.as_deref().map_or(Condition::New, Condition::Unchanged);
    let answer = session.client.change(Method::PUT, &path, &dry(args.dry_run), Some(&body), condition).await?;
    session.out.show(&answer, |changed: &RouteChanged| {
        let done = if changed.created { "created" } else { "changed" };
        let head = if args.dry_run { format!("route {} would be {done}", args.name) } else { format!("route {} {done}", args.name) };
        format!("{head}\n{}", output::changes(&changed.changes))
    })?;
    if let Ok(changed) = serde_json::from_value::<RouteChanged>(answer) {
        output::notes(&changed.notes)?;
    }
    Ok(Exit::Done)
}

/// The members of the edit; what was not named is absent.
fn edit(args: &RouteSet) -> Result<Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    let mapping = mapping(&args.mapping)?;
    if !args.upstreams.is_empty() {
        put("upstreams", upstreams(&args.upstreams, &mapping));
    } else if !mapping.is_empty() {
        put("modelMapping", mapping.into());
    }
    if !args.predicates.is_empty() {
        put("modelPredicates", args.predicates.iter().map(|text| predicate(text)).collect::<Result<Vec<_>>>()?.into());
    }
    if !args.models.is_empty() {
        put("models", json!(args.models));
    }
    if !args.domains.is_empty() || args.no_domain {
        put("domains", json!(args.domains));
    }
    if let Some(path) = &args.path {
        put("path", json!(path));
    }
    let mut auth = Map::new();
    if let Some(enabled) = args.auth {
        auth.insert("enabled".to_owned(), enabled.into());
    }
    if args.no_fallback {
        put("fallback", Value::Null);
    }
    if !args.consumers.is_empty() || args.no_consumer {
        auth.insert("consumers".to_owned(), json!(args.consumers));
    }
    if !auth.is_empty() {
        put("auth", auth.into());
    }
    if body.is_empty() {
        return Err(CliError::usage("nothing to change was named").hint("`agm route set --help` shows what can be"));
    }
    Ok(Value::Object(body))
}

fn mapping(given: &[String]) -> Result<Map<String, Value>> {
    let pair = |pair: &String| match pair.split_once('=') {
        Some((asked, wanted)) => Ok((asked.to_owned(), wanted.into())),
        None => Err(CliError::usage(format!("`--map {pair}` is not of the form MODEL=MODEL"))),
    };
    given.iter().map(pair).collect()
}

/// Upstreams whose weights were not given share equally; the first takes what cannot be divided.
fn upstreams(given: &[Upstream], models: &Map<String, Value>) -> Value {
    let count = u32::try_from(given.len()).unwrap_or(u32::MAX).max(1);
    let share = |index: usize| 100 / count + if index == 0 { 100 % count } else { 0 };
    let one = |(index, upstream): (usize, &Upstream)| json!({ "provider": upstream.provider, "weight": upstream.weight.unwrap_or_else(|| share(index)), "modelMapping": models });
    given.iter().enumerate().map(one).collect::<Vec<_>>().into()
}

fn predicate(text: &str) -> Result<Value> {
    match text.split_once(':') {
        Some((kind @ ("EQUAL" | "PRE"), value)) if !value.is_empty() => Ok(json!({ "matchType": kind, "matchValue": value })),
        _ => Err(CliError::usage(format!("`--predicate {text}` is not of the form EQUAL:ID or PRE:PREFIX"))),
    }
}

async fn set_default(session: &Session, provider: &str, dry_run: bool) -> Result<Exit> {
    let path = ["routes", "default"];
    let (_, etag) = session.client.with_etag(&path).await?;
    let body = json!({ "provider": provider });
    let answer = session.client.change(Method::PUT, &path, &dry(dry_run), Some(&body), Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |set: &DefaultSet| {
        let former = set.former.as_deref().map(|former| format!(" (was {former})")).unwrap_or_default();
        let head = if dry_run { "would take" } else { "now takes" };
        format!("{} {head} every model that no other route takes{former}\n{}", set.provider, output::changes(&set.changes))
    })?;
    if let Ok(set) = serde_json::from_value::<DefaultSet>(answer) {
        output::notes(&set.notes)?;
    }
    Ok(Exit::Done)
}

async fn repair(session: &Session, dry_run: bool) -> Result<Exit> {
    let answer = session.client.post(&["routes", "repair"], &dry(dry_run), None).await?;
    session.out.show(&answer, |repaired: &RoutesRepaired| {
        if repaired.changes.is_empty() { "nothing to repair".to_owned() } else { output::changes(&repaired.changes) }
    })?;
    if let Ok(repaired) = serde_json::from_value::<RoutesRepaired>(answer) {
        output::notes(&repaired.notes)?;
    }
    Ok(Exit::Done)
}

async fn remove(session: &Session, name: &str, dry_run: bool, yes: bool) -> Result<Exit> {
    let path = ["routes", name];
    let (_, etag) = session.client.with_etag(&path).await?;
    if !dry_run {
        ask::confirm(&format!("remove route {name}"), yes)?;
    }
    let answer = session.client.change(Method::DELETE, &path, &dry(dry_run), None, Condition::Unchanged(&etag)).await?;
    session.out.show(&answer, |removed: &RouteRemoved| output::changes(&removed.changes))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let check = |given: &[&str], expected: &[u64]| {
            let given: Vec<Upstream> = given.iter().map(|text| text.parse().unwrap()).collect();
            let made = upstreams(&given, &Map::new());
            let weights: Vec<u64> = made.as_array().unwrap().iter().map(|u| u["weight"].as_u64().unwrap()).collect();
            assert_eq!(weights, expected);
        };
        check(&["a"], &[100]);
        check(&["a", "b", "c"], &[34, 33, 33]);
        check(&["a:80", "b:20"], &[80, 20]);
    }

    #[test]
    fn a_mapping_alone_goes_to_the_only_upstream() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            set: RouteSet,
        }
        let body = |line: &[&str]| edit(&<Line as clap::Parser>::try_parse_from([&["set"], line].concat()).unwrap().set);
        let hinted = body(&["lab-ai-route", "--map", "lab.m=m", "--model", "lab.m"]).unwrap();
        assert_eq!(hinted, json!({ "modelMapping": { "lab.m": "m" }, "models": ["lab.m"] }));
        let named = body(&["lab", "--map", "a=b", "--upstream", "lab"]).unwrap();
        assert_eq!(named, json!({ "upstreams": [{ "provider": "lab", "weight": 100, "modelMapping": { "a": "b" } }] }));
        assert_eq!(body(&["lab", "--map", "a"]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn forms_are_checked() {
        assert_eq!(predicate("PRE:glm-").unwrap(), json!({ "matchType": "PRE", "matchValue": "glm-" }));
        for wrong in ["glm-", "PRE:", "REGEX:.*"] {
            assert_eq!(predicate(wrong).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
        assert!("a:101".parse::<Upstream>().is_err() && "a:b".parse::<Upstream>().is_err());
    }
}
