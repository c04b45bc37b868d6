//! Objects as files: a temporary file, synced, then linked or renamed into place, then the directory synced.
//!
//! A process killed at any moment leaves whole objects and, at worst, a temporary file that listings
//! do not show and a later opening sweeps.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tempfile::NamedTempFile;

use crate::digest::sha256;
use crate::path::TEMP_PREFIX;
use crate::{Error, Object, Tag};

/// A temporary file this old has no writer any more.
const ABANDONED: Duration = Duration::from_hours(1);

/// The files below one local directory, as objects.
#[derive(Clone, Debug)]
pub struct DirBlob {
    root: Arc<PathBuf>,
    /// Makes read, compare and replace one step within this process.
    writing: Arc<Mutex<()>>,
}

impl DirBlob {
    pub(crate) async fn open(root: PathBuf) -> Result<Self, Error> {
        let dir = Self { root: Arc::new(root), writing: Arc::default() };
        dir.run(|dir| {
            make_private_dir(&dir.root)?;
            sweep(&dir.root, ABANDONED)
        })
        .await?;
        Ok(dir)
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Removes every temporary file that a killed process left.
    ///
    /// Only for the holder of the directory's lock: it would take away another writer's file.
    pub async fn sweep(&self) -> Result<(), Error> {
        self.run(|dir| sweep(&dir.root, Duration::ZERO)).await
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Object>, Error> {
        let path = self.path(name);
        self.run(move |_| read(&path)).await
    }

    pub(crate) async fn put_new(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        let (name, path) = (name.to_owned(), self.path(name));
        self.run(move |dir| {
            let temp = dir.write_temp(&path, &bytes)?;
            match temp.persist_noclobber(&path) {
                Ok(_) => {}
                Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
                    return Err(Error::Exists { path: name });
                }
                Err(refused) => return Err(Error::io("create", path, refused.error)),
            }
            sync_parent(&path)?;
            Ok(tag_of(&bytes))
        })
        .await
    }

    pub(crate) async fn put_if(&self, name: &str, bytes: Bytes, tag: &Tag) -> Result<Tag, Error> {
        let (name, path, tag) = (name.to_owned(), self.path(name), tag.clone());
        self.run(move |dir| {
            let _writing = dir.writing.lock().unwrap_or_else(PoisonError::into_inner);
            if read(&path)?.is_none_or(|object| object.tag != tag) {
                return Err(Error::Changed { path: name });
            }
            dir.replace(&path, &bytes)
        })
        .await
    }

    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        let path = self.path(name);
        self.run(move |dir| {
            let _writing = dir.writing.lock().unwrap_or_else(PoisonError::into_inner);
            dir.replace(&path, &bytes)
        })
        .await
    }

    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<String>, Error> {
        let folder = folder.to_owned();
        self.run(move |dir| {
            let mut names = Vec::new();
            collect(&dir.path(&folder), &folder, &mut names)?;
            Ok(names)
        })
        .await
    }

    pub(crate) async fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        let path = self.path(folder);
        self.run(move |_| {
            let mut names = Vec::new();
            for (name, kind) in entries(&path)? {
                if kind.is_dir() {
                    names.push(name);
                }
            }
            Ok(names)
        })
        .await
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        self.run(move |dir| {
            let _writing = dir.writing.lock().unwrap_or_else(PoisonError::into_inner);
            match fs::remove_file(&path) {
                Ok(()) => sync_parent(&path),
                Err(gone) if is_absent(&gone) => Ok(()),
                Err(error) => Err(Error::io("delete", path, error)),
            }
        })
        .await
    }

    pub(crate) async fn delete_empty_folder(&self, folder: &str) -> Result<(), Error> {
        let path = self.path(folder);
        self.run(move |_| match fs::remove_dir(&path) {
            Ok(()) => sync_parent(&path),
            Err(kept) if is_absent(&kept) || kept.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            Err(error) => Err(Error::io("delete", path, error)),
        })
        .await
    }

    pub(crate) fn describe(&self) -> String {
        format!("directory {}", self.root.display())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<Tag, Error> {
        let temp = self.write_temp(path, bytes)?;
        temp.persist(path).map_err(|refused| Error::io("replace", path, refused.error))?;
        sync_parent(path)?;
        Ok(tag_of(bytes))
    }

    /// Writes and syncs a temporary file in the directory of `path`, which is made where missing.
    fn write_temp(&self, path: &Path, bytes: &[u8]) -> Result<NamedTempFile, Error> {
        let parent = path.parent().unwrap_or(&self.root);
        make_dirs(parent)?;
        let mut temp =
            tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(parent).map_err(|error| Error::io("write into", parent, error))?;
        temp.write_all(bytes).and_then(|()| temp.as_file().sync_all()).map_err(|error| Error::io("write", temp.path(), error))?;
        Ok(temp)
    }

    /// Runs blocking work off the runtime's threads, to its end even if the caller gives up.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
        let dir = self.clone();
        let root = Arc::clone(&self.root);
        tokio::task::spawn_blocking(move || work(&dir)).await.unwrap_or_else(|stopped| {
            let stopped = std::io::Error::other(stopped);
            Err(Error::io("work in", root.as_path(), stopped))
        })
    }
}

fn read(path: &Path) -> Result<Option<Object>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Object { tag: tag_of(&bytes), bytes: bytes.into() })),
        Err(gone) if is_absent(&gone) => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// The tag of a file is the SHA-256 of its content.
fn tag_of(bytes: &[u8]) -> Tag {
    Tag(sha256(bytes))
}

/// An object below a file, or a folder in its place, is not there either.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

fn entries(path: &Path) -> Result<Vec<(String, fs::FileType)>, Error> {
    let listing = match fs::read_dir(path) {
        Ok(listing) => listing,
        Err(gone) if is_absent(&gone) => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", path, error)),
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|error| Error::io("list", path, error))?;
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(gone) if gone.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("list", entry.path(), error)),
        };
        // A name that is not UTF-8 is none of ours.
        if let Ok(name) = entry.file_name().into_string() {
            entries.push((name, kind));
        }
    }
    Ok(entries)
}

fn collect(path: &Path, folder: &str, names: &mut Vec<String>) -> Result<(), Error> {
    for (name, kind) in entries(path)? {
        let whole = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if kind.is_dir() {
            collect(&path.join(&name), &whole, names)?;
        } else if kind.is_file() && !name.starts_with(TEMP_PREFIX) {
            names.push(whole);
        }
    }
    Ok(())
}

fn sweep(path: &Path, older_than: Duration) -> Result<(), Error> {
    for (name, kind) in entries(path)? {
        let path = path.join(&name);
        if kind.is_dir() {
            sweep(&path, older_than)?;
        } else if kind.is_file() && name.starts_with(TEMP_PREFIX) && is_older(&path, older_than) {
            tracing::info!(path = %path.display(), "removing a temporary file of a stopped process");
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(gone) if gone.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", path, error)),
            }
        }
    }
    Ok(())
}

fn is_older(path: &Path, than: Duration) -> bool {
    let age = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map(|modified| SystemTime::now().duration_since(modified).unwrap_or_default());
    age.is_ok_and(|age| age >= than)
}

/// Makes a directory that only we may enter; one that exists keeps its mode.
pub(crate) fn make_private_dir(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| Error::io("create the directory", path, error))
}

/// Makes the missing directories down to `path`, each synced into its parent.
fn make_dirs(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_dirs(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => sync_parent(path),
        Err(exists) if exists.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(Error::io("create the directory", path, error)),
    }
}

/// Makes a new, renamed or deleted name durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(|error| Error::io("sync the directory", parent, error))
}
