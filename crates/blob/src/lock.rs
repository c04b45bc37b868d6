//! One process per directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::dir::make_private_dir;

/// The exclusive lock on a data directory, held until dropped or until the process ends.
///
/// The operating system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct DirLock {
    path: PathBuf,
    /// Closing it gives the lock back.
    _file: File,
}

impl DirLock {
    /// Takes `<data_dir>/run/lock`, or answers [`Error::Locked`] with the holder's process id at once.
    pub fn acquire(data_dir: &Path) -> Result<Self, Error> {
        let run = data_dir.join("run");
        make_private_dir(&run)?;
        let path = run.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| Error::io("open the lock", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = holder(&path);
                return Err(Error::Locked { path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path, error)),
        }
        write_pid(&mut file).map_err(|error| Error::io("write", &path, error))?;
        Ok(Self { path, _file: file })
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process id in the lock file; its holder may not have written it yet.
fn holder(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
