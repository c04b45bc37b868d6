//! The master key in a file of its own, readable by us only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use agm_blob::{Blob, file};
use zeroize::Zeroizing;

use crate::format::{FORMAT_PATH, Format};
use crate::{Error, MasterKey, Store};

/// A key file, and beside it, during a rotation, the keys to come (`<file>.next`, one a line).
///
/// A key is on disk before the store may be sealed with it, and leaves the disk only when the storage says that it is not: a rotation cut
/// off at any moment, however often it is repeated, leaves a key that opens the store in one of the two files.
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

    /// Reads the key, and those that a rotation staged; empty when there is no file. Blocks.
    pub fn load(&self) -> Result<Vec<MasterKey>, Error> {
        let mut keys = read(&self.path)?;
        keys.extend(read(&self.next())?);
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
        write(&self.path, std::slice::from_ref(&key))?;
        tracing::info!(path = %self.path.display(), key = %key.id(), "made a master key; back it up");
        Ok(vec![key])
    }

    /// Puts the next key on disk, before [`Store::rotate`]; those staged before it stay. Blocks.
    pub fn stage(&self, next: &MasterKey) -> Result<(), Error> {
        let mut staged = read(&self.next())?;
        if staged.iter().all(|key| key.id() != next.id()) {
            staged.push(next.clone());
            write(&self.next(), &staged)?;
        }
        Ok(())
    }

    /// Ends a rotation, finished or cut off: keeps the key that the storage of `store` is sealed with.
    ///
    /// Where that is none of them, it leaves them all. Not while a rotation may still be on its way to the storage.
    pub async fn settle(&self, store: &Store) -> Result<(), Error> {
        let staged = read(&self.next())?;
        if staged.is_empty() {
            return Ok(());
        }
        // Asked anew: after a write without an answer this process may not know.
        let Some((format, _)) = Format::read(&store.0.blob).await? else {
            return Ok(());
        };
        if let Some(active) = staged.iter().find(|key| format.is_active(key)) {
            write(&self.path, std::slice::from_ref(active))?;
        } else if !read(&self.path)?.iter().any(|key| format.is_active(key)) {
            return Ok(());
        }
        let next = self.next();
        fs::remove_file(&next).map_err(|source| Error::KeyFile { doing: "remove", path: next, source })
    }

    fn next(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".next");
        name.into()
    }
}

fn read(path: &Path) -> Result<Vec<MasterKey>, Error> {
    let text = match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => text,
        Err(gone) if gone.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::KeyFile { doing: "read", path: path.to_owned(), source }),
    };
    let origin = path.display().to_string();
    match text.trim() {
        // An empty file is no key; that is an error to be said, not a reason to make one.
        "" => MasterKey::from_base64("", &origin).map(|key| vec![key]),
        keys => keys.lines().map(|key| MasterKey::from_base64(key, &origin)).collect(),
    }
}

fn write(path: &Path, keys: &[MasterKey]) -> Result<(), Error> {
    let mut text = Zeroizing::new(String::new());
    for key in keys {
        text.push_str(&key.to_base64());
        text.push('\n');
    }
    file::replace(path, text.as_bytes())?;
    Ok(())
}
