//! The standalone platform: agents that are registered in agm, each with or without an OpenClaw configuration file of this host.
//!
//! Everything here reads and writes files and therefore blocks.

mod config_file;
mod error;
mod log_file;

use std::path::PathBuf;

use agm_blob::file;
use agm_domain::evidence::Cause;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use config_file::{LARGEST_CONFIG, Written};
pub use error::Error;
pub use log_file::LogMark;

use crate::openclaw::log::{Expected, Loaded, judge};
use crate::openclaw::{self, Change, EditError, Edited, KeyWish, Left, Notice, Reading, Undo, Wish};
use config_file::{ConfigFile, replace};

/// Where an agent's model is delivered to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its `openclaw.json`, an absolute path. A symbolic link is followed.
    pub config: PathBuf,
    /// OpenClaw's log, an absolute path; the evidence `loaded` comes from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
}

/// What a delivery would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The provider that stands for the gateway in the file.
    pub provider_key: String,
    /// The primary model as it will be written, `<provider key>/<model>`.
    pub reference: String,
    /// The changes; none if the file says it already.
    pub changes: Vec<Change>,
    /// What will not be changed although it matters.
    pub notices: Vec<Notice>,
    /// How to take it back, once made. Known before, so that it can be journalled before.
    pub undo: Undo,
    /// SHA-256 of the file that this was worked out for, in hexadecimal.
    pub before: String,
    /// The file that a symbolic link leads to, if the path is one.
    pub link_to: Option<PathBuf>,
}

impl Planned {
    fn of(edited: Edited, file: ConfigFile) -> Self {
        let Edited { provider_key, reference, changes, notices, undo, .. } = edited;
        Self { provider_key, reference, changes, notices, undo, before: file.hash, link_to: file.link_to }
    }
}

/// A delivery that was made: verified by reading back, and all that is needed to prove and to undo it. It holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// What changed.
    #[serde(flatten)]
    pub planned: Planned,
    /// SHA-256 of the file after, in hexadecimal.
    pub after: String,
    /// How it was written.
    pub written: Written,
    /// Where the log ended just before the file was written; nothing without a log.
    pub log: Option<LogMark>,
}

/// An undo that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reverted {
    /// What changed.
    pub changes: Vec<Change>,
    /// What is no longer ours and was left.
    pub left: Vec<Left>,
    /// SHA-256 of the file before, in hexadecimal.
    pub before: String,
    /// SHA-256 of the file after, in hexadecimal.
    pub after: String,
    /// How it was written.
    pub written: Written,
}

/// What a file says now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadBack {
    /// Its content, as far as it is about the model.
    #[serde(flatten)]
    pub reading: Reading,
    /// SHA-256 of the file, in hexadecimal.
    pub hash: String,
    /// The file that a symbolic link leads to, if the path is one.
    pub link_to: Option<PathBuf>,
}

/// How a file differs from what it should say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Whether it was edited or cannot be used.
    pub cause: Cause,
    /// The difference in words, or why it cannot be used and what to do.
    pub message: String,
    /// What a delivery would change; empty if the file cannot be used, or if only a human may change it.
    pub changes: Vec<Change>,
    /// Whether a delivery would mend it, or some of it.
    pub repairable: bool,
}

/// Works out a delivery without writing.
pub fn plan(target: &Target, wish: &Wish) -> Result<Planned, Error> {
    planned(target, |text| openclaw::edit(text, wish))
}

/// Works out without writing what a new key would change.
pub fn plan_key(target: &Target, wish: &KeyWish) -> Result<Planned, Error> {
    planned(target, |text| openclaw::replace_key(text, wish))
}

fn planned(target: &Target, edit: impl Fn(&str) -> Result<Edited, EditError>) -> Result<Planned, Error> {
    let file = ConfigFile::read(&target.config)?;
    let edited = edit(&file.text).map_err(|source| content(target, source))?;
    Ok(Planned::of(edited, file))
}

/// Writes the wish into the agent's file, unless it is there already. `now` is the time of the delivery.
///
/// With `expected`, which is [`Planned::before`], it writes only into the file that was planned for ([`Error::Changed`]): what a journal
/// says how to take back is then what was done.
pub fn deliver(target: &Target, wish: &Wish, expected: Option<&str>, now: Timestamp) -> Result<Delivered, Error> {
    write(target, |text| openclaw::edit(text, wish), expected, now)
}

/// The same for a new key.
pub fn replace_key(target: &Target, wish: &KeyWish, expected: Option<&str>, now: Timestamp) -> Result<Delivered, Error> {
    write(target, |text| openclaw::replace_key(text, wish), expected, now)
}

fn write(
    target: &Target,
    edit: impl Fn(&str) -> Result<Edited, EditError>,
    expected: Option<&str>,
    now: Timestamp,
) -> Result<Delivered, Error> {
    // Before writing: the agent may be quicker than our next look at its log. Without a log there is only less evidence.
    let log = target.log.as_deref().and_then(|log| LogMark::of(log, now).ok());
    let replaced = replace(&target.config, expected, |text| {
        let mut edited = edit(text).map_err(|source| content(target, source))?;
        Ok((std::mem::take(&mut edited.text), edited))
    })?;
    let planned = Planned::of(replaced.edited, replaced.before);
    Ok(Delivered { planned, after: replaced.after, written: replaced.written, log })
}

/// Takes a delivery back as far as the file still shows it. Safe to run twice.
pub fn undo(target: &Target, record: &Undo) -> Result<Reverted, Error> {
    let replaced = replace(&target.config, None, |text| {
        let mut undone = openclaw::undo(text, record).map_err(|source| content(target, source))?;
        Ok((std::mem::take(&mut undone.text), undone))
    })?;
    let (changes, left) = (replaced.edited.changes, replaced.edited.left);
    Ok(Reverted { changes, left, before: replaced.before.hash, after: replaced.after, written: replaced.written })
}

/// Puts a file back that a crash left half written: one that cannot be read as a configuration, beside a backup which is the file that the
/// delivery was worked out for (`before` is [`Planned::before`]). Says whether it did.
pub fn put_back_torn(target: &Target, before: &str) -> Result<bool, Error> {
    let torn = matches!(read_back(target), Err(Error::Content { .. } | Error::NotText { .. }));
    let backup = file::backup_of(&target.config).filter(|_| torn).and_then(|backup| ConfigFile::read(&backup).ok());
    if backup.is_none_or(|backup| backup.hash != before) {
        return Ok(false);
    }
    file::restore(&target.config)?;
    Ok(true)
}

/// Reads the agent's file.
pub fn read_back(target: &Target) -> Result<ReadBack, Error> {
    let file = ConfigFile::read(&target.config)?;
    let reading = openclaw::read(&file.text).map_err(|source| content(target, source))?;
    Ok(ReadBack { reading, hash: file.hash, link_to: file.link_to })
}

/// Whether, and how, the agent's file differs from the wish: by what a delivery would change, or by what it would not although it matters.
pub fn drift(target: &Target, wish: &Wish) -> Option<Drift> {
    let planned = match plan(target, wish) {
        Ok(planned) => planned,
        Err(error) => {
            return Some(Drift { cause: Cause::FileUnusable, message: error.to_string(), changes: Vec::new(), repairable: false });
        }
    };
    // The primary model is planned last, and says most.
    let change = planned.changes.last().map(|change| {
        let found = change.before.as_ref().map_or_else(|| "is missing".to_owned(), |before| format!("is {before}"));
        let wanted = change.after.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("`{}` {found}; it should be {wanted}", change.pointer)
    });
    let contradictions = planned.notices.iter().filter(|notice| notice.contradicts()).map(ToString::to_string);
    let differences: Vec<String> = change.into_iter().chain(contradictions).collect();
    if differences.is_empty() {
        return None;
    }
    let message = format!("in `{}`, {}", target.config.display(), differences.join("; also, "));
    Some(Drift { cause: Cause::FileEdited, message, repairable: !planned.changes.is_empty(), changes: planned.changes })
}

/// Whether the running agent says that it has taken the delivery. Without a log it says nothing.
///
/// `secrets` is text to mask in the evidence.
pub fn loaded(target: &Target, delivered: &Delivered, secrets: &[&str]) -> Result<Loaded, Error> {
    let (Some(log), Some(mark)) = (&target.log, &delivered.log) else {
        return Ok(Loaded::NotYet);
    };
    let paths: Vec<&str> = delivered.planned.changes.iter().map(|change| change.path.as_str()).collect();
    let expected = Expected { reference: &delivered.planned.reference, paths: &paths, secrets };
    Ok(judge(&mark.entries(log)?, expected))
}

fn content(target: &Target, source: openclaw::EditError) -> Error {
    Error::Content { path: target.config.clone(), source, backup: file::backup_of(&target.config) }
}
