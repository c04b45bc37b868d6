//! What can go wrong with an agent's files.

use std::io;
use std::path::{Path, PathBuf};

use crate::openclaw::EditError;

/// Why an agent's file could not be read or written. In every case the file is as it was, unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path depends on where agm was started.
    #[error("`{}` is not an absolute path; give the full path, starting with `/`", path.display())]
    NotAbsolute {
        /// The path as given.
        path: PathBuf,
    },
    /// There is no file.
    #[error("`{}` does not exist; start OpenClaw once so that it creates its configuration, or correct the agent's path", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// It is a directory, a device, a socket…
    #[error("`{}` is not a regular file; give the path of the configuration file itself", path.display())]
    NotAFile {
        /// What the path leads to.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("no permission to {doing} `{}`; let the user that runs agm do that", path.display())]
    Denied {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// No configuration is that large.
    #[error("`{}` has {bytes} bytes, more than the {limit} that a configuration may have; check that it is the right file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("`{}` is not UTF-8 text; save it as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// It could not be read for another reason.
    #[error("cannot {doing} `{}`: {source}; check the file and its file system", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// It was read, and its content does not allow the edit.
    #[error("`{}` was left as it is. {source}{}", path.display(), former(backup.as_deref()))]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        source: EditError,
        /// What it said before agm last wrote it in place, where that lies beside it.
        backup: Option<PathBuf>,
    },
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] agm_blob::Error),
    /// Somebody else writes it all the time.
    #[error("`{}` is being changed by another program; nothing of it was lost; repeat when that has finished", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is no longer the file that the edit was worked out for.
    #[error("`{}` was changed by another program in this moment; nothing was written; repeat", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It did not show, a moment later, what had been written to it.
    #[error("`{}` was written, but another program has changed it since; see what it says now, then repeat", path.display())]
    Overwritten {
        /// The file.
        path: PathBuf,
    },
}

fn former(backup: Option<&Path>) -> String {
    backup.map_or_else(String::new, |backup| format!("; what it said before agm last wrote it in place is in `{}`", backup.display()))
}

impl Error {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Absent { path },
            io::ErrorKind::PermissionDenied => Self::Denied { doing, path },
            _ => Self::Io { doing, path, source },
        }
    }
}
