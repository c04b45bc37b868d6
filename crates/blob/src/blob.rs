//! One promise, two storages: whole objects, read, listed, and written under a condition.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;

use crate::{DirBlob, Error, S3Blob, S3Config, path};

/// Names one state of an object; equal tags mean equal content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub(crate) String);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object as it was read.
#[derive(Clone)]
pub struct Object {
    /// The whole content.
    pub bytes: Bytes,
    /// What a later conditional update names.
    pub tag: Tag,
}

impl fmt::Debug for Object {
    /// Shows the size, never the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("len", &self.bytes.len()).field("tag", &self.tag).finish()
    }
}

/// Objects under one directory or one bucket prefix.
///
/// Every write is whole and atomic: a reader sees the old object or the new one, and what was
/// acknowledged survives a crash.
#[derive(Clone, Debug)]
pub enum Blob {
    /// Files under a local directory.
    Dir(DirBlob),
    /// Objects of an S3-compatible bucket.
    S3(S3Blob),
}

impl Blob {
    /// Opens a directory, making it (mode 0700) where it is missing.
    pub async fn dir(root: impl Into<PathBuf>) -> Result<Self, Error> {
        Ok(Self::Dir(DirBlob::open(root.into()).await?))
    }

    /// Prepares access to a bucket; nothing is sent yet.
    pub fn s3(config: &S3Config) -> Result<Self, Error> {
        Ok(Self::S3(S3Blob::new(config)?))
    }

    /// Reads an object; `None` where there is none.
    pub async fn get(&self, name: &str) -> Result<Option<Object>, Error> {
        path::check(name)?;
        match self {
            Self::Dir(dir) => dir.get(name).await,
            Self::S3(s3) => s3.get(name).await,
        }
    }

    /// Creates an object; [`Error::Exists`] where there is one.
    pub async fn put_new(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        path::check(name)?;
        match self {
            Self::Dir(dir) => dir.put_new(name, bytes).await,
            Self::S3(s3) => s3.put_new(name, bytes).await,
        }
    }

    /// Replaces the object that `tag` names; [`Error::Changed`] where it is another by now or gone.
    ///
    /// On a directory the comparison is atomic within this process only: the caller holds the
    /// directory's [`DirLock`](crate::lock::DirLock).
    pub async fn put_if(&self, name: &str, bytes: Bytes, tag: &Tag) -> Result<Tag, Error> {
        path::check(name)?;
        match self {
            Self::Dir(dir) => dir.put_if(name, bytes, tag).await,
            Self::S3(s3) => s3.put_if(name, bytes, tag).await,
        }
    }

    /// Writes an object, whatever was there.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        path::check(name)?;
        match self {
            Self::Dir(dir) => dir.put(name, bytes).await,
            Self::S3(s3) => s3.put(name, bytes).await,
        }
    }

    /// Names every object below `folder` (`""` is the root), sorted by bytes, those after `after` only.
    ///
    /// Names are whole, as [`get`](Self::get) takes them; `after` is one too.
    pub async fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<String>, Error> {
        path::check_folder(folder)?;
        let mut names = match self {
            Self::Dir(dir) => dir.list(folder).await?,
            Self::S3(s3) => s3.list(folder, after).await?,
        };
        if let Some(after) = after {
            names.retain(|name| name.as_str() > after);
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Names the folders directly below `folder`, last segment only, sorted by bytes.
    pub async fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        path::check_folder(folder)?;
        let mut names = match self {
            Self::Dir(dir) => dir.folders(folder).await?,
            Self::S3(s3) => s3.folders(folder).await?,
        };
        names.sort_unstable();
        Ok(names)
    }

    /// Deletes an object; one that is not there is no error.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        path::check(name)?;
        match self {
            Self::Dir(dir) => dir.delete(name).await,
            Self::S3(s3) => s3.delete(name).await,
        }
    }

    /// Removes a folder that holds nothing; one with content stays. Buckets have none, but servers that keep objects in folders do
    /// (SeaweedFS) and list them: there the folder goes by its own name.
    pub async fn delete_empty_folder(&self, folder: &str) -> Result<(), Error> {
        path::check(folder)?;
        match self {
            Self::Dir(dir) => dir.delete_empty_folder(folder).await,
            Self::S3(s3) if s3.list(folder, None).await?.is_empty() => s3.delete(folder).await,
            Self::S3(_) => Ok(()),
        }
    }

    /// Where this is, for humans; no credentials.
    pub fn describe(&self) -> String {
        match self {
            Self::Dir(dir) => dir.describe(),
            Self::S3(s3) => s3.describe().to_owned(),
        }
    }
}
