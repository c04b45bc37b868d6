//! The store's contract on a real S3 server, SeaweedFS, started for the occasion on free loopback ports.
//!
//! The tests that need it have `s3` in their name and read `AGM_TEST_S3_ENDPOINT`, `AGM_TEST_S3_BUCKET`,
//! `AGM_TEST_S3_REGION`, `AGM_TEST_S3_ACCESS_KEY` and `AGM_TEST_S3_SECRET_KEY`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{self, Background};
use crate::report::Tally;
use crate::test::cargo;
use crate::tools;
use crate::workspace::Workspace;

const BUCKET: &str = "agm-test";
const ACCESS_KEY: &str = "agm-test";
const SECRET_KEY: &str = "agm-test-secret";

/// Every port of the server. Its defaults collide with ours, so none is left to it.
struct Ports {
    master: u16,
    master_grpc: u16,
    volume: u16,
    volume_grpc: u16,
    filer: u16,
    filer_grpc: u16,
    s3: u16,
    s3_grpc: u16,
    metrics: u16,
}

pub(super) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let weed = tools::python(workspace, "seaweedfs", tools::SEAWEEDFS)?.join("weed");
    let scratch = workspace.scratch("s3")?;
    let ports = Ports::free()?;
    let mut server = Background::start(&mut ports.server(&weed, &scratch)?, &scratch.join("server.log"))?;
    server.wait_for("the S3 port answered", Duration::from_mins(1), || process::http_get(ports.s3, "/"))?;
    ports.create_bucket(&weed)?;

    let before = ports.writes();
    let mut tests = workspace.cargo();
    tests.args(["test", "--locked", "--no-fail-fast", "--package", "agm-blob", "--package", "agm-store", "--test", "it", "--", "s3"]);
    tests.env("AGM_TEST_S3_ENDPOINT", format!("http://127.0.0.1:{}", ports.s3));
    tests.env("AGM_TEST_S3_BUCKET", BUCKET).env("AGM_TEST_S3_REGION", "us-east-1");
    tests.env("AGM_TEST_S3_ACCESS_KEY", ACCESS_KEY).env("AGM_TEST_S3_SECRET_KEY", SECRET_KEY);
    cargo::run(&mut tests, tally)?;
    let written = ports.writes() - before;
    println!("the tests wrote to the server {written} times");
    ensure!(written > 0, "the tests passed without writing anything to the server");
    Ok(())
}

impl Ports {
    fn free() -> Result<Self> {
        let [master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc, metrics] = process::free_ports()?;
        Ok(Self { master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc, metrics })
    }

    fn server(&self, weed: &Path, scratch: &Path) -> Result<Command> {
        let data = scratch.join("data");
        std::fs::create_dir(&data)?;
        let config = scratch.join("s3.json");
        let actions = ["Admin", "Read", "Write", "List", "Tagging"];
        let credentials = [serde_json::json!({"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY})];
        let identities = serde_json::json!({"identities": [{"name": "agm", "credentials": credentials, "actions": actions}]});
        std::fs::write(&config, identities.to_string())?;

        let mut command = Command::new(weed);
        command.current_dir(scratch).arg("server");
        command.args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-metricsIp=127.0.0.1", "-filer", "-s3"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=16", "-master.volumeSizeLimitMB=64"]);
        command.arg(format!("-dir={}", data.display())).arg(format!("-s3.config={}", config.display()));
        for (name, port) in [
            ("master.port", self.master),
            ("master.port.grpc", self.master_grpc),
            ("volume.port", self.volume),
            ("volume.port.grpc", self.volume_grpc),
            ("filer.port", self.filer),
            ("filer.port.grpc", self.filer_grpc),
            ("s3.port", self.s3),
            ("s3.port.grpc", self.s3_grpc),
            ("metricsPort", self.metrics),
        ] {
            command.arg(format!("-{name}={port}"));
        }
        Ok(command)
    }

    fn create_bucket(&self, weed: &Path) -> Result<()> {
        let mut command = Command::new(weed);
        command.arg("shell").arg(format!("-master=127.0.0.1:{}.{}", self.master, self.master_grpc));
        command.arg(format!("-filer=127.0.0.1:{}.{}", self.filer, self.filer_grpc)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().context("cannot start the S3 server's shell")?;
        if let Some(mut stdin) = shell.stdin.take() {
            writeln!(stdin, "s3.bucket.create -name {BUCKET}")?;
        }
        let answer = shell.wait_with_output()?;
        let answer = String::from_utf8_lossy(&answer.stdout);
        ensure!(answer.contains("created bucket"), "cannot create the bucket: {answer}");
        Ok(())
    }

    /// How many objects clients have put so far, by the server's own count.
    fn writes(&self) -> u64 {
        process::http_get(self.metrics, "/metrics").as_deref().map(writes).unwrap_or_default()
    }
}

/// Sums the server's counters of PUT requests.
fn writes(metrics: &str) -> u64 {
    let counters = metrics.lines().filter(|line| line.starts_with("SeaweedFS_s3_request_total{") && line.contains("type=\"PUT"));
    counters.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::writes;

    #[test]
    fn only_puts_count() {
        let metrics = "# TYPE SeaweedFS_s3_request_total counter\n\
                       SeaweedFS_s3_request_total{bucket=\"a\",code=\"200\",type=\"PUT\"} 4\n\
                       SeaweedFS_s3_request_total{bucket=\"a\",code=\"412\",type=\"PUT\"} 1\n\
                       SeaweedFS_s3_request_total{bucket=\"a\",code=\"200\",type=\"GET\"} 9\n";
        assert_eq!(writes(metrics), 5);
    }
}
