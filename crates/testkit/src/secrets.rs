//! Keys that are planted, and the search for them where they must not be.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Random characters of a generated key.
const RANDOM: usize = 40;

/// A key that a test plants, and everything it may turn into on its way out.
#[derive(Clone)]
pub struct PlantedKey {
    value: String,
    needles: Vec<(Form, Vec<u8>)>,
}

/// How a key was written where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As it is.
    Plain,
    /// In base64, of either alphabet, alone or within something longer.
    Base64,
    /// In hexadecimal digits.
    Hex,
    /// Backwards.
    Reversed,
    /// With percent signs.
    UrlEncoded,
}

/// A file, or a file's name, that holds a planted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Where.
    pub path: PathBuf,
    /// How it is written there.
    pub form: Form,
}

impl PlantedKey {
    /// A key that no other test has: the prefix and random letters and digits.
    pub fn generate(prefix: &str) -> Self {
        const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let random = (0..RANDOM).map(|_| {
            let roll = RandomState::new().build_hasher().finish() % ALPHABET.len() as u64;
            char::from(ALPHABET[usize::try_from(roll).unwrap_or(0)])
        });
        Self::new(random.fold(prefix.to_owned(), |mut key, letter| {
            key.push(letter);
            key
        }))
    }

    /// This key. It should be long: a short one is found by chance.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        let needles = needles(&value);
        Self { value, needles }
    }

    /// The key itself, to plant it.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The first form in which `haystack` holds the key.
    pub fn find_in(&self, haystack: &[u8]) -> Option<Form> {
        self.needles.iter().find(|(_, needle)| holds(haystack, needle)).map(|(form, _)| *form)
    }

    /// Fails the test if `haystack` holds the key in any form.
    ///
    /// # Panics
    /// If it does; the message names the place and the form, not the key.
    pub fn assert_absent(&self, place: &str, haystack: impl AsRef<[u8]>) {
        let found = self.find_in(haystack.as_ref());
        assert!(found.is_none(), "a planted key is in {place}, form {found:?}");
    }

    /// Every file below `dir` that holds the key in its content or its name. `skip` names files or directories that
    /// may. Links are not followed.
    pub fn sweep_dir(&self, dir: &Path, skip: &[&Path]) -> io::Result<Vec<Leak>> {
        let mut leaks = Vec::new();
        let mut open = vec![dir.to_owned()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir)? {
                let entry = entry?;
                let path = entry.path();
                if skip.iter().any(|skipped| path.starts_with(skipped)) {
                    continue;
                }
                let kind = entry.file_type()?;
                let mut found = self.find_in(entry.file_name().as_encoded_bytes());
                if kind.is_dir() {
                    open.push(path.clone());
                } else if kind.is_file() && found.is_none() {
                    found = self.find_in(&fs::read(&path)?);
                }
                leaks.extend(found.map(|form| Leak { path, form }));
            }
        }
        leaks.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(leaks)
    }
}

/// Fails the test if any haystack holds any key in any form.
///
/// # Panics
/// If one does.
pub fn assert_absent<'a>(keys: &[PlantedKey], haystacks: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
    for (place, haystack) in haystacks {
        for key in keys {
            key.assert_absent(place, haystack);
        }
    }
}

/// Without the key.
impl fmt::Debug for PlantedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlantedKey({} characters)", self.value.len())
    }
}

fn needles(value: &str) -> Vec<(Form, Vec<u8>)> {
    let bytes = value.as_bytes();
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let mut all = BTreeSet::from([
        (Form::Plain, bytes.to_vec()),
        (Form::Hex, hex.clone().into_bytes()),
        (Form::Hex, hex.to_uppercase().into_bytes()),
        (Form::Reversed, value.chars().rev().collect::<String>().into_bytes()),
    ]);
    let url = percent(value);
    if url != value {
        all.insert((Form::UrlEncoded, url.to_lowercase().into_bytes()));
        all.insert((Form::UrlEncoded, url.into_bytes()));
    }
    for shift in 0..3 {
        let shifted = [vec![0; shift], bytes.to_vec()].concat();
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // Only the characters that no neighbour of the key has a part in.
            let stable = &text[(shift * 8).div_ceil(6)..shifted.len() * 8 / 6];
            all.insert((Form::Base64, stable.as_bytes().to_vec()));
        }
    }
    all.into_iter().filter(|(_, needle)| !needle.is_empty()).collect()
}

/// Everything but letters, digits, `-`, `.`, `_` and `~`, as forms and browsers write it.
fn percent(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Looks for the needle's first byte before it compares: haystacks are whole logs and databases.
fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut left = haystack;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}
