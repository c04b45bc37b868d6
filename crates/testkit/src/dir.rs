//! A data directory for one test.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Larger files, and files that are no text, are listed without their content.
const SHOWN: u64 = 4096;

/// A directory that is removed with this value. A test that panics shows first what was in it.
#[derive(Debug)]
pub struct DataDir {
    label: String,
    dir: TempDir,
}

impl DataDir {
    /// A new, empty directory; the label names it in dumps.
    pub fn new(label: &str) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix(&format!("{label}-")).tempdir()?;
        Ok(Self { label: label.to_owned(), dir })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path().join(path)
    }

    /// Its files by name, with their sizes, and the content of the small ones that are text.
    pub fn dump(&self) -> String {
        let mut text = format!("data directory `{}`:\n", self.label);
        describe(self.path(), self.path(), &mut text);
        text
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test harness shows what a failed test printed.
            #[allow(clippy::print_stderr)]
            {
                eprintln!("{}", self.dump());
            }
        }
    }
}

fn describe(root: &Path, dir: &Path, text: &mut String) {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root).unwrap_or(&path).display();
        let size = path.symlink_metadata().map_or(0, |metadata| metadata.len());
        // Writing to a `String` cannot fail.
        let _written = if path.is_dir() { writeln!(text, "{name}/") } else { writeln!(text, "{name}  {size} bytes") };
        if path.is_dir() && !path.is_symlink() {
            describe(root, &path, text);
        } else if path.is_file() && size <= SHOWN {
            for line in fs::read_to_string(&path).unwrap_or_default().lines() {
                let _written = writeln!(text, "    {line}");
            }
        }
    }
}
