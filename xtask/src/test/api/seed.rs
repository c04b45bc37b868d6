//! What the fuzzer finds in agm: on an empty one every name is a 404, and hardly an answer that says "done" would be judged.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The names that there are, by the placeholder they stand for and the noun of the path.
pub(super) struct Names {
    providers: Vec<String>,
    agents: Vec<String>,
    routes: Vec<String>,
    models: Vec<String>,
    backups: Vec<String>,
    switches: Vec<String>,
    tokens: Vec<String>,
}

/// Fills agm by its own command line: two providers, agents, switches, a labelled backup, tokens.
pub(super) fn fill(agm: &Path, data: &Path, vendors: &Value) -> Result<Names> {
    let run = |args: &[&str], input: &str| run(agm, data, args, input);
    let providers = ["qwen", "deepseek"];
    for provider in providers {
        let url = format!("{}/v1", vendors[provider]["url"].as_str().context("a vendor without an address")?);
        let key = vendors[provider]["key"].as_str().context("a vendor without a key")?;
        run(&["provider", "add", provider, "--base-url", &url, "--key-stdin"], key)?;
    }
    // Enough that not all are gone by the first deletions.
    let workers: Vec<String> = (1..=8).map(|number| format!("w{number}")).collect();
    for worker in &workers {
        run(&["agent", "add", worker], "")?;
    }
    let (qwen, deepseek) = (own_model(vendors, "qwen", "deepseek")?, own_model(vendors, "deepseek", "qwen")?);
    run(&["model", "set", "manager", &qwen, "--provider", "qwen"], "")?;
    for worker in &workers[..4] {
        run(&["model", "set", worker, &deepseek, "--provider", "deepseek"], "")?;
    }
    run(&["route", "set", "special", "--upstream", "deepseek", "--model", "special-model"], "")?;
    run(&["backup", "create", "before the storm"], "")?;
    for number in 1..=4 {
        run(&["token", "create", &format!("t{number}"), "--role", "viewer"], "")?;
    }
    let ids = |args: &[&str], member: &str| -> Result<Vec<String>> {
        let listed: Value = serde_json::from_str(&run(&[args, &["-o", "json"]].concat(), "")?)?;
        let items = listed["items"].as_array().context("a list without items")?;
        Ok(items.iter().map(|item| item[member].as_str().map_or_else(|| item[member].to_string(), str::to_owned)).collect())
    };
    let backups = ids(&["backup", "list"], "id")?;
    // What a backup says of a switch begins with the switch's id.
    let messages = ids(&["backup", "list"], "message")?;
    let switches = messages.iter().filter_map(|message| message.strip_prefix("switch ")?.split(':').next()).map(str::to_owned);
    Ok(Names {
        providers: providers.map(str::to_owned).to_vec(),
        agents: workers.iter().map(|worker| format!("worker:{worker}")).chain(["manager".to_owned()]).collect(),
        routes: ids(&["route", "list"], "name")?,
        models: vec![qwen, deepseek],
        switches: switches.collect(),
        tokens: ids(&["token", "list"], "id")?,
        backups,
    })
}

/// A model that one vendor serves and the other does not: it moves nobody.
fn own_model(vendors: &Value, vendor: &str, other: &str) -> Result<String> {
    let models = |vendor: &str| vendors[vendor]["models"].as_array().map_or(&[][..], Vec::as_slice);
    let own = models(vendor).iter().find(|model| !models(other).contains(model)).and_then(Value::as_str);
    own.map(str::to_owned).with_context(|| format!("{vendor} has no model of its own"))
}

fn run(agm: &Path, data: &Path, args: &[&str], input: &str) -> Result<String> {
    let mut command = Command::new(agm);
    command.args(args).arg("--data-dir").arg(data).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start agm")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).ok();
    }
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "`agm {}` failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The document with the names in it: about half of what is generated for a name is one that there is, and an edit is often forced.
pub(super) fn with_names(mut document: Value, names: &Names) -> Value {
    let mut paths = document["paths"].take();
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flatten().map(|(_, operation)| operation) {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                let known = match (parameter["in"].as_str(), parameter["name"].as_str()) {
                    (Some("path"), _) => names.of(path),
                    (Some("header"), Some("If-Match")) => vec!["*".to_owned()],
                    _ => continue,
                };
                suggest(&mut parameter["schema"], &known);
            }
        }
    }
    document["paths"] = paths;
    for (_, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        for (member, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            match member.as_str() {
                "provider" => suggest(schema, &names.providers),
                "model" => suggest(schema, &names.models),
                "target" => suggest(schema, &names.agents),
                "targets" => suggest(&mut schema["items"], &names.agents),
                _ => {}
            }
        }
    }
    document
}

/// A text that is often one of these.
fn suggest(schema: &mut Value, known: &[String]) {
    if schema["type"] == "string" || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "string")) {
        *schema = json!({ "anyOf": [{ "type": "string", "enum": known }, schema.take()] });
    }
}

impl Names {
    fn of(&self, path: &str) -> Vec<String> {
        let noun = path.trim_start_matches("/api/v1/").split('/').next().unwrap_or_default();
        match noun {
            "providers" => self.providers.clone(),
            "agents" => self.agents.clone(),
            "routes" => self.routes.clone(),
            "models" => self.models.clone(),
            "backups" => self.backups.clone(),
            "switches" => self.switches.clone(),
            "tokens" => self.tokens.clone(),
            // The monitor API's Workers, by their short names.
            _ => self.agents.iter().filter_map(|agent| agent.strip_prefix("worker:")).map(str::to_owned).collect(),
        }
    }
}
