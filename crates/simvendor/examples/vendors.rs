//! One vendor of every flavour, for a client of your own: `cargo run -p agm-simvendor --example vendors`.
//!
//! The first line says where each of them is, which key it takes and which models it serves, as JSON. After that every
//! line on standard input is a command, answered by one line, `{"ok":…}` or `{"error":"…"}`; it ends with its input.
//!
//! | command | does |
//! |---|---|
//! | `qwen error 429` | refuses the next inference request with this status |
//! | `qwen hang` | never answers the next one |
//! | `qwen cut 2`, `qwen stall 2` | breaks off, or goes silent, after two frames of the next answer |
//! | `qwen pace 20 50` | streams 20 frames from now on, one every 50 ms |
//! | `qwen no-tools` | calls no tools from now on |
//! | `qwen key sk-new` | takes only this key from now on |
//! | `qwen reset` | behaves as at the start again |
//! | `qwen requests 7` | tells the requests after the seventh |
//! | `qwen ended 8` | waits until the exchange of the eighth is over, and tells how |
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Duration;

use agm_simvendor::{Behaviour, Flavour, Pacing, Request, Script, ToolUse, Vendor};
use serde_json::{Map, Value, json};

const KEY: &str = "sk-demo-0123456789abcdef";

/// How long `ended` waits.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut vendors = BTreeMap::new();
    for flavour in Flavour::ALL {
        vendors.insert(name_of(flavour), (Vendor::start(script(flavour)).await?, flavour));
    }
    let told = vendors
        .iter()
        .map(|(name, (vendor, flavour))| (name.clone(), json!({ "url": vendor.url(), "key": KEY, "models": models(*flavour) })));
    println!("{}", Value::Object(told.collect()));
    for line in std::io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.split_first().map(|(name, rest)| (vendors.get(*name), rest)) {
            Some((Some((vendor, flavour)), command)) => obey(vendor, *flavour, command).await,
            _ => Err(format!("start with a vendor's name: {}", vendors.keys().cloned().collect::<Vec<_>>().join(", "))),
        };
        println!("{}", answer.map_or_else(|error| json!({ "error": error }), |value| json!({ "ok": value })));
    }
    for (vendor, _) in vendors.into_values() {
        vendor.stop().await;
    }
    Ok(())
}

fn name_of(flavour: Flavour) -> String {
    format!("{flavour:?}").to_lowercase()
}

fn script(flavour: Flavour) -> Script {
    Script::new(name_of(flavour), flavour).key(KEY).models(models(flavour).iter().copied()).cached_tokens(1)
}

/// Everybody serves `demo`, and something of their own.
fn models(flavour: Flavour) -> &'static [&'static str] {
    match flavour {
        Flavour::OpenAi => &["demo", "gpt-5.4", "text-embedding-3-small", "whisper-1"],
        Flavour::Qwen => &["demo", "qwen3.5-plus"],
        Flavour::DeepSeek => &["demo", "deepseek-chat"],
        Flavour::Moonshot => &["demo", "kimi-k2.5"],
        Flavour::Zhipu => &["demo", "glm-5"],
        Flavour::Anthropic => &["demo", "claude-sonnet-4-6"],
    }
}

async fn obey(vendor: &Vendor, flavour: Flavour, command: &[&str]) -> Result<Value, String> {
    match command {
        ["error", status] => vendor.push(Behaviour::error(number(status)?)),
        ["hang"] => vendor.push(Behaviour::Hang),
        ["cut", frames] => vendor.push(Behaviour::CutStream { after_frames: number(frames)? }),
        ["stall", frames] => vendor.push(Behaviour::StallStream { after_frames: number(frames)? }),
        ["pace", frames, millis] => {
            let pacing = Pacing { frames: Some(number(frames)?), gap: Duration::from_millis(number(millis)?), ..Pacing::default() };
            vendor.update(|script| script.pacing = pacing);
        }
        ["no-tools"] => vendor.update(|script| script.tools = ToolUse::Never),
        ["key", key] => vendor.update(|script| script.keys = vec![(*key).to_owned()]),
        ["reset"] => vendor.set(script(flavour)),
        ["requests", after] => {
            let after: u64 = number(after)?;
            return Ok(vendor.requests().iter().filter(|request| request.number > after).map(|request| told(request)).collect());
        }
        ["ended", wanted] => return ended(vendor, number(wanted)?).await,
        _ => return Err("unknown command; the example's first lines list them".to_owned()),
    }
    Ok(Value::Null)
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is not a number that fits here"))
}

fn told(request: &Request) -> Value {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Map<String, Value> = request.headers.iter().map(|(name, value)| (name.to_string(), json!(text(value)))).collect();
    json!({
        "number": request.number,
        "path": request.path,
        "model": request.model,
        "stream": request.stream,
        "key": request.key,
        "headers": headers,
        "body": request.json(),
    })
}

async fn ended(vendor: &Vendor, wanted: u64) -> Result<Value, String> {
    let request = vendor.requests().into_iter().find(|request| request.number == wanted);
    let request = request.ok_or_else(|| format!("no request has the number {wanted}"))?;
    let ending = tokio::time::timeout(PATIENCE, request.ended()).await;
    ending.map(|ending| json!(format!("{ending:?}").to_lowercase())).map_err(|_| format!("it has not ended within {PATIENCE:?}"))
}
