//! A running agm in a directory of its own, and its command line.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use agm_simvendor::{Flavour, Script, Vendor};
use agm_testkit::dir::DataDir;
use agm_testkit::process::{Launch, Process};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"];
pub(crate) const KEY: &str = "sk-right-0123456789abcdef0123456789";
pub(crate) const MODELS: [&str; 2] = ["qwen3.5-plus", "deepseek-chat"];

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "{part}: {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn prints(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "{part}: {self:#?}");
        self
    }
}

/// A place without an agm: a home and nothing in the environment.
pub(crate) struct Place {
    pub(crate) dir: DataDir,
    env: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: DataDir::new("cli").unwrap(), env: Vec::new() }
    }

    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "").await
    }

    /// Runs the binary to its end, `input` on its stdin.
    pub(crate) async fn run_with(&self, args: &[&str], input: &str) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agm"));
        command.args(args).env_clear().env("HOME", self.dir.path()).env("AGM_DATA_DIR", self.data());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that reads nothing may have ended already.
        drop(stdin.write_all(input.as_bytes()).await);
        drop(stdin);
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("the command ends").unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the binary on a terminal of its own.
    pub(crate) fn on_terminal(&self, args: &[&str]) -> Process {
        let command = format!("exec '{}' {}", env!("CARGO_BIN_EXE_agm"), args.join(" "));
        let launch = Launch::new("script").args(["-q", "-e", "-c", &command, "/dev/null"]).env("NO_COLOR", "1").env("SHELL", "/bin/sh");
        launch.env("HOME", self.dir.path()).env("AGM_DATA_DIR", self.data()).start().unwrap()
    }

    /// `agm up` on free ports, ready.
    pub(crate) async fn up(self) -> Agm {
        let process = self.start(&FREE).await;
        let read = std::fs::read(self.data().join("run/endpoints.json")).unwrap();
        let endpoints: Value = serde_json::from_slice(&read).unwrap();
        let url = |name: &str| endpoints[name].as_str().unwrap().to_owned();
        Agm { management: url("management"), gateway: url("gateway"), place: self, process }
    }

    /// `agm up` with these arguments, as soon as it says that it runs.
    pub(crate) async fn start(&self, args: &[&str]) -> Process {
        let mut launch = Launch::new(env!("CARGO_BIN_EXE_agm")).args(["up"]).args(args);
        launch = launch.env("HOME", self.dir.path()).env("AGM_DATA_DIR", self.data());
        for (name, value) in &self.env {
            launch = launch.env(name, value);
        }
        let process = launch.start().unwrap();
        process.wait_for_line(PATIENCE, |line| line.starts_with("Next, in another terminal")).await.unwrap();
        process
    }
}

/// A running agm.
pub(crate) struct Agm {
    pub(crate) place: Place,
    pub(crate) process: Process,
    pub(crate) management: String,
    pub(crate) gateway: String,
}

impl Agm {
    pub(crate) async fn up() -> Self {
        Place::new().up().await
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        self.place.run(args).await
    }

    pub(crate) async fn run_with(&self, args: &[&str], input: &str) -> Done {
        self.place.run_with(args, input).await
    }

    /// What a command prints as JSON.
    pub(crate) async fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["-o", "json"]).collect();
        self.run(&args).await.exits(0).json()
    }

    /// Two vendors as providers: the first owns the default route.
    pub(crate) async fn with_vendors(&self) -> (Vendor, Vendor) {
        let (qwen, deepseek) = (vendor("qwen", Flavour::Qwen).await, vendor("deepseek", Flavour::DeepSeek).await);
        self.add("qwen", &qwen.url()).await.exits(0);
        self.add("deepseek", &deepseek.url()).await.exits(0);
        (qwen, deepseek)
    }

    pub(crate) async fn add(&self, name: &str, url: &str) -> Done {
        self.run_with(&["provider", "add", name, "--base-url", &format!("{url}/v1"), "--key-stdin"], KEY).await
    }

    pub(crate) async fn stop(mut self) {
        self.process.terminate().await.unwrap();
        let status = self.process.wait(PATIENCE).await.unwrap();
        assert_eq!(status.code(), Some(0), "{:?}", self.process.output());
    }
}

/// The password, where a process has shown one.
pub(crate) fn password(process: &Process) -> Option<String> {
    let lines = process.output();
    let shown = lines.iter().find_map(|line| line.text.trim().strip_prefix("password")).and_then(|rest| rest.trim().split(' ').next());
    shown.filter(|word| *word != "shown").map(str::to_owned)
}

/// A well-behaved vendor that takes [`KEY`].
pub(crate) async fn vendor(name: &str, flavour: Flavour) -> Vendor {
    Vendor::start(Script::new(name, flavour).key(KEY).models(MODELS)).await.unwrap()
}

/// Every file below a directory that says what agm holds: revisions apart, which also hold when and by whom.
pub(crate) fn files(dir: &Path, under: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.join(under)];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { waiting.push(path) } else { found.push((path.clone(), std::fs::read(&path).unwrap())) }
        }
    }
    found.sort();
    found
}
