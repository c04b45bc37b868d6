//! The local token: whoever can read the data directory is the admin.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use agm_domain::code::Code;
use agm_domain::secret::Secret;

use super::random;
use crate::error::{Fault, OpError};

/// The token's hash, and where the token is.
pub(super) struct LocalToken {
    hash: String,
    path: PathBuf,
}

impl LocalToken {
    /// Writes a new token to `<run_dir>/token`, readable for the owner only.
    pub(super) async fn create(run_dir: &Path) -> Result<Self, OpError> {
        let token = random::credential("agm_l_")?;
        let hash = random::hash(token.expose());
        let path = run_dir.join("token");
        let written = tokio::task::spawn_blocking({
            let path = path.clone();
            move || write(&path, &token)
        });
        match written.await {
            Ok(Ok(())) => Ok(Self { hash, path }),
            Ok(Err(error)) => {
                let message = format!("the local token {} cannot be written: {error}", path.display());
                Err(OpError::new(Fault::Unavailable, Code::StoreFailed, message).hint("check who owns the data directory"))
            }
            Err(_) => Err(OpError::internal("writing the local token was cut off")),
        }
    }

    pub(super) fn is(&self, hash: &str) -> bool {
        self.hash == hash
    }

    pub(super) async fn remove(&self) {
        // One that stays opens nothing: the next start makes another.
        drop(tokio::fs::remove_file(&self.path).await);
    }
}

fn write(path: &Path, token: &Secret) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // The mode counts only for a file that is new, and nobody may read it half written.
    let new = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(token.expose().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
