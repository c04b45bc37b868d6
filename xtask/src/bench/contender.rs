//! Who is measured: the way to the mock without a gateway, and every gateway on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::bench::agm::{self, Management};
use crate::bench::instruments::{Instruments, on_core};
use crate::bench::results::Results;
use crate::bench::{Plan, peers};
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// The key that callers show to gateways which ask for one.
pub(super) const CALLER_KEY: &str = "sk-bench-caller-0123456789abcdef";

pub(super) const DIRECT: &str = "direct";
pub(super) const NGINX: &str = "nginx";
pub(super) const AGM: &str = "agm";

/// One of those measured.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// Of its executable, in bytes.
    pub(super) size: Option<u64>,
    pub(super) port: u16,
    /// Of every request to it.
    pub(super) headers: Vec<String>,
    /// What starts it; nothing for the direct way.
    pub(super) command: Option<Command>,
    pub(super) log: PathBuf,
    /// For what only agm can do.
    pub(super) management: Option<Management>,
}

impl Contender {
    /// Something that runs already.
    pub(super) fn unstarted(name: &'static str, port: u16, headers: Vec<String>) -> Self {
        Self { name, version: String::new(), size: None, port, headers, command: None, log: PathBuf::new(), management: None }
    }
}

/// What a contender is prepared with.
pub(super) struct Ground<'a> {
    pub(super) workspace: &'a Workspace,
    /// A directory of its own.
    pub(super) dir: PathBuf,
    /// `127.0.0.1:port` of the mock.
    pub(super) vendor: &'a str,
    pub(super) port: u16,
    pub(super) pinned: bool,
}

/// Installs and configures everybody. A peer that cannot be had is reported and left out; agm and nginx must be there.
pub(super) fn prepare(
    workspace: &Workspace,
    plan: &Plan,
    instruments: &Instruments,
    scratch: &Path,
    results: &mut Results,
) -> Result<Vec<Contender>> {
    let ground = |name: &str| -> Result<Ground<'_>> {
        let dir = scratch.join(name);
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let [port] = process::free_ports()?;
        Ok(Ground { workspace, dir, vendor: &instruments.vendor, port, pinned: plan.pinned })
    };
    let mut all = vec![direct(instruments)?, nginx(&ground(NGINX)?)?, agm::prepare(&ground(AGM)?)?];
    for peer in &plan.peers {
        match ground(peer.name()).and_then(|ground| peers::prepare(*peer, &ground)) {
            Ok(contender) => all.push(contender),
            Err(error) => results.void(peer.name(), "everything", &error),
        }
    }
    Ok(all)
}

fn direct(instruments: &Instruments) -> Result<Contender> {
    let port = instruments.vendor.rsplit(':').next().and_then(|port| port.parse().ok()).context("the mock has no port")?;
    Ok(Contender::unstarted(DIRECT, port, Vec::new()))
}

fn nginx(ground: &Ground<'_>) -> Result<Contender> {
    let binary = tools::debian_program(ground.workspace, "nginx-light", "/usr/sbin/nginx")?;
    let config = ground.configure("nginx.conf")?;
    let mut command = ground.gateway(&binary);
    command.arg("-p").arg(&ground.dir).arg("-c").arg(config);
    let version = Command::new(&binary).arg("-v").output().context("nginx does not start")?;
    let version = String::from_utf8_lossy(&version.stderr).trim().rsplit('/').next().unwrap_or_default().to_owned();
    Ok(ground.contender(NGINX, version, Some(&binary), Vec::new(), command))
}

impl Ground<'_> {
    /// Writes one of the files in `bench/gateways` with our addresses in it, and says where.
    pub(super) fn configure(&self, file: &str) -> Result<PathBuf> {
        let template = self.workspace.root.join("bench/gateways").join(file);
        let text = std::fs::read_to_string(&template).with_context(|| format!("cannot read bench/gateways/{file}"))?;
        let text = text
            .replace("{vendor}", self.vendor)
            .replace("{port}", &self.port.to_string())
            .replace("{key}", CALLER_KEY)
            .replace("{dir}", &self.dir.to_string_lossy());
        let place = self.dir.join(file);
        std::fs::write(&place, text).with_context(|| format!("cannot write {}", place.display()))?;
        Ok(place)
    }

    /// A command in the contender's directory that sees nothing of our environment: no proxy, no setting, no key.
    pub(super) fn gateway(&self, program: &Path) -> Command {
        let mut command = on_core(self.pinned, 0, program);
        command.current_dir(&self.dir).env_clear().env("HOME", &self.dir);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub(super) fn contender(
        &self,
        name: &'static str,
        version: String,
        binary: Option<&Path>,
        headers: Vec<String>,
        command: Command,
    ) -> Contender {
        let size = binary.and_then(|binary| std::fs::metadata(binary).ok()).map(|metadata| metadata.len());
        let log = self.dir.join("output.log");
        Contender { name, version, size, port: self.port, headers, command: Some(command), log, management: None }
    }
}
