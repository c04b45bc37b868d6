//! Replacing a file that others read, own or have mounted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::Error;
use crate::dir::sync_parent;
use crate::path::TEMP_PREFIX;

/// What the backup of a file written in place is called: the file's name and this.
pub const BACKUP_SUFFIX: &str = ".agm-backup";

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// How a file was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Atomically: every reader saw the old file or the new one.
    Renamed,
    /// In place, because the file is a mount of its own, its directory takes no new file, or its
    /// owner could not be kept. A crash in between would have left a mixture.
    InPlace {
        /// The previous content, where it could be written beside the file.
        backup: Option<PathBuf>,
    },
}

/// Replaces the content of a file, or creates it (mode 0600). Blocks.
///
/// An existing file keeps its mode and owner; of a symbolic link the target is replaced and the
/// link kept. The new content is on disk when this returns.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<Replaced, Error> {
    replace_with(path, bytes, |from, to| fs::rename(from, to))
}

/// The backup of a file that was written in place, if there is one.
pub fn backup_of(path: &Path) -> Option<PathBuf> {
    backup_path(&follow_links(path).ok()?).filter(|backup| backup.is_file())
}

/// Writes the content of its backup back into a file. Blocks.
///
/// It is for a file that a crash left half written: it is written in place, and the backup stays, so that this can be repeated.
pub fn restore(path: &Path) -> Result<(), Error> {
    let target = follow_links(path)?;
    let backup = backup_path(&target).unwrap_or_default();
    let bytes = fs::read(&backup).map_err(|error| Error::io("read", &backup, error))?;
    overwrite(&target, &bytes).map_err(|error| Error::io("write", &target, error))
}

type Rename = fn(&Path, &Path) -> io::Result<()>;

fn replace_with(path: &Path, bytes: &[u8], rename: Rename) -> Result<Replaced, Error> {
    let target = follow_links(path)?;
    let existing = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_file() => Some(metadata),
        Ok(_) => {
            let kind = io::Error::new(ErrorKind::InvalidInput, "it is not a regular file");
            return Err(Error::io("replace", target, kind));
        }
        Err(gone) if gone.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", target, error)),
    };
    let renamed = write_beside(&target, bytes, existing.as_ref()).and_then(|temp| rename(&temp, &target).map(|()| keep(temp)));
    match (renamed, existing) {
        (Ok(()), _) => {
            sync_parent(&target)?;
            Ok(Replaced::Renamed)
        }
        (Err(error), Some(metadata)) if wants_in_place(&error) => {
            let backup = back_up(&target, &metadata);
            overwrite(&target, bytes).map_err(|error| Error::io("write", &target, error))?;
            Ok(Replaced::InPlace { backup })
        }
        (Err(error), _) => Err(Error::io("replace", target, error)),
    }
}

/// The file that `path` means, whether or not it exists.
fn follow_links(path: &Path) -> Result<PathBuf, Error> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => {
                let parent = target.parent().unwrap_or(Path::new(""));
                target = parent.join(next);
            }
            // Not a link, or nothing there: this is the file that is meant.
            Err(_) => return Ok(target),
        }
    }
    let endless = io::Error::other("its symbolic links never end");
    Err(Error::io("replace", path, endless))
}

/// Writes a synced temporary file in the target's directory, dressed like the target.
fn write_beside(target: &Path, bytes: &[u8], like: Option<&fs::Metadata>) -> io::Result<TempPath> {
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temp = tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(parent)?;
    temp.write_all(bytes)?;
    if let Some(like) = like {
        dress(temp.as_file(), like)?;
    }
    temp.as_file().sync_all()?;
    Ok(temp.into_temp_path())
}

/// Gives a file the owner and the mode of another.
fn dress(file: &File, like: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    // After the owner: changing that drops set-id bits.
    file.set_permissions(like.permissions())
}

/// The renamed file is no longer a temporary one.
fn keep(temp: TempPath) {
    // Its old name is gone, so there is nothing to remove; only the guard is disarmed.
    drop(temp.keep());
}

/// A single bind-mounted file answers EBUSY, one across a mount EXDEV; a directory may be
/// read-only or another user's while the file itself can be written.
fn wants_in_place(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ResourceBusy | ErrorKind::CrossesDevices | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    )
}

fn backup_path(target: &Path) -> Option<PathBuf> {
    let mut name = target.file_name()?.to_owned();
    name.push(BACKUP_SUFFIX);
    Some(target.with_file_name(name))
}

/// Copies the file beside itself, with its mode and owner; best effort.
fn back_up(target: &Path, metadata: &fs::Metadata) -> Option<PathBuf> {
    let backup = backup_path(target)?;
    let old = fs::read(target).ok()?;
    let temp = write_beside(&backup, &old, Some(metadata)).ok()?;
    fs::rename(&temp, &backup).ok()?;
    keep(temp);
    sync_parent(&backup).ok()?;
    Some(backup)
}

/// Overwrites first and cuts afterwards, so that a full disk or a crash loses as little as possible.
fn overwrite(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(target)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
