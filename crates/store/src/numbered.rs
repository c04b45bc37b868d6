//! Objects that are told apart by a number: `<folder>/<20 digits>.json`, so that their names sort as the numbers do.

const DIGITS: usize = 20;

/// The name of object `number` in `folder`.
pub(crate) fn path(folder: &str, number: u64) -> String {
    format!("{folder}/{number:0DIGITS$}.json")
}

/// The number in a name that [`path`] made; nothing in any other.
pub(crate) fn number(folder: &str, name: &str) -> Option<u64> {
    let digits = name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".json")?;
    // `parse` takes a sign.
    if digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}
