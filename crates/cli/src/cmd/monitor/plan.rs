//! What `monitor …` would do. Nothing is started, stopped or written.

use std::path::Path;

use serde_json::json;

use super::{as_it_was, is_free, whom};
use crate::args::{Global, MonitorArgs};
use crate::error::{Exit, Result};
use crate::output::{Output, print};
use crate::running::{Holder, holder, log_path};
use crate::settings::{environment, resolve};

pub(super) fn start(global: &Global, args: &MonitorArgs, dir: &Path, out: Output) -> Result<Exit> {
    is_free(dir)?;
    told(global, args, dir, None, out)
}

pub(super) fn restart(global: &Global, args: &MonitorArgs, dir: &Path, out: Output) -> Result<Exit> {
    let pid = if holder(dir)? == Holder::Nobody { None } else { Some(whom(dir)?) };
    let args = MonitorArgs { server: as_it_was(args.server.clone(), dir)?, dry_run: args.dry_run };
    told(global, &args, dir, pid, out)
}

pub(super) fn stop(dir: &Path, out: Output) -> Result<Exit> {
    let pid = whom(dir)?;
    if out.is_table() {
        print(&format!("agm would be stopped (process {pid})"))?;
    } else {
        out.value(&json!({ "stop": pid, "dataDir": dir }))?;
    }
    Ok(Exit::Done)
}

/// Whether the ports are free shows only when somebody takes them.
fn told(global: &Global, args: &MonitorArgs, dir: &Path, stops: Option<u32>, out: Output) -> Result<Exit> {
    let settings = resolve(global, &args.server, &environment)?;
    let (management, gateway, log) = (settings.listen, settings.gateway_listen, log_path(dir));
    if !out.is_table() {
        let start = json!({ "dataDir": dir, "listen": management, "gatewayListen": gateway, "log": log });
        out.value(&json!({ "stop": stops, "start": start }))?;
        return Ok(Exit::Done);
    }
    let stopped = stops.map(|pid| format!("agm would be stopped (process {pid})"));
    let lines = [
        format!("agm would be started on {}", dir.display()),
        format!("management at {management}, gateway at {gateway}, log in {}", log.display()),
    ];
    print(&stopped.into_iter().chain(lines).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}
