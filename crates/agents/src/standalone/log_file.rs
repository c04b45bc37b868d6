//! The agent's log file: what was written to it since a moment, across rotation and truncation.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::openclaw::log::{Entry, parse};

/// The most that is read of one log file, from its end, in bytes.
const MOST_READ: u64 = 4 << 20;

/// A moment in a log: where its end was, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMark {
    /// Device and inode of the file, if there was one.
    file: Option<(u64, u64)>,
    /// Its length in bytes.
    length: u64,
    /// The time, in whole milliseconds as the log has them.
    time: Timestamp,
}

impl LogMark {
    /// The end of the log now. A log that does not exist yet has its end at its beginning.
    pub(super) fn of(log: &Path, now: Timestamp) -> Result<Self, Error> {
        let time = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let newest = family(log)?.pop();
        Ok(match newest {
            Some((_, metadata)) => Self { file: Some((metadata.dev(), metadata.ino())), length: metadata.len(), time },
            None => Self { file: None, length: 0, time },
        })
    }

    /// The lines about the configuration that were written since, oldest first.
    pub(super) fn entries(&self, log: &Path) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for (path, metadata) in family(log)? {
            let marked = self.file == Some((metadata.dev(), metadata.ino())) && metadata.len() >= self.length;
            // A file that was there before counts from the mark on; a newer one, or one that was cut, by the dates in it.
            let from = if marked { self.length } else { 0 };
            let text = read(&path, from)?;
            entries.extend(text.lines().filter_map(parse).filter(|entry| entry.time >= self.time));
        }
        entries.sort_by_key(|entry| entry.time);
        Ok(entries)
    }
}

/// The log and its siblings by rotation, least recently written first: OpenClaw starts a file a day (`openclaw-2026-11-20.log`) and keeps
/// full ones as `….1.log`. A name with a date, or with `YYYY-MM-DD` in its place, stands for every day.
fn family(log: &Path) -> Result<Vec<(PathBuf, Metadata)>, Error> {
    if !log.is_absolute() {
        return Err(Error::NotAbsolute { path: log.to_owned() });
    }
    let (Some(folder), Some(name)) = (log.parent(), log.file_name().and_then(|name| name.to_str())) else {
        return Err(Error::NotAFile { path: log.to_owned() });
    };
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(|error| Error::io("list", folder, error))?,
    };
    let mut found = Vec::new();
    for item in listed {
        let item = item.map_err(|error| Error::io("list", folder, error))?;
        let is_sibling = item.file_name().to_str().is_some_and(|other| other == name || is_rotation(other, stem, extension));
        // A file that rotation removes in this moment is no longer of interest.
        if is_sibling
            && let Ok(metadata) = fs::metadata(item.path())
            && metadata.is_file()
        {
            found.push((item.path(), metadata));
        }
    }
    found.sort_by_key(|(_, metadata)| (metadata.mtime(), metadata.mtime_nsec()));
    Ok(found)
}

fn is_rotation(name: &str, stem: &str, extension: &str) -> bool {
    let Some(rest) = name.strip_suffix(extension).and_then(|name| if extension.is_empty() { Some(name) } else { name.strip_suffix('.') })
    else {
        return false;
    };
    let rest = match rest.rsplit_once('.') {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => rest,
    };
    rest == stem || matches!((without_date(rest), without_date(stem)), (Some(rest), Some(stem)) if rest == stem)
}

/// The part of a name before the date at its end.
fn without_date(stem: &str) -> Option<&str> {
    let date = stem.get(stem.len().checked_sub(10)?..)?;
    let is_date = date.bytes().enumerate().all(|(index, byte)| if index == 4 || index == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    (is_date || date == "YYYY-MM-DD").then(|| &stem[..stem.len() - 10])
}

fn read(path: &Path, from: u64) -> Result<String, Error> {
    let failed = |error| Error::io("read", path, error);
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        opened => opened.map_err(failed)?,
    };
    let length = file.metadata().map_err(failed)?.len();
    let start = from.max(length.saturating_sub(MOST_READ));
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes).map_err(failed)?;
    // A line cut at either end does not parse, and the next look begins at the mark again.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
