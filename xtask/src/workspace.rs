//! The work tree: where it is, which files and packages it has.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The root of the work tree and the paths derived from it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// The work tree this binary was built from.
    pub(crate) fn here() -> Self {
        let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: manifest_dir.parent().unwrap_or(manifest_dir).to_owned() }
    }

    /// Where installed tools live between runs; ignored by git.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join(".cache")
    }

    /// An empty directory for one run of `name`; what an earlier run left there is gone.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let path = self.cache().join("run").join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).with_context(|| format!("cannot empty {}", path.display()))?;
        }
        std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }

    /// A command that runs in the root of the work tree.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Cargo, the same one that runs this task.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Builds the `agm` binary (development profile, shared with the tests) and says where it is.
    pub(crate) fn build_agm(&self) -> Result<PathBuf> {
        Ok(self.build(&["--package", "agm"])?.join("agm"))
    }

    /// Builds the scripted vendors that tests in other languages talk to, and says where they are.
    pub(crate) fn build_vendors(&self) -> Result<PathBuf> {
        Ok(self.build(&["--package", "agm-simvendor", "--example", "vendors"])?.join("examples/vendors"))
    }

    /// Builds something and gives the directory of finished things.
    fn build(&self, what: &[&str]) -> Result<PathBuf> {
        process::run(self.cargo().args(["build", "--locked"]).args(what))?;
        Ok(self.target()?.join("debug"))
    }

    /// Cargo's target directory.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let target = self.metadata()?["target_directory"].as_str().map(PathBuf::from);
        target.context("cargo metadata names no target directory")
    }

    /// `cargo metadata` of the workspace's own packages.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let json = process::output(self.cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
        serde_json::from_str(&json).context("cargo metadata printed something that is not JSON")
    }

    /// Every file that is, or is about to be, under version control, relative to the root, sorted.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let list = process::output(self.command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
        let mut files: Vec<String> =
            list.split('\0').filter(|path| !path.is_empty() && self.root.join(path).is_file()).map(str::to_owned).collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}
