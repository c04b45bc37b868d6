//! Text that must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A key or token. It is erased from memory when dropped and shows only its mask when formatted.
///
/// It serialises in clear, because the stored document does (the store seals it then); everything that leaves agm is built from
/// [`Secret::mask`] instead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it where it belongs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What people may see: `sk-…a1b2`. See [`mask`].
    pub fn mask(&self) -> String {
        mask(&self.0)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.mask())
    }
}

/// What stands for a secret that the store cannot open. No key; it is shown as it is.
pub const UNREADABLE: &str = "(unreadable)";

/// The fewest characters a key must have before its mask shows any of them: fewer, and what is shown helps to guess the rest.
const MIN_SHOWN: usize = 20;

/// Masks a key: three characters, an ellipsis and the last four (`sk-…a1b2`) of keys of 20 or more characters, else only the ellipsis.
/// A reference to somebody else's secret (`${name.field}`) is not itself one and stays readable.
pub fn mask(key: &str) -> String {
    if key == UNREADABLE || (key.starts_with("${") && key.ends_with('}')) {
        return key.to_owned();
    }
    let chars: Vec<char> = key.chars().collect();
    if chars.len() < MIN_SHOWN {
        return "…".to_owned();
    }
    let head: String = chars[..3].iter().collect();
    let tail: String = chars[chars.len() - 4..].iter().collect();
    format!("{head}…{tail}")
}

/// Whether a member of this name holds a secret. Used for members that agm does not know by type: better to mask one too many.
pub fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 8] = ["token", "secret", "password", "passwd", "apikey", "accesskey", "credential", "cookie"];
    // Counts and limits, not credentials.
    const NOT: [&str; 3] = ["maxtokens", "tokenfailoverconfig", "tokenrefreshahead"];
    let flat: String = name.chars().filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect();
    let harmless = NOT.iter().any(|n| flat.contains(n));
    !harmless && (PARTS.iter().any(|p| flat.contains(p)) || speaks_of_auth(&flat) || flat == "key" || flat.ends_with("privatekey"))
}

/// Whether a name is about authentication or authorization; authors are neither.
fn speaks_of_auth(flat: &str) -> bool {
    flat.match_indices("auth").any(|(at, _)| {
        let rest = &flat[at..];
        !rest.starts_with("author") || rest.starts_with("authori")
    })
}

#[cfg(test)]
mod tests;
