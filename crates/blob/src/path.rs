//! Which names objects may have: what is safe on every backend, and nothing that escapes the root.

use crate::Error;

/// Names of temporary files start so; objects may not.
pub(crate) const TEMP_PREFIX: &str = ".agm-tmp-";

/// S3 allows 1024 bytes for the whole key, bucket prefix included.
const LONGEST_NAME: usize = 768;

/// The usual limit of a local file name.
const LONGEST_SEGMENT: usize = 255;

/// Checks the name of an object.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    match fault(name) {
        None => Ok(()),
        Some(why) => Err(Error::Name { name: name.to_owned(), why }),
    }
}

/// Checks the name of a folder; the empty name is the root.
pub(crate) fn check_folder(name: &str) -> Result<(), Error> {
    if name.is_empty() { Ok(()) } else { check(name) }
}

fn fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > LONGEST_NAME {
        return Some("it is longer than 768 bytes");
    }
    if name.starts_with('/') {
        return Some("it is absolute");
    }
    name.split('/').find_map(segment_fault)
}

fn segment_fault(segment: &str) -> Option<&'static str> {
    if segment.is_empty() {
        Some("it has an empty segment")
    } else if segment == "." || segment == ".." {
        Some("it has a `.` or `..` segment")
    } else if segment.len() > LONGEST_SEGMENT {
        Some("a segment is longer than 255 bytes")
    } else if segment.starts_with(TEMP_PREFIX) {
        Some("a segment starts like a temporary file")
    } else if segment.contains('\\') || segment.chars().any(char::is_control) {
        Some("it has a backslash or a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
