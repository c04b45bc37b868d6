//! The HTTP API fuzzed by schemathesis from our own OpenAPI document.
//!
//! It finds an agm with everything in it (`seed`), and must have seen enough of it succeed (`reached`). A fuzzer invents provider addresses, and agm would try to reach them. So both run in a network namespace
//! of their own, which has a loopback interface and nothing else.

mod reached;
mod seed;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{self, Background};
use crate::report::Tally;
use crate::test::number_before;
use crate::tools;
use crate::workspace::Workspace;

/// Enough to visit every branch of the document in CI; `AGM_TEST_API_EXAMPLES` asks for more.
const EXAMPLES: &str = "30";
/// `AGM_TEST_API_SEED` chooses another.
const SEED: &str = "20";

/// Turns the namespace's loopback interface on (a new one is down), then becomes the command behind it.
const LOOPBACK_UP: &str = "\
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sH14s', b'lo', IFF_UP_RUNNING, b''))
os.execv(sys.argv[1], sys.argv[1:])
";

pub(super) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let python_bin = tools::python(workspace, "schemathesis", tools::SCHEMATHESIS)?;
    let (agm, vendors) = (workspace.build_agm()?, workspace.build_vendors()?);
    let scratch = workspace.scratch("api")?;
    std::fs::copy(workspace.root.join("tests/api/schemathesis.toml"), scratch.join("schemathesis.toml"))
        .context("cannot copy tests/api/schemathesis.toml")?;
    let mut command = cut_off(workspace)?;
    command.arg(python_bin.join("python")).args(["-c", LOOPBACK_UP]);
    command.arg(std::env::current_exe()?).arg("api-inside").arg(agm).arg(vendors).arg(python_bin).arg(scratch);
    let passed = process::read_along(&mut command, |line| *tally += count(line))?;
    // A failure lies in an operation that was tested.
    tally.passed = tally.passed.saturating_sub(tally.failed);
    ensure!(passed, "the API does not keep what its document promises");
    ensure!(tally.passed > 0, "no operation was tested");
    Ok(())
}

/// Starts agm and vendors, fills it, and lets schemathesis at it. Says whether it found nothing.
pub(crate) fn inside(agm: &Path, vendors: &Path, python_bin: &Path, scratch: &Path) -> Result<bool> {
    let told = scratch.join("vendors.json");
    let mut vendors = Background::start_listening(&mut Command::new(vendors), &told)?;
    let vendors_are = |told: &Path| serde_json::from_str::<Value>(std::fs::read_to_string(told).ok()?.lines().next()?).ok();
    let addresses = vendors.wait_for("they said where they are", Duration::from_secs(30), || vendors_are(&told))?;
    let data = scratch.join("data");
    let mut up = Command::new(agm);
    up.current_dir(scratch).arg("up").arg("--data-dir").arg(&data);
    up.args(["--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"]);
    let mut server = Background::start(&mut up, &scratch.join("agm.out"))?;
    let url = server.wait_for("it wrote its endpoints", Duration::from_secs(30), || management_url(&data))?;
    let token = std::fs::read_to_string(data.join("run/token")).context("agm wrote no local token")?;
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).context("agm wrote no port")?;
    let get = |path: &str| {
        let answer = process::http_get_as(port, path, &format!("Authorization: Bearer {}\r\n", token.trim()));
        answer.and_then(|answer| Some(answer.split_once("\r\n\r\n")?.1.to_owned())).with_context(|| format!("agm does not answer {path}"))
    };
    let names = seed::fill(agm, &data, &addresses)?;
    let document = seed::with_names(serde_json::from_str(&get("/api/v1/openapi.json")?)?, &names);
    std::fs::write(scratch.join("openapi.json"), document.to_string()).context("cannot write the document")?;

    let mut command = Command::new(python_bin.join("schemathesis"));
    command.current_dir(scratch).args(["--no-color", "run", "openapi.json", "--url", &url]);
    command.env("AGM_TEST_TOKEN", token.trim());
    command.arg("--max-examples").arg(setting("AGM_TEST_API_EXAMPLES", EXAMPLES));
    command.arg("--seed").arg(setting("AGM_TEST_API_SEED", SEED));
    let found_nothing = process::read_along(&mut command, |_| {})?;
    let log = std::fs::read_to_string(scratch.join("agm.out")).unwrap_or_default();
    ensure!(!log.contains("panicked at"), "agm panicked; see .cache/run/api/agm.out");
    reached::check(&get("/metrics")?)?;
    Ok(found_nothing)
}

/// `unshare` into a network of its own: as root directly, else through a user namespace where the system allows one.
fn cut_off(workspace: &Workspace) -> Result<Command> {
    let ways: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];
    let works = |way: &&[&str]| {
        let mut probe = workspace.command("unshare");
        probe.args(*way).arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let way = ways.into_iter().find(works).context("this system gives us no network namespace (unshare --net): run as root")?;
    let mut command = workspace.command("unshare");
    command.args(way);
    Ok(command)
}

fn management_url(data: &Path) -> Option<String> {
    let text = std::fs::read_to_string(data.join("run/endpoints.json")).ok()?;
    let endpoints: Value = serde_json::from_str(&text).ok()?;
    Some(endpoints["management"].as_str()?.trim_end_matches('/').to_owned())
}

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Reads schemathesis' summary: `Tested: 41` operations, `3 failures in 9.1s`.
fn count(line: &str) -> Tally {
    let passed = line.trim().strip_prefix("Tested: ").and_then(|number| number.parse().ok()).unwrap_or(0);
    let closing = line.starts_with('=') && line.contains(" in ");
    let failed = ["failure", "failures", "error", "errors"].iter().filter_map(|word| number_before(line, word)).sum();
    Tally { passed, failed: if closing { failed } else { 0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_counted() {
        for (line, passed, failed) in [
            ("  Tested: 41", 41, 0),
            ("  Selected: 41/41", 0, 0),
            ("============================= 4 failures in 1.49s ==============================", 0, 4),
            ("====================== 1 error, 2 failures in 1.49s ======================", 0, 3),
            ("============================ No issues found in 9s ============================", 0, 0),
            ("  4 generated, 3 found 4 unique failures", 0, 0),
        ] {
            assert_eq!(count(line), Tally { passed, failed }, "{line}");
        }
    }
}
