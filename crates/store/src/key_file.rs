//! The master key in a file of its own, readable by us only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use agm_blob::{Blob, file};
use zeroize::Zeroizing;

use crate::format::FORMAT_PATH;
use crate::{Error, MasterKey, Store};

/// A key file, and beside it, during a rotation, the next key (`<file>.next`).
///
/// The next key is on disk before the store is sealed with it, so a rotation cut off at any moment
/// leaves a key that opens the store in one of the two files.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// Names the file; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the key, and the next one where a rotation left it; empty when there is no file. Blocks.
    pub fn load(&self) -> Result<Vec<MasterKey>, Error> {
        let mut keys = Vec::new();
        for path in [self.path.clone(), self.next()] {
            keys.extend(read(&path)?);
        }
        Ok(keys)
    }

    /// Reads the key, or makes one for a directory that holds no store yet.
    pub async fn load_or_generate(&self, blob: &Blob) -> Result<Vec<MasterKey>, Error> {
        let keys = self.load()?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        if blob.get(FORMAT_PATH).await?.is_some() {
            return Err(Error::KeyFileMissing { path: self.path.clone(), storage: blob.describe() });
        }
        if !matches!(blob, Blob::Dir(_)) {
            return Err(Error::MasterKeyNeeded);
        }
        let key = MasterKey::generate()?;
        write(&self.path, &key)?;
        tracing::info!(path = %self.path.display(), key = %key.id(), "made a master key; back it up");
        Ok(vec![key])
    }

    /// Puts the next key on disk, before [`Store::rotate`]. Blocks.
    pub fn stage(&self, next: &MasterKey) -> Result<(), Error> {
        write(&self.next(), next)
    }

    /// Ends a rotation, finished or cut off: keeps the key that `store` is sealed with. Blocks.
    pub fn settle(&self, store: &Store) -> Result<(), Error> {
        let next = self.next();
        let Some(staged) = read(&next)? else {
            return Ok(());
        };
        if store.active_key().is_some_and(|active| active == staged.id()) {
            write(&self.path, &staged)?;
        }
        fs::remove_file(&next).map_err(|source| Error::KeyFile { doing: "remove", path: next, source })
    }

    fn next(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".next");
        name.into()
    }
}

fn read(path: &Path) -> Result<Option<MasterKey>, Error> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => MasterKey::from_base64(&text, &path.display().to_string()).map(Some),
        Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::KeyFile { doing: "read", path: path.to_owned(), source }),
    }
}

fn write(path: &Path, key: &MasterKey) -> Result<(), Error> {
    let mut text = key.to_base64();
    text.push('\n');
    file::replace(path, text.as_bytes())?;
    Ok(())
}
