//! Other AI gateways that the package registries hold, each as its authors run it: one instance, one caller, no database.

use anyhow::Result;
use clap::ValueEnum;

use crate::bench::contender::{CALLER_KEY, Contender, Ground};
use crate::tools;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Crabllm,
    Noveum,
    Portkey,
    Litellm,
}

impl Peer {
    pub(super) const ALL: [Self; 4] = [Self::Crabllm, Self::Noveum, Self::Portkey, Self::Litellm];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crabllm => "crabllm",
            Self::Noveum => "noveum",
            Self::Portkey => "portkey",
            Self::Litellm => "litellm",
        }
    }
}

pub(super) fn prepare(peer: Peer, ground: &Ground<'_>) -> Result<Contender> {
    match peer {
        Peer::Crabllm => crabllm(ground),
        Peer::Noveum => noveum(ground),
        Peer::Portkey => portkey(ground),
        Peer::Litellm => litellm(ground),
    }
}

/// Checks a caller's key.
fn crabllm(ground: &Ground<'_>) -> Result<Contender> {
    let binary = tools::cargo_gateway(ground.workspace, "crabllm", tools::CRABLLM)?;
    let mut command = ground.gateway(&binary);
    command.arg("serve").arg("--config").arg(ground.configure("crabllm.toml")?);
    Ok(ground.contender("crabllm", tools::CRABLLM.to_owned(), Some(&binary), bearer(CALLER_KEY), command))
}

/// Checks nothing: it passes the caller's key on. Without `RUST_LOG` it logs every request several times.
fn noveum(ground: &Ground<'_>) -> Result<Contender> {
    let binary = tools::cargo_gateway(ground.workspace, "noveum-ai-gateway", tools::NOVEUM)?;
    let mut command = ground.gateway(&binary);
    command.env("HOST", "127.0.0.1").env("PORT", ground.port.to_string()).env("RUST_LOG", "error");
    command.env("OPENAI_BASE_URL", format!("http://{}", ground.vendor));
    let headers = [bearer("sk-vendor"), vec!["x-provider: openai".to_owned()]].concat();
    Ok(ground.contender("noveum", tools::NOVEUM.to_owned(), Some(&binary), headers, command))
}

/// Checks nothing: provider and key come with every request.
fn portkey(ground: &Ground<'_>) -> Result<Contender> {
    let script = tools::portkey(ground.workspace)?;
    let loopback = ground.configure("portkey-loopback.cjs")?;
    let mut command = ground.gateway("node".as_ref());
    command.arg("--require").arg(loopback).arg(script).arg(format!("--port={}", ground.port)).arg("--headless");
    let host = format!("x-portkey-custom-host: http://{}/v1", ground.vendor);
    let headers = [bearer("sk-vendor"), vec!["x-portkey-provider: openai".to_owned(), host]].concat();
    Ok(ground.contender("portkey", tools::PORTKEY.to_owned(), None, headers, command))
}

/// Checks its master key. Its price list comes with it; the newest one would be fetched from the internet.
fn litellm(ground: &Ground<'_>) -> Result<Contender> {
    let mut command = ground.gateway(&tools::litellm(ground.workspace)?);
    command.arg("--config").arg(ground.configure("litellm.yaml")?);
    command.args(["--host", "127.0.0.1", "--port"]).arg(ground.port.to_string());
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    Ok(ground.contender("litellm", tools::LITELLM.to_owned(), None, bearer(CALLER_KEY), command))
}

fn bearer(key: &str) -> Vec<String> {
    vec![format!("Authorization: Bearer {key}")]
}
