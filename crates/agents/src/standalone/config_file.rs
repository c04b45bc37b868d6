//! The agent's configuration file: read within bounds, replaced only if nobody else changed it meanwhile.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use agm_blob::{file, sha256};
use serde::{Deserialize, Serialize};

use super::Error;

/// The largest configuration that is read, in bytes. Real ones have a few thousand.
pub const LARGEST_CONFIG: u64 = 4 << 20;

/// How often an edit is repeated on a file that somebody else changed between its reading and its writing.
const ATTEMPTS: usize = 3;

/// How a file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Written {
    /// Not at all: it said already what it should.
    Unchanged,
    /// By renaming a new file over it: every reader saw the old file or the new one.
    Renamed,
    /// In place, because the rename was refused (a bind mount of the single file, a directory that takes no new file).
    InPlace {
        /// The previous content, where it could be kept beside the file.
        backup: Option<PathBuf>,
    },
}

/// A configuration file as it was read.
pub(super) struct ConfigFile {
    pub(super) text: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) hash: String,
    /// Where a symbolic link leads, if the path is one.
    pub(super) link_to: Option<PathBuf>,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        if !path.is_absolute() {
            return Err(Error::NotAbsolute { path: path.to_owned() });
        }
        let real = path.canonicalize().map_err(|error| Error::io("read", path, error))?;
        // Asked before opening: opening a pipe would wait for its writer.
        let metadata = fs::metadata(&real).map_err(|error| Error::io("read", path, error))?;
        if !metadata.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let too_large = |bytes| Error::TooLarge { path: path.to_owned(), bytes, limit: LARGEST_CONFIG };
        if metadata.len() > LARGEST_CONFIG {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::new();
        let file = File::open(&real).map_err(|error| Error::io("read", path, error))?;
        file.take(LARGEST_CONFIG + 1).read_to_end(&mut bytes).map_err(|error| Error::io("read", path, error))?;
        if bytes.len() as u64 > LARGEST_CONFIG {
            return Err(too_large(bytes.len() as u64));
        }
        let hash = sha256(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: path.to_owned() })?;
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        Ok(Self { text, hash, link_to: is_link.then_some(real) })
    }
}

/// What an edit made of a file.
pub(super) struct Replaced<T> {
    pub(super) before: ConfigFile,
    /// SHA-256 of the bytes now, in hexadecimal.
    pub(super) after: String,
    pub(super) written: Written,
    pub(super) edited: T,
}

/// Reads, edits, makes sure that nobody wrote in between, writes, and reads back.
///
/// With `expected`, the hash of the file that the edit was worked out for, another file is not written.
pub(super) fn replace<T>(
    path: &Path,
    expected: Option<&str>,
    edit: impl Fn(&str) -> Result<(String, T), Error>,
) -> Result<Replaced<T>, Error> {
    for _ in 0..ATTEMPTS {
        let before = ConfigFile::read(path)?;
        let (text, edited) = edit(&before.text)?;
        if text == before.text {
            return Ok(Replaced { after: before.hash.clone(), before, written: Written::Unchanged, edited });
        }
        if expected.is_some_and(|expected| expected != before.hash) {
            return Err(Error::Changed { path: path.to_owned() });
        }
        // There is no way to lock out an editor; this leaves it a window of less than a millisecond.
        if ConfigFile::read(path)?.hash != before.hash {
            continue;
        }
        let written = match file::replace(path, text.as_bytes())? {
            file::Replaced::Renamed => Written::Renamed,
            file::Replaced::InPlace { backup } => Written::InPlace { backup },
        };
        let after = ConfigFile::read(path)?;
        if after.text != text {
            return Err(Error::Overwritten { path: path.to_owned() });
        }
        return Ok(Replaced { before, after: after.hash, written, edited });
    }
    Err(Error::Busy { path: path.to_owned() })
}

#[cfg(test)]
mod tests;
