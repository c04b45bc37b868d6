//! One process per directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
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
    file: File,
}

/// Whose a data directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nobody's.
    Nobody,
    /// A living process's, of this id where it has written that down yet.
    Process(Option<u32>),
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
                let pid = pid_in(&path);
                return Err(Error::Locked { path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path, error)),
        }
        write_pid(&mut file).map_err(|error| Error::io("write", &path, error))?;
        Ok(Self { path, file })
    }

    /// Asks who holds `<data_dir>/run/lock`. Makes nothing and writes nothing: whoever may read the file may ask.
    pub fn holder(data_dir: &Path) -> Result<Holder, Error> {
        let path = data_dir.join("run").join("lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Holder::Nobody),
            Err(error) => return Err(Error::io("open the lock", path, error)),
        };
        // Shared, so that two who ask do not take each other for a holder.
        match file.try_lock_shared() {
            Ok(()) => Ok(Holder::Nobody),
            Err(TryLockError::WouldBlock) => Ok(Holder::Process(pid_in(&path))),
            Err(TryLockError::Error(error)) => Err(Error::io("ask the lock", path, error)),
        }
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DirLock {
    /// The process id goes before the lock does: the next holder is never taken for this one.
    fn drop(&mut self) {
        // A name that stays does no harm as long as nobody holds the lock, and there is nobody to tell.
        drop(self.file.set_len(0));
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process id in the lock file; its holder may not have written it yet.
fn pid_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
