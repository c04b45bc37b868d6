//! What can go wrong with a file, an object or a lock.

use std::io;
use std::path::PathBuf;

/// Why a file, an object or a lock could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name may not be used for an object.
    #[error("`{name}` is not a usable object name: {why}; use relative names of plain segments, like `agm/format.json`")]
    Name {
        /// The name as given.
        name: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A create met an object that is already there.
    #[error("`{path}` exists already; read it and decide anew")]
    Exists {
        /// The object.
        path: String,
    },
    /// An update met an object that is no longer the one that was read.
    #[error("`{path}` was changed by someone else since it was read; read it again and repeat")]
    Changed {
        /// The object.
        path: String,
    },
    /// The local file system refused.
    #[error("cannot {doing} `{}`: {source}; check that the path exists, its permissions and the free space", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// Another process holds the directory.
    #[error(
        "`{}` is held by {}; stop that process first, or use another data directory",
        path.display(),
        holder(*pid)
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, where it has written its id.
        pid: Option<u32>,
    },
    /// The object storage does not let us in.
    #[error("{storage} refuses to {doing} `{path}`: {reason}; check the access key, the secret key and the bucket's policy")]
    Refused {
        /// The storage, without credentials.
        storage: String,
        /// What was being done, as a verb.
        doing: &'static str,
        /// The object.
        path: String,
        /// The storage's reason.
        reason: &'static str,
    },
    /// The object storage did not answer usefully. A write may have happened all the same.
    #[error("{storage} could not {doing} `{path}`: {reason}; check that the endpoint is reachable and the bucket exists, then repeat")]
    Unavailable {
        /// The storage, without credentials.
        storage: String,
        /// What was being done, as a verb.
        doing: &'static str,
        /// The object.
        path: String,
        /// The last attempt's failure.
        reason: String,
    },
    /// The settings of an object storage make no sense.
    #[error("the S3 settings cannot be used: {reason}")]
    Settings {
        /// What is wrong, and with which setting.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }

    /// Whether a write that ended with this error may have taken effect.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

fn holder(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}
