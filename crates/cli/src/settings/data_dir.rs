//! Where agm keeps its data.

use std::path::{Path, PathBuf};

use super::Lookup;
use super::variables as v;
use crate::error::{CliError, Result};

/// The data directory, absolute: `--data-dir`, else `AGM_DATA_DIR`, else `/var/lib/agm` as root, else `agm` among the user's data.
pub(crate) fn data_dir(given: Option<&Path>, env: Lookup<'_>, is_root: bool) -> Result<PathBuf> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| CliError::io("use", path, &error));
    if let Some(path) = given {
        return absolute(path);
    }
    if let Some(path) = env(v::AGM_DATA_DIR) {
        return absolute(Path::new(&path));
    }
    if is_root {
        return Ok(PathBuf::from("/var/lib/agm"));
    }
    // The XDG specification has relative paths ignored.
    let xdg = env(v::XDG_DATA_HOME).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env(v::HOME).map(|home| Path::new(&home).join(".local/share"));
    match xdg.or_else(home) {
        Some(parent) => Ok(parent.join("agm")),
        None => Err(CliError::usage("there is no place for agm's data").hint("give `--data-dir DIR`, or set AGM_DATA_DIR")),
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
