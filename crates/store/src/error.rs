//! What can go wrong with a store.

use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The storage below failed.
    #[error(transparent)]
    Blob(#[from] agm_blob::Error),

    /// There is a store, but no master key was given.
    #[error(
        "the store at {storage} is sealed and no master key was given; set AGM_MASTER_KEY or AGM_MASTER_KEY_FILE to the key it was made with (id {wanted})"
    )]
    NoMasterKey {
        /// The storage.
        storage: String,
        /// The id of the key that opens it.
        wanted: String,
    },
    /// The master key given is none of this store's.
    #[error(
        "wrong master key: the store at {storage} is sealed with key {wanted}, the key given is {given}; set AGM_MASTER_KEY or AGM_MASTER_KEY_FILE to the right one"
    )]
    WrongMasterKey {
        /// The storage.
        storage: String,
        /// The id of the key that opens it.
        wanted: String,
        /// The id of the key that was given.
        given: String,
    },
    /// The master key given was replaced by a rotation.
    #[error(
        "the master key given ({given}) was rotated out of the store at {storage}; it is sealed with key {wanted} now, set AGM_MASTER_KEY or AGM_MASTER_KEY_FILE to that one"
    )]
    RetiredMasterKey {
        /// The storage.
        storage: String,
        /// The id of the key that opens it.
        wanted: String,
        /// The id of the key that was given.
        given: String,
    },
    /// An earlier rotation took place without our knowing, so the key at hand cannot be replaced by another.
    #[error(
        "the store at {storage} is sealed with key {active} since an earlier rotation whose answer was lost; repeat the rotation to that key, or start agm again with it"
    )]
    RotationUnanswered {
        /// The storage.
        storage: String,
        /// The id of the key that opens it.
        active: String,
    },
    /// A new store needs a master key and has none.
    #[error(
        "a new store needs a master key: set AGM_MASTER_KEY (base64 of 32 random bytes, `openssl rand -base64 32` makes one) or AGM_MASTER_KEY_FILE; a key file is made by itself only for a store in a directory"
    )]
    MasterKeyNeeded,
    /// The key file is gone, but a store made with it exists.
    #[error(
        "the key file `{}` is missing, but the store at {storage} was sealed with a key; restore the file from a backup, or set AGM_MASTER_KEY",
        path.display()
    )]
    KeyFileMissing {
        /// Where the file should be.
        path: PathBuf,
        /// The storage.
        storage: String,
    },
    /// The text of a master key is not one.
    #[error("the master key from {origin} cannot be used: {reason}; it is the base64 of 32 random bytes")]
    MasterKeyText {
        /// Where the text came from; never the text.
        origin: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key file could not be read or written.
    #[error("cannot {doing} the key file `{}`: {source}; check its permissions", path.display())]
    KeyFile {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },

    /// A document was written by a newer agm.
    #[error(
        "`{path}` has format {found}, written by agm {written_by}; this agm ({}) reads formats up to {supported}: start the agm that wrote it, or a newer one",
        env!("CARGO_PKG_VERSION")
    )]
    NewerFormat {
        /// The document.
        path: String,
        /// Its format.
        found: u64,
        /// The newest format that we read.
        supported: u64,
        /// The version that wrote it.
        written_by: String,
    },
    /// A document is not what we write.
    #[error("`{path}` cannot be read: {reason}; restore it from a backup or remove it by hand")]
    Corrupt {
        /// The document.
        path: String,
        /// Where and why.
        reason: String,
    },
    /// A secret cannot be opened.
    #[error("the secret `{context}` cannot be opened: {reason}; write it anew, or open the store with the key it was sealed with")]
    Unreadable {
        /// Which secret: what it belongs to and where in it.
        context: String,
        /// Why; never its content.
        reason: &'static str,
    },
    /// A secret is a list or an object, whose parts are to be named one by one; it must not be stored open.
    #[error("the secret at `{pointer}` is no single value; its parts are sealed one by one, so name each of them")]
    SecretNotSingle {
        /// Where in the document.
        pointer: String,
    },

    /// The store was opened without its key.
    #[error(
        "the store is open for reading only, with its secrets unreadable; start agm with the right master key to use or change anything"
    )]
    ReadOnly,
    /// Another process acts on this store.
    #[error("another agm acts on this store{}; send changes there", at(holder_url.as_deref()))]
    NotLeader {
        /// Where that process listens, if it says so.
        holder_url: Option<String>,
    },
    /// The way to hold the store does not fit the storage.
    #[error("{storage} is held by {wants}")]
    WrongHold {
        /// The storage.
        storage: String,
        /// What it takes.
        wants: &'static str,
    },

    /// The log has grown since the parent was read.
    #[error("revision {parent} is no longer the newest, {newest} is; read it and repeat the change on it")]
    Conflict {
        /// The parent named.
        parent: u64,
        /// The newest revision's number.
        newest: u64,
    },
    /// The storage failed in a way that leaves open whether the revision was written.
    #[error("revision {number} may or may not have been written: {source}; read the newest revision before you repeat the change")]
    Uncertain {
        /// The number it would have.
        number: u64,
        /// The storage's failure.
        source: agm_blob::Error,
    },
    /// There is no such revision.
    #[error("there is no revision {number}; it never was, or it has passed its retention")]
    NoRevision {
        /// The number asked for.
        number: u64,
    },
    /// The newest revision is the configuration.
    #[error("revision {number} is the newest and cannot be removed; restore another one first")]
    NewestRevision {
        /// Its number.
        number: u64,
    },
    /// A journal entry exists with another content.
    #[error("`{path}` is in the journal already, with another content; journal entries are never changed")]
    JournalTaken {
        /// The entry.
        path: String,
    },
    /// An object is another than expected.
    #[error("`{name}` was changed by someone else since it was read; read it again and repeat")]
    Changed {
        /// The object.
        name: String,
    },
    /// A published file reads back as something else.
    #[error("`{path}` reads back different from what was published; something else writes it, find and stop that writer, then repeat")]
    NotPublished {
        /// The file.
        path: String,
    },
}

fn at(url: Option<&str>) -> String {
    url.map(|url| format!(" at {url}")).unwrap_or_default()
}
