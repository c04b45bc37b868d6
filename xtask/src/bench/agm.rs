//! agm as a user sets it up: `agm up`, one provider, the Manager's key. Key check, routing, accounting and metrics are on; nothing turns them off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::bench::call::{Answer, call};
use crate::bench::contender::{AGM, Contender, Ground};
use crate::bench::running::Running;
use crate::process;

/// The provider that stands for the mock.
pub(super) const PROVIDER: &str = "vendor";

/// The way to agm's management API.
pub(super) struct Management {
    port: u16,
    data_dir: PathBuf,
}

/// Sets a data directory up and stops again: what is measured starts on it as after any restart.
pub(super) fn prepare(ground: &Ground<'_>) -> Result<Contender> {
    let binary = ground.workspace.target()?.join("release/agm");
    let [port] = process::free_ports()?;
    let management = Management { port, data_dir: ground.dir.join("data") };
    let mut command = ground.gateway(&binary);
    command.arg("up").arg("--data-dir").arg(&management.data_dir);
    command.arg(format!("--listen=127.0.0.1:{port}")).arg(format!("--gateway-listen=127.0.0.1:{}", ground.port));
    let version = process::output(ground.gateway(&binary).arg("version"))?;
    let version = version.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut contender = ground.contender(AGM, version, Some(&binary), Vec::new(), command);

    let mut running = Running::spawn(&mut contender)?;
    running.wait("it is ready", Duration::from_secs(30), || {
        call(port, "GET", "/readyz", &[], "").ok().filter(|answer| answer.status == 200)
    })?;
    let cli = |args: &[&str]| {
        let mut command = ground.gateway(&binary);
        command.args(args).arg("--data-dir").arg(&management.data_dir).env("AGM_PROVIDER_KEY", "sk-vendor");
        process::output(&mut command)
    };
    let base_url = format!("--base-url=http://{}/v1", ground.vendor);
    cli(&["provider", "add", PROVIDER, "--type=openai", &base_url])?;
    let key = cli(&["agent", "key", "manager"])?;
    running.stop(Signal::TERM)?;

    contender.headers = vec![format!("Authorization: Bearer {}", key.trim())];
    contender.management = Some(management);
    Ok(contender)
}

impl Management {
    /// A call of the management API, as the user who started it.
    pub(super) fn call(&self, method: &str, path: &str, condition: &str, body: &str) -> Result<Answer> {
        let token = self.data_dir.join("run/token");
        let token = std::fs::read_to_string(&token).with_context(|| format!("cannot read {}", shown(&token)))?;
        let headers = [format!("Authorization: Bearer {}", token.trim()), condition.to_owned()];
        call(self.port, method, path, &headers, body).with_context(|| format!("{method} {path} was not answered"))
    }
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
